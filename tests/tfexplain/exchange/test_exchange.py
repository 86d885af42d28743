"""Exchanged windows against networks of which the answer is known."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfexplain.exchange import Exchange
from tfexplain.quality.intervals import wilson

Array = Any


def pictures(rows: int = 120) -> tuple[Array, Array]:
    """Pictures 6 x 6 of noise whose pixel (1, 4) says the class of 3."""
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=rows)
    x = rng.uniform(0, 1, (rows, 6, 6, 1)).astype("f4")
    x[:, 1, 4, 0] = labels / 2
    return x, labels


def pixel(x: Any) -> Any:
    """A classifier that reads one pixel."""
    return -((x[:, 1, 4] - tf.constant([[0.0, 0.5, 1.0]])) ** 2)


def test_predictions_follow_exactly_the_windows_over_the_one_pixel_that_is_read() -> None:
    x, labels = pictures()
    (result,) = Exchange(window=2, stride=1, pairs=90)(pixel, x, labels).values()
    corners = result.windows.corners
    covers = ((corners <= [1, 4]) & (corners + 2 > [1, 4])).all(axis=1)
    np.testing.assert_array_equal(result.followed, np.tile(covers * 1.0, (90, 1)))
    # By hand: at each position the share of the windows over it that cover the pixel.
    expected = np.zeros((6, 6))
    for row in range(6):
        for column in range(6):
            over = ((corners <= [row, column]) & (corners + 2 > [row, column])).all(axis=1)
            expected[row, column] = covers[over].mean()
    np.testing.assert_allclose(result.shares, expected, atol=1e-12)
    assert result.shares[1, 4] == 1
    assert result.alike.max() == 0
    assert result.strongest.share == 1
    assert result.passes == 3 * 90 * 25


def test_windows_of_volumes_have_three_axes() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=120)
    x = rng.uniform(0, 1, (120, 4, 5, 6, 1)).astype("f4")
    x[:, 2, 1, 4, 0] = labels / 2
    voxel = lambda x: pixel(x[:, 2])  # noqa: E731
    (result,) = Exchange(window=2, stride=1, pairs=60)(voxel, x, labels).values()
    corners = result.windows.corners
    covers = ((corners <= [2, 1, 4]) & (corners + 2 > [2, 1, 4])).all(axis=1)
    np.testing.assert_array_equal(result.followed, np.tile(covers * 1.0, (60, 1)))
    assert result.shares.shape == (4, 5, 6)
    assert result.shares[2, 1, 4] == 1
    (drawn,) = (image for axis in result.plot().axes for image in axis.images)
    np.testing.assert_allclose(drawn.get_array(), result.shares.max(axis=0))


def test_the_level_of_chance_of_noise_is_that_of_the_drawn_values() -> None:
    x, labels = pictures(600)
    (result,) = Exchange(window=1, stride=1, pairs=500)(pixel, x, labels).values()
    at = result.noise[:, 1 * 6 + 4].mean()
    # Values drawn from all pixels: nearly uniform, of which a quarter, a half and a quarter lie
    # closest to the three classes; the giver's is one of two others.
    assert at == pytest.approx(1 / 3, abs=0.07)
    assert result.chance[1, 4] == at
    assert result.chance[0, 0] == 0


def test_a_linear_classifier_of_a_table_follows_a_column_where_its_weight_decides() -> None:
    rng = np.random.default_rng(0)
    x = rng.choice([-1.0, 1.0], size=(200, 3)).astype("f4")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    weights = np.array([[-4.0, 4.0], [-1.0, 1.0], [0.5, -0.5]])
    model.set_weights([weights, np.zeros(2)])
    labels = (x[:, 0] > 0).astype(int)
    (result,) = Exchange()(model, x, labels).values()
    np.testing.assert_array_equal(result.shares, [1.0, 0.0, 0.0])


def test_a_linear_value_crosses_the_share_of_the_gap_that_its_term_has() -> None:
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(80, 4)).astype("f4"), np.array([2.0, -1.0, 0.5, 0.0])
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.set_weights([weights[:, None], np.ones(1)])
    model.compile("sgd", "mse")
    (result,) = Exchange(pairs=80)(model, x).values()
    # Every row takes once; the giver is found by what the first window moved.
    values = x @ weights
    gaps = result.weights
    moved = result.followed * gaps[:, None]
    assert moved.sum(axis=1) == pytest.approx(gaps, rel=1e-3)  # all columns together are the giver
    assert result.shares.sum() == pytest.approx(1, abs=1e-4)
    assert result.shares[3] == pytest.approx(0, abs=1e-6)
    assert (gaps <= values.max() - values.min() + 1e-5).all()
    low, high = result.interval
    assert (low <= result.shares).all()
    assert (result.shares <= high).all()


def test_a_constant_classifier_has_no_pairs_and_says_so() -> None:
    x, labels = pictures()
    constant = lambda x: tf.tile(tf.constant([[1.0, 0.0, 0.0]]), [tf.shape(x)[0], 1])  # noqa: E731
    with pytest.raises(ValueError, match=r"expected at least 50 pairs .* got 0 of"):
        Exchange()(constant, x, labels)


def test_only_rows_that_are_predicted_rightly_are_exchanged() -> None:
    x, labels = pictures()
    wrong = np.arange(len(x)) % 2 == 1
    (result,) = Exchange(window=2, pairs=60)(
        pixel, x, np.where(wrong, (labels + 1) % 3, labels)
    ).values()
    assert not wrong[result.takers].any()
    assert result.rows == 60


def test_a_binary_output_and_one_hot_labels_are_read_as_classes() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 2)).astype("f4")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    model.set_weights([np.array([[9.0], [0.0]]), np.zeros(1)])
    model.compile("sgd", "binary_crossentropy")
    (result,) = Exchange()(model, x, (x[:, 0] > 0).astype(int)).values()
    np.testing.assert_array_equal(result.shares, [1, 0])
    one_hot = np.eye(3)[pictures()[1]]
    (same,) = Exchange(window=2, pairs=90)(pixel, pictures()[0], one_hot).values()
    assert same.strongest.share == 1


def test_each_input_of_several_is_exchanged_alone() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 100, 3)).astype("f4")
    inputs = [keras.Input((3,), name="a"), keras.Input((3,), name="b")]
    out = keras.layers.Dense(2, use_bias=False)(inputs[1]) + 0 * keras.layers.Dense(2)(inputs[0])
    model = keras.Model(inputs, out)
    labels = np.asarray(model([a, b])).argmax(axis=1)
    results = Exchange()(model, [a, b], labels)
    assert [*results] == ["a", "b"]
    assert results["a"].shares.max() == 0
    assert results["b"].shares.max() > 0.3


def test_series_and_ids_have_windows_in_time() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=100)
    series = rng.normal(size=(100, 16, 2)).astype("f4")
    series[:, 4:8, 1] = np.where(labels, 3.0, -3.0)[:, None]
    read = lambda x: tf.stack([-x[:, 5, 1], x[:, 5, 1]], axis=1)  # noqa: E731
    model = keras.Sequential(
        [keras.Input((16, 2)), keras.layers.Conv1D(2, 1), keras.layers.Lambda(read)]
    )
    model.set_weights([np.eye(2)[None], np.zeros(2)])
    (result,) = Exchange(window=4, stride=2)(model, series, labels).values()
    assert result.windows.sides == (16,)
    np.testing.assert_array_equal(result.shares > 0, np.isin(np.arange(16), range(2, 8)))
    assert result.shares[5] == 1


def test_classes_are_told_apart_on_demand() -> None:
    x, labels = pictures()
    (result,) = Exchange(window=2, pairs=90)(pixel, x, labels).values()
    parts = [result.of_class(label) for label in range(3)]
    assert sum(part.pairs for part in parts) == 90
    whole = sum(part.pairs * part.shares for part in parts) / 90
    np.testing.assert_allclose(whole, result.shares, atol=1e-12)
    with pytest.raises(ValueError, match=r"giver=7: .* Pass one of \[0, 1, 2\]"):
        result.of_class(7)


def test_the_interval_is_wilsons_of_as_many_rows_as_took_a_window() -> None:
    x, labels = pictures(70)
    (result,) = Exchange(window=2, pairs=200)(pixel, x, labels).values()
    assert result.pairs == 200
    assert result.rows == 70
    np.testing.assert_allclose(result.interval, wilson(result.shares, 70))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda x: tf.reshape(x, [-1, 6, 6]), "it has positions"),
        (lambda x: x[:, 0, :, 0], "labels: expected classes"),
    ],
)
def test_other_outputs_are_refused(model: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Exchange()(model, pictures()[0])


@pytest.mark.slow
def test_the_draw_is_the_same_for_a_seed_and_batch_size_changes_nothing() -> None:
    x, labels = pictures()
    one, other = (
        Exchange(window=2, batch_size=size)(pixel, x, labels)["input"] for size in (None, 7)
    )
    np.testing.assert_array_equal(one.followed, other.followed)
    np.testing.assert_array_equal(one.noise, other.noise)
