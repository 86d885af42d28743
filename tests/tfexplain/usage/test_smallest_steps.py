"""The smallest step that flips a prediction is the closed form's, and a brute search's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfexplain.errors import TfexplainError
from tfexplain.model.call_batch import as_batch
from tfexplain.model.trace_model import trace_model
from tfexplain.quality.intervals import wilson
from tfexplain.usage.robustness_result import PICTURE_UNIT, TABLE_UNIT, Robustness
from tfexplain.usage.smallest_steps import PICTURE_GRID, TABLE_GRID, measure_robustness

RNG = np.random.default_rng(0)
layers = keras.layers


def measured(model: Any, rows: Any, labels: Any, **settings: Any) -> Robustness:
    batch = as_batch(rows, model)
    traced_model = trace_model(model, batch)
    return measure_robustness(
        traced_model, batch, traced_model.model_outputs[0], labels, **settings
    )


def linear(kernel: np.ndarray, activation: str) -> Any:
    model = keras.Sequential(
        [keras.Input(kernel.shape[:1]), layers.Dense(kernel.shape[1], activation)]
    )
    model.layers[0].set_weights([kernel, np.zeros(kernel.shape[1])])
    return model


@pytest.mark.parametrize("scale", [1, 200])  # 200: so sure that float32 knows no loss
def test_a_linear_model_flips_at_its_margin_over_the_weights(scale: int) -> None:
    rows = (RNG.normal(size=(200, 4)) * [1, 2, 3, 0]).astype("f4")
    rows[0], rows[1] = 9 * rows.max(axis=0), 9 * rows.min(axis=0)  # so that few are clipped
    kernel = scale * RNG.normal(size=(4, 1))
    logits = rows @ kernel[:, 0]
    labels = np.where(RNG.random(200) < 0.2, logits <= 0, logits > 0)
    found = measured(linear(kernel, "sigmoid"), rows, labels)
    exact = np.abs(logits) / np.abs(kernel[:, 0] * rows.std(axis=0)).sum()
    inside = (exact < TABLE_GRID[-1] / 2) & (np.arange(200) > 1)
    # As exact as the gap between two steps of the grid, halved eight times.
    gaps = np.diff(found.grid)[np.searchsorted(found.grid, exact[inside]) - 1] / 256
    above = found.steps[inside] - exact[inside]
    assert above.min() >= -1e-5
    assert (above <= gaps + 1e-5).all()
    np.testing.assert_array_equal(found.right, labels == (logits > 0))
    assert found.unit == TABLE_UNIT
    # Accuracy: right, and not flipped so far.
    shares = [((found.steps > step) & found.right).mean() for step in found.grid]
    np.testing.assert_array_equal(found.accuracy, shares)
    np.testing.assert_array_equal(found.interval, wilson(shares, 200))


def test_steps_are_those_of_a_brute_search_and_stay_in_the_range_of_the_data() -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Conv2D(3, 3, activation="tanh"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    rows = RNG.random((12, 4, 4, 1)).astype("f4")
    before = model.predict(rows, verbose=0).argmax(axis=1)
    with tf.GradientTape() as tape:
        moving = tf.constant(rows)
        tape.watch(moving)
        loss = keras.losses.sparse_categorical_crossentropy(before, model(moving))
    signs = np.sign(tape.gradient(loss, moving).numpy())
    found = measured(model, rows, before)
    assert found.unit == PICTURE_UNIT
    fine = np.linspace(0, 1, 2001)
    for row in range(12):
        along = np.clip(rows[row] + fine[:, None, None, None] * signs[row], 0, 1)
        flips = np.flatnonzero(model.predict(along, verbose=0).argmax(axis=1) != before[row])
        first = fine[flips[0]] if len(flips) else np.inf
        # A gap between two steps of the grid in which it flips there and back may be missed.
        assert found.steps[row] >= first - 1 / 2000
        if np.isfinite(first) and first <= PICTURE_GRID[-1]:
            assert found.steps[row] <= first + max(1 / 2000, first * 0.5)
    assert np.isfinite(found.steps).any()


def test_a_table_of_mixed_inputs_moves_its_numbers_only() -> None:
    ids, numbers = keras.Input((1,), dtype="int32", name="a"), keras.Input((2,), name="b")
    words = layers.Flatten()(layers.Embedding(3, 2)(ids))
    out = layers.Dense(2, activation="softmax")(layers.Concatenate()([words, numbers]))
    model = keras.Model({"a": ids, "b": numbers}, out)
    rows = {"a": RNG.integers(3, size=(50, 1)), "b": RNG.normal(size=(50, 2)).astype("f4")}
    found = measured(model, rows, np.zeros(50))
    kernel = model.layers[-1].get_weights()[0][2:]
    slope = np.abs((kernel[:, 1] - kernel[:, 0]) * rows["b"].std(axis=0)).sum()
    logits = np.log(model.predict(rows, verbose=0))
    exact = np.abs(logits[:, 1] - logits[:, 0]) / slope
    near = exact < 0.1
    assert near.any()
    np.testing.assert_allclose(found.steps[near], exact[near], rtol=0.05, atol=1e-4)


def test_what_cannot_be_moved_or_flipped_says_so() -> None:
    words = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            layers.Embedding(5, 2),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    with pytest.raises(TfexplainError, match="have no small steps"):
        measured(words, RNG.integers(5, size=(8, 3)), np.zeros(8))
    with pytest.raises(TfexplainError, match="classes that exclude each other; it has a value"):
        measured(linear(np.ones((2, 1)), "linear"), np.ones((8, 2), "f4"), np.zeros(8))
    rounded = keras.Sequential(
        [keras.Input((2,)), layers.Lambda(tf.round), layers.Dense(2, activation="softmax")]
    )
    with pytest.raises(TfexplainError, match="gradient"):
        measured(rounded, RNG.random((8, 2)).astype("f4"), np.zeros(8))


def test_quartiles_are_the_steps_that_flip_so_many_of_the_right_rows() -> None:
    steps = np.array([0.5, np.inf, 0.1, 0.2, 0.3, 0.05])
    right = np.array([True, True, True, True, False, True])
    found = Robustness(steps, right, np.arange(6), np.zeros(6, np.uint64), TABLE_GRID, TABLE_UNIT)
    assert found.quartiles == (0.1, 0.2, 0.5)
    assert "half flip within 0.2, a quarter within 0.1, three quarters within 0.5" in found.text
    none = replace(found, right=np.zeros(6, bool))
    assert np.isnan(none.quartiles).all()
