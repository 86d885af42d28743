"""Choosing samples from whatever people validate on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tfexplain.callbacks import validation


@given(
    labels=st.lists(st.integers(-1, 5), min_size=1, max_size=60),
    count=st.integers(1, 20),
    seed=st.integers(0, 9),
)
def test_classes_take_turns(labels: list[int], count: int, seed: int) -> None:
    array = np.array(labels)
    rows = validation.choose(array, len(array), count, seed)
    assert len(set(rows.tolist())) == len(rows) == min(count, len(array))
    assert np.array_equal(rows, validation.choose(array, len(array), count, seed))
    taken = {c: (array[rows] == c).sum() for c in set(labels)}
    for one in taken:
        for other in taken:
            # Nobody is two ahead of another that still had samples to give.
            exhausted = taken[other] == (array == other).sum()
            assert exhausted or taken[one] <= taken[other] + 1


def test_values_are_covered_from_least_to_greatest() -> None:
    labels = np.random.default_rng(0).normal(size=101)
    chosen = labels[validation.choose(labels, 101, 5, seed=0)]
    assert np.allclose(chosen, np.quantile(labels, [0, 0.25, 0.5, 0.75, 1]))


def test_datasets_are_read_no_further_than_the_limits() -> None:
    read = []

    def rows() -> Any:
        for i in range(10**6):
            read.append(i)
            yield np.zeros((4,), np.float32), i % 3

    signature = (tf.TensorSpec((4,), tf.float32), tf.TensorSpec((), tf.int32))
    data = tf.data.Dataset.from_generator(rows, output_signature=signature).batch(100)
    pool = validation.read(data)
    assert len(pool) == 1100
    assert len(read) <= 1200


def test_structures_are_kept() -> None:
    x = {"a": np.zeros((6, 2)), "b": np.ones((6, 1))}
    data = tf.data.Dataset.from_tensor_slices((x, np.arange(6))).batch(4)
    for val in (data, (x, np.arange(6))):
        pool = validation.read(val)
        taken = pool.take(np.array([1, 5]))
        assert taken["a"].shape == (2, 2)
        assert np.array_equal(pool.labels[[1, 5]], [1, 5])


def test_python_lists_of_labels_are_labels() -> None:
    pool = validation.read((np.zeros((3, 2)), [2, 0, 1]))
    assert np.array_equal(pool.labels, [2, 0, 1])


def test_nested_lists_of_numbers_are_arrays() -> None:
    pool = validation.read(([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [0, 1, 0]))
    assert pool.take(np.array([2])).tolist() == [[5.0, 6.0]]


def test_ragged_data_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected dense arrays; got a RaggedTensor.*to_tensor"):
        validation.read(tf.data.Dataset.from_tensors(tf.ragged.constant([[1], [1, 2]])))
