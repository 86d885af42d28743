"""Samples are cut into batches and rows into chunks: nothing is lost, nothing comes twice."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tfexplain.model.batching import chunks, even_chunks, even_size, row_slices, run_by_chunks
from tfexplain.model.trace_model import trace_model

counts = st.integers(1, 300)


@given(counts, counts)
def test_slices_hold_each_row_once_in_order(count: int, size: int) -> None:
    slices = list(row_slices(count, size))
    assert np.concatenate([np.arange(count)[rows] for rows in slices]).tolist() == list(
        range(count)
    )
    assert all(rows.stop - rows.start == size for rows in slices[:-1])
    assert 0 < slices[-1].stop - slices[-1].start <= size


@given(counts, counts)
def test_chunks_have_one_length_and_repeat_the_last_row_only(count: int, size: int) -> None:
    for cut, most in ((chunks, count + size), (even_chunks, count + count)):
        rows = list(cut(count, size))
        assert {len(chunk) for chunk in rows} <= {len(rows[0])}
        joined = np.concatenate(rows)
        assert joined[:count].tolist() == list(range(count))
        assert (joined[count:] == count - 1).all()
        assert len(joined) < most


@given(counts, counts)
def test_even_chunks_are_as_few_as_can_be_and_no_longer_than_needed(count: int, most: int) -> None:
    size, number = even_size(count, most), -(-count // most)
    assert size <= most
    assert -(-count // size) == number
    assert (size - 1) * number < count


def doubling(kind: str) -> Any:
    """A model of any number of rows, of just three, and a function; all double and add one."""
    if kind == "function":
        return lambda x: 2 * x + 1
    batch = 3 if kind == "three rows" else None
    inputs = keras.Input(batch_shape=(batch, 2))
    return keras.Model(inputs, inputs * 2.0 + 1.0)


@pytest.mark.parametrize("kind", ["any number", "three rows", "function"])
@pytest.mark.parametrize("size", [None, 1, 4, 20])
def test_what_chunks_give_is_what_the_batch_gives(kind: str, size: int | None) -> None:
    x = np.arange(14, dtype="f4").reshape(7, 2)
    traced_model = trace_model(doubling(kind), tf.constant(x))

    def make() -> Any:
        return lambda rows: traced_model.forward(rows)[0]

    results = run_by_chunks(traced_model, "doubled", make, tf.constant(x), size=size)
    assert np.allclose(np.concatenate(results), 2 * x + 1)
    rows = 3 if kind == "three rows" else size or 7
    assert [len(array) for array in results] == [min(rows, 7 - i) for i in range(0, 7, rows)]
