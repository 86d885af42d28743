"""Attention weights read in a pass: equal to the layer's own, outputs as they were to the bit."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.attention import TOKENS, WIDTH, attend, tokens, weights_by_hand

from tfexplain.model.attention_tap import Weights, weights_tap
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.tap import layers_by_path


def model_of(library: Any, layer: Any, **call: Any) -> Any:
    inputs = library.layers.Input((TOKENS, WIDTH))
    return library.Model(inputs, layer(inputs, inputs, **call))


def read(model: Any, x: Any) -> tuple[Any, list[Any]]:
    """(outputs, weights of each call) of one traced pass."""

    @tf.function(autograph=False)
    def run(inputs: Any) -> Any:
        seen: list[Any] = []
        told = weights_tap(layers_by_path(model), lambda _, w: seen.append(w.values))
        with told:
            outputs = model(inputs, training=False)
        return outputs, seen

    outputs, seen = run(x)
    return outputs.numpy(), [weights.numpy() for weights in seen]


def plain(model: Any, x: Any) -> Any:
    return tf.function(lambda inputs: model(inputs, training=False))(x).numpy()


LAYERS = {
    "fused": lambda: keras.layers.MultiHeadAttention(2, 3),
    "dropout": lambda: keras.layers.MultiHeadAttention(2, 3, dropout=0.5),
    "gated": lambda: keras.layers.MultiHeadAttention(2, 3, use_gate=True),
    "grouped": lambda: keras.layers.GroupQueryAttention(3, 4, 2),
    "grouped dropout": lambda: keras.layers.GroupQueryAttention(3, 4, 2, dropout=0.5),
    "window": lambda: keras.layers.MultiHeadAttention(2, 3, sliding_window=2),
    "tf_keras": lambda: tf_keras.layers.MultiHeadAttention(2, 3),
}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("kind", LAYERS)
def test_weights_are_those_by_hand_and_outputs_stay_to_the_bit(kind: str, causal: bool) -> None:
    layer = LAYERS[kind]()
    library = tf_keras if kind == "tf_keras" else keras
    model, x = model_of(library, layer, use_causal_mask=causal), tokens()
    before = {**vars(layer)}
    expected = plain(model, x)
    allowed = np.tri(TOKENS, dtype=bool) if causal else np.ones((TOKENS, TOKENS), bool)
    if kind == "window":
        near = np.abs(np.subtract.outer(range(TOKENS), range(TOKENS))) < 2
        allowed = allowed & near
    outputs, (weights,) = read(model, x)
    np.testing.assert_array_equal(outputs, expected)
    np.testing.assert_allclose(weights, weights_by_hand(layer, x, x, allowed), atol=2e-6)
    np.testing.assert_allclose(np.sum(weights, axis=-1), 1, atol=1e-6)
    assert vars(layer).keys() == before.keys()
    assert all(vars(layer)[name] is value for name, value in before.items() if name != "_losses")


def test_gradients_pass_through_the_weights_of_a_fused_layer() -> None:
    """Against the layer's own gradients at its input, and those of attention written out."""
    layer = keras.layers.MultiHeadAttention(2, 3)
    model, x = model_of(keras, layer), tf.constant(tokens())

    @tf.function(autograph=False)
    def slopes(inputs: Any) -> Any:
        seen: list[Any] = []
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs)

            def watch(_: str, weights: Weights) -> None:
                tape.watch(weights.values)
                seen.append(weights.values)

            with weights_tap({"attend": layer}, watch):
                total = tf.reduce_sum(model(inputs, training=False) ** 2)
        return tape.gradient(total, [inputs, *seen])

    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(model(x, training=False) ** 2)
    at_input, at_weights = slopes(x)
    np.testing.assert_allclose(at_input, tape.gradient(total, x), rtol=1e-4, atol=1e-5)

    values = weights_by_hand(layer, x, x)
    with tf.GradientTape() as tape:
        weights = tf.constant(values)
        tape.watch(weights)
        total = tf.reduce_sum(attend(layer, weights, tf.cast(x, tf.float64)) ** 2)
    np.testing.assert_allclose(at_weights, tape.gradient(total, weights), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["fused", "dropout", "tf_keras"])
def test_weights_that_are_replaced_are_what_the_layer_goes_on_with(kind: str) -> None:
    layer = LAYERS[kind]()
    model, x = model_of(tf_keras if kind == "tf_keras" else keras, layer), tokens()
    uniform = np.full((len(x), 2, TOKENS, TOKENS), 1 / TOKENS)

    @tf.function(autograph=False)
    def run(inputs: Any) -> Any:
        with weights_tap({"attend": layer}, lambda _, w: tf.constant(uniform, w.values.dtype)):
            return model(inputs, training=False)

    np.testing.assert_allclose(run(x), attend(layer, tf.constant(uniform), x), atol=1e-5)


def test_half_precision_keeps_outputs_and_rows() -> None:
    layer = keras.layers.MultiHeadAttention(2, 3, dtype="mixed_float16")
    model, x = model_of(keras, layer), tokens()
    outputs, (weights,) = read(model, x)
    np.testing.assert_array_equal(outputs, plain(model, x))
    assert outputs.dtype == np.float16
    np.testing.assert_allclose(weights, weights_by_hand(layer, x, x), atol=2e-3)


def test_a_layer_with_a_method_of_its_own_says_so_and_others_are_left() -> None:
    class Own(keras.layers.MultiHeadAttention):  # type: ignore[misc]
        def _compute_attention(self, query: Any, key: Any, value: Any, *_: Any, **__: Any) -> Any:
            return value, None

    model = model_of(keras, Own(2, 3, name="own"))
    found = KerasModel(model, tokens()).attention
    assert not found.calls
    assert found.missed == {"own": "it attends by a method of its own, which makes no weights"}


def test_nothing_stays_behind_when_the_pass_fails() -> None:
    layer = keras.layers.GroupQueryAttention(3, 4, 2)
    model = model_of(keras, layer)
    before = dict(vars(layer))

    def fail(path: str, weights: Weights) -> None:
        raise RuntimeError("boom")

    @tf.function(autograph=False)
    def run(inputs: Any) -> Any:
        with weights_tap({"attend": layer}, fail):
            return model(inputs, training=False)

    with pytest.raises(RuntimeError, match="boom"):
        run(tokens())
    assert vars(layer) == before
