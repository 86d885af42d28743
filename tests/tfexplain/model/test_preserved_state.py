"""Which variables a pass can change, and that a pass changes none."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.stateful import (
    KINDS,
    LIBRARIES,
    changed,
    everything,
    layer_of,
    normalizing,
    recurrent,
    rows,
)
from support.stateful import stateful as of_all_kinds

from tfexplain import (
    ActivationMaximization,
    AttentionRollout,
    FeatureMaps,
    IntegratedGradients,
    Occlusion,
    Saliency,
    SmoothGrad,
)
from tfexplain.explainers.run import explanations
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.nan_probe import reads_positions
from tfexplain.model.preserved_state import written

layers = keras.layers


def traced(model: Any) -> Any:
    function = tf.function(lambda x: model(x, training=False), autograph=False)
    return function.get_concrete_function(tf.TensorSpec(model.input_shape, tf.float32))


@pytest.mark.parametrize(
    "layer",
    [
        layers.BatchNormalization,
        lambda: layers.Dropout(0.5),
        lambda: layers.Dense(4, activity_regularizer="l2"),
        lambda: layers.LSTM(4, return_sequences=True),
        lambda: layer_of(keras, lambda layer: None, lambda _, x: tf.map_fn(lambda row: row, x)),
    ],
)
def test_most_layers_write_nothing(layer: Any) -> None:
    model = keras.Sequential([keras.Input((5, 4)), layer(), layers.Dense(2)])
    function = traced(model)
    assert written(function.graph, model) == []


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("kind", [*KINDS, "the kernel"])
def test_only_what_is_written_is_kept(kind: str, library: str) -> None:
    lib = LIBRARIES[library]
    layer = normalizing(lib) if kind == "the kernel" else layer_of(lib, *KINDS[kind])
    model = lib.Sequential([lib.layers.Input((6, 8)), lib.layers.Dense(8), layer])
    function = traced(model)
    before = everything()
    function(tf.ones((2, 6, 8)))
    moved = changed(before)
    assert moved, "a poor test: nothing is written"
    assert len(written(function.graph, model)) == len(moved) <= 2


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_pass_changes_any_variable(library: str) -> None:
    model = of_all_kinds(LIBRARIES[library], attention=True)
    x, y = rows(model, 4)
    model(x)  # makes the generator that is shared
    before = everything()
    methods = [Saliency(), IntegratedGradients(batch_size=4), SmoothGrad(copies=2)]
    methods += [FeatureMaps(), Occlusion(window=2), AttentionRollout()]
    found = explanations(model, methods, x, y)
    again = explanations(model, methods, x, y)
    ActivationMaximization(layer="attention", channels=[0], steps=2)(model, x)
    traced_model = KerasModel(model, x)
    calls = [call for call in traced_model.layer_calls if call.grid]
    reads_positions(
        model,
        traced_model.layers,
        calls,
        traced_model.specs,
        lambda batch: model(batch, training=False),
    )
    assert changed(before) == []
    for one, other in zip(found, again, strict=True):
        assert np.array_equal(one.outputs, other.outputs), "the second time began elsewhere"


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_pass_starts_from_the_states_there_are(library: str) -> None:
    model = recurrent(LIBRARIES[library])
    x, y = rows(model, 8)
    model.fit(x, y, batch_size=8, epochs=1, verbose=0)
    before, method = everything(), IntegratedGradients(steps=4, batch_size=8, score="probability")
    found = method(model, x, 1)  # 32 points in four passes
    again = method(model, x, 1)
    assert changed(before) == []
    assert np.array_equal(found.values, again.values)
    first, second = (np.asarray(model(x, training=False))[:, 1] for _ in range(2))
    assert np.allclose(found.scores, first, atol=1e-6)
    assert not np.allclose(found.scores, second, atol=1e-4), "a poor test: the states hardly move"
