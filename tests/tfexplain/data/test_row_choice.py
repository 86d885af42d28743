"""Rows are chosen by what they hold: balanced, and the same in whatever order they come."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tfexplain.data import row_choice as rows_module
from tfexplain.data import validation
from tfexplain.data.content import row_hashes
from tfexplain.data.row_choice import (
    Chosen,
    Sampler,
    choose_rows,
    in_turns,
    sample,
    sampled,
    sampled_beside,
)
from tfexplain.runlog.unit_activity import Activity

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4)).astype("float32")
Y = np.arange(300) % 5


class Batches(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 6

    def __getitem__(self, i: int) -> Any:
        return X[50 * i :][:50], Y[50 * i :][:50]


def dense(units: int, loss: Any, activation: Any = "softmax") -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation)])
    model.compile("sgd", loss)
    return model


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return dense(5, "sparse_categorical_crossentropy")


def shuffled(*parts: Any) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(parts).shuffle(300).batch(7)


def chosen(val: Any, model: Any, count: int = 8, seed: int = 0) -> Chosen:
    return choose_rows(val, model, count, seed)


@given(
    labels=st.lists(st.integers(-1, 5), min_size=1, max_size=60),
    count=st.integers(1, 20),
    seed=st.integers(0, 9),
)
def test_classes_take_turns(labels: list[int], count: int, seed: int) -> None:
    keys = np.array(labels, float)
    keys[keys < 0] = np.nan
    hashes = row_hashes(np.arange(len(labels)))
    taken = in_turns(keys, hashes, count, seed)
    assert len(set(taken.tolist())) == len(taken) == min(count, len(keys))
    array = np.array(labels)
    counts = {c: (array[taken] == c).sum() for c in set(labels)}
    for one in counts:
        for other in counts:
            # Nobody is two ahead of another that still had samples to give.
            exhausted = counts[other] == (array == other).sum()
            assert exhausted or counts[one] <= counts[other] + 1


@given(cuts=st.lists(st.integers(1, 299), max_size=5), seed=st.integers(0, 3))
def test_what_is_held_on_the_way_is_what_all_rows_would_give(cuts: list[int], seed: int) -> None:
    order = np.random.default_rng(len(cuts)).permutation(300)
    picker = rows_module._Picker(8, seed, None)
    for part in np.split(order, sorted(cuts)):
        if len(part):
            block = validation.Rows(X[part], None)
            picker.add(block, row_hashes(X[part]), Y[part].astype(float))
    expected = row_hashes(X)[in_turns(Y.astype(float), row_hashes(X), 8, seed)]
    assert sorted(picker.hashes) == sorted(expected)


def test_every_form_and_order_gives_the_same_rows_and_another_seed_others(model: Any) -> None:
    forms: list[Any] = [
        *((X, Y), [X, Y], (X.astype("float64"), Y[:, None]), (X, np.eye(5)[Y])),
        *(shuffled(X, Y), shuffled(X, Y).repeat(), Batches()),
    ]
    all_of_them = [chosen(val, model) for val in forms]
    for found in all_of_them:
        assert np.array_equal(found.hashes, all_of_them[0].hashes)
        assert np.array_equal(found.inputs, all_of_them[0].inputs)
        assert np.bincount(found.labels.values.astype(int)).max() <= 2
    for found in all_of_them[:3]:
        np.testing.assert_array_equal(X[found.rows], found.inputs)
        np.testing.assert_array_equal(Y[found.rows], found.labels.values)
    assert np.array_equal(
        np.sort(all_of_them[0].hashes), np.sort(row_hashes(all_of_them[0].inputs))
    )
    other = chosen((X, Y), model, seed=1)
    assert set(other.hashes) != set(all_of_them[0].hashes)


def test_compression_looks_at_the_rows_that_are_explained(model: Any) -> None:
    activity = Activity(model, shuffled(X, Y), 8, 0)
    np.testing.assert_array_equal(activity.inputs, chosen((X, Y), model).inputs)


def test_a_comparison_takes_the_same_sample_of_a_data_set(model: Any) -> None:
    one, other = (sample(shuffled(X, Y), model, 20, 1 << 20) for _ in range(2))
    np.testing.assert_array_equal(one.inputs, other.inputs)
    np.testing.assert_array_equal(one.labels, other.labels)
    assert len(sample(shuffled(X, Y), model, 20, 16 * 7)) == 7


def test_values_are_covered_from_least_to_greatest() -> None:
    values = RNG.permutation(101).astype("float32") / 7
    model = dense(1, "mse", None)
    for val in ((X[:101], values), shuffled(X[:101], values)):
        found = chosen(val, model, 5)
        assert np.allclose(found.labels.values, np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))


def test_values_are_told_late_where_the_loss_does_not_say(model: Any) -> None:
    values = Y.astype("float32")
    values[299] = 0.5  # the only one that is no class, in the last batch
    unknown = dense(5, lambda true, found: tf.reduce_mean(found), None)
    data = tf.data.Dataset.from_tensor_slices((X, values)).batch(50)
    found = chosen(data, unknown, 5)
    assert (found.labels.kind, found.output.regression) == ("value", True)
    assert chosen((X, Y), unknown).labels.kind == "class"


def test_rows_of_nan_are_not_chosen(model: Any) -> None:
    broken = X.copy()
    broken[::3, 1] = np.inf
    found = chosen((broken, Y), model, 100)
    assert (found.total, found.broken) == (300, 100)
    assert not set(found.rows.tolist()) & set(range(0, 300, 3))


def test_what_stands_there_twice_is_chosen_once_while_others_are_left(model: Any) -> None:
    twice = np.concatenate([X[:6], X[:6]])
    found = chosen((twice, np.zeros(12, int)), model, 6)
    assert len(set(found.hashes.tolist())) == 6
    assert len(chosen((twice, np.zeros(12, int)), model, 12).rows) == 12


def test_hashes_tell_rows_apart_whatever_they_are() -> None:
    pictures = RNG.integers(0, 255, (9, 5, 5, 3)).astype("uint8")
    words = np.array([b"one", b"two", b"one "])
    for rows in (X, X[:, :3], pictures, Y[:5], words, {"a": X, "b": X * 2}):
        hashes = row_hashes(rows)
        assert len(set(hashes.tolist())) == len(hashes)
    ids = np.array([[3, 4, 0]], np.int32)
    assert row_hashes(ids) == row_hashes(np.array([[3, 4, 0, 0, 0]], np.int64))
    assert row_hashes(ids) != row_hashes(np.array([[4, 3, 0]]))
    assert row_hashes({"a": X, "b": X * 2})[0] != row_hashes({"a": X * 2, "b": X})[0]
    assert np.array_equal(row_hashes(X), row_hashes(X.astype("float64")))
    # A change of one bit changes half of the hash, so that the smallest are a fair sample.
    near = X.copy()
    near[:, 0] = np.nextafter(near[:, 0], 9, dtype="float32")
    flipped = row_hashes(X) ^ row_hashes(near)
    assert 28 < np.mean([int(h).bit_count() for h in flipped]) < 36


def test_a_sample_beside_a_choice_has_each_row_once(model: keras.Model) -> None:
    """Though others choose of the same data while it is open, as an exchange does."""
    sampler = Sampler(400, 1 << 20)
    with sampled_beside(sampler):
        for _ in range(2):
            chosen((X, Y), model)
    alone = sampled((X, Y), model, 400, 1 << 20)
    assert sampler.total == alone.total == 300
    np.testing.assert_array_equal(sampler.sampled().hashes, alone.hashes)
