"""Gradient explainers at hidden layers, against the rest of the model run by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support import transformers, zoo
from support.twin import gap_to

from tfexplain import InputXGradient, IntegratedGradients, Saliency
from tfexplain.explainers.run import explanations
from tfexplain.model.layer_calls import LayerError

LIBRARIES = pytest.mark.parametrize("library", [keras, tf_keras])
KINDS = [
    zoo.sequential,
    zoo.nested,
    zoo.shared,
    zoo.several_inputs,
    zoo.line,
    zoo.bidirectional,
    zoo.words,
    zoo.remat_scope,
    transformers.class_token,
]
CASES = [
    pytest.param(library, make, id=f"{make.__name__}-{library.__name__}")
    for make in KINDS
    for library in (keras, tf_keras)
    if library is keras or make in (zoo.nested, zoo.words)
]


def tensors(inputs: Any) -> Any:
    return tf.nest.map_structure(tf.constant, inputs)


def slopes(cut: zoo.Cut, activation: Any, inputs: Any) -> Any:
    """The gradient of class 1 at a layer's output."""
    with tf.GradientTape() as tape:
        tape.watch(activation)
        score = tf.reduce_sum(cut.after(activation, inputs)[:, 1])
    return tape.gradient(score, activation).numpy()


@pytest.mark.parametrize(("library", "make"), CASES)
def test_gradients_and_paths_at_every_layer(library: Any, make: Any) -> None:
    library.utils.set_random_seed(3)
    kind = make(library)
    inputs = tensors(kind.inputs)
    base = tf.nest.map_structure(tf.zeros_like, inputs)
    for cut in kind.cuts[:2]:
        end, start = cut.before(inputs), cut.before(base)
        slope = slopes(cut, end, inputs)
        methods = [m(layer=cut.path) for m in (Saliency, InputXGradient)]
        methods.append(IntegratedGradients(steps=4, layer=cut.path))
        gradient, product, path = (
            found.attributions[cut.path]
            for found in explanations(kind.model, methods, kind.inputs, 1)
        )
        assert_alike(cut, slope, gradient.values, 1e-4)
        assert_alike(cut, slope * end.numpy(), product.values, 1e-4)
        nodes, weights = np.polynomial.legendre.leggauss(4)
        mean = sum(
            w / 2 * slopes(cut, start + (n + 1) / 2 * (end - start), inputs)
            for n, w in zip(nodes, weights, strict=True)
        )
        assert_alike(cut, mean * (end - start).numpy(), path.values, 1e-4)
        scores = [cut.after(values, inputs).numpy()[:, 1] for values in (end, start)]
        total = path.values.reshape(len(path.values), -1).sum(1)
        assert np.allclose(total - path.completeness_gap, scores[0] - scores[1], atol=1e-5)
        assert np.abs(path.completeness_gap).max() < 0.01 * np.abs(scores[0] - scores[1]).max()
        assert path.layer == cut.path


def assert_alike(cut: zoo.Cut, expected: Any, found: Any, tolerance: float) -> None:
    """As [N, *sides, C], unless tokens that are no positions stand beside the others."""
    placed = cut.positions(expected)
    assert gap_to(placed if placed.size == expected.size else expected, found) < tolerance


@LIBRARIES
def test_a_layer_without_positions(library: Any) -> None:
    library.utils.set_random_seed(1)
    layers = library.layers
    hidden, top = layers.Dense(5, activation="relu", name="hidden"), layers.Dense(2)
    model = library.Sequential([layers.Input((3,)), hidden, top])
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    found = IntegratedGradients(layer="hidden", baseline=-1.0)(model, x, 1)
    weights = top.get_weights()[0][:, 1]
    change = hidden(x).numpy() - hidden(np.full_like(x, -1)).numpy()
    assert np.allclose(found.values, change * weights, atol=1e-5)
    assert found.channel_axis is None
    assert found.passes.max() == 9  # straight, so the first nodes do


def test_mixed_precision_keeps_the_layers_type() -> None:
    keras.utils.set_random_seed(0)
    hidden = keras.layers.Dense(16, activation="relu", dtype="mixed_float16", name="hidden")
    model = keras.Sequential([keras.Input((4,)), hidden, keras.layers.Dense(2, dtype="float32")])
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    found = IntegratedGradients(layer="hidden")(model, x, 0)
    assert hidden(x).dtype == tf.float16
    change = (hidden(x) - hidden(np.zeros_like(x))).numpy().astype("float32")
    assert np.allclose(found.values, change * model.layers[1].get_weights()[0][:, 0], atol=2e-3)


@pytest.mark.parametrize("method", [Saliency, InputXGradient, IntegratedGradients])
def test_layers_that_cannot_be_explained(method: Any) -> None:
    kind = zoo.several_outputs(keras)
    with pytest.raises(LayerError, match=r"layer='mask': output .* does not depend on it"):
        method(layer="mask")(kind.model, kind.inputs, 1)
    with pytest.raises(LayerError, match=r"layer='none': no such layer"):
        method(layer="none")(kind.model, kind.inputs, 1)
    kind = zoo.remat_function(keras)
    with pytest.raises(LayerError, match=r"layer='block/two': .* run again for the gradient"):
        method(layer="block/two")(kind.model, kind.inputs, 1)
    kind = zoo.time_distributed(keras)
    with pytest.raises(LayerError, match=r"more than one|called on parts"):
        method(layer="every/conv")(kind.model, kind.inputs, 1)
