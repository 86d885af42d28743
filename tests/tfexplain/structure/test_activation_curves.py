"""Curves of activation functions against the functions themselves, and what has none."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfexplain.structure.activation_curves import HIGH, LOW, POINTS, ActivationCurves

X = np.linspace(LOW, HIGH, POINTS, dtype=np.float32)


def curve(layer: Any) -> Any:
    curves = ActivationCurves()
    number = curves.number(layer)
    return None if number < 0 else curves.curves[number]


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras", "tf_keras"])
def test_curves_are_the_functions_own_values(library: Any) -> None:
    layers = library.layers
    expected = {
        layers.Dense(2, activation="relu"): np.maximum(X, 0),
        layers.Conv2D(2, 1, activation=lambda x: x * x): X * X,
        layers.Activation("sigmoid"): 1 / (1 + np.exp(-X)),
        layers.ReLU(6.0): np.clip(X, 0, 6),
    }
    for layer, values in expected.items():
        np.testing.assert_allclose(curve(layer), values, atol=1e-6)


def test_what_is_no_function_of_one_number_has_no_curve() -> None:
    layers = keras.layers
    seeds = keras.random.SeedGenerator(1)
    state = seeds.state.numpy()
    drawn = layers.Activation(lambda x: x + keras.random.uniform(x.shape, seed=seeds))
    learned = tf.Variable(2.0)
    for layer in (
        layers.Dense(2, activation="softmax"),
        layers.Activation(lambda x: x * learned),
        layers.Activation(lambda x: x @ x),
        layers.PReLU(),
        layers.Dense(2),
        layers.LSTM(2),
        drawn,
    ):
        assert curve(layer) is None
    assert np.array_equal(seeds.state.numpy(), state)


def test_layers_of_one_function_share_its_curve() -> None:
    curves = ActivationCurves()
    layers = keras.layers
    own = [layers.ReLU(6.0), layers.ReLU(), layers.ReLU(6.0), layers.Dense(2, activation="relu")]
    assert [curves.number(layer) for layer in own] == [0, 1, 0, 1]
    assert len(curves.curves) == 2
