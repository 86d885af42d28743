"""What half precision loses of gradients and of updates, against ml_dtypes."""

from __future__ import annotations

from typing import Any

import keras
import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfexplain.health.layers import half_of_weights, health_layers
from tfexplain.health.measure import measure
from tfexplain.health.numbers import by_layer
from tfexplain.health.readings import read_gradient
from tfexplain.health.statistics import of_gradient
from tfexplain.health.training_loss import training_loss
from tfexplain.health.updates import KeptWeights
from tfexplain.model.keras_model import KerasModel

RNG = np.random.default_rng(0)
X = RNG.normal(size=(16, 8)).astype(np.float32)
Y = RNG.integers(0, 3, 16)
HALVES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
LIBRARIES = [keras, tf_keras]
DEPTH = 12


def network(library: Any, policy: str) -> Any:
    """Sigmoid layers, of which gradients shrink on their way back; its optimizer scales no loss."""
    layers = library.layers
    library.utils.set_random_seed(1)
    hidden = [layers.Dense(12, "sigmoid", dtype=policy, name=f"hidden{i}") for i in range(DEPTH)]
    head = layers.Dense(3, "softmax", name="head")
    model = library.Sequential([layers.Input((8,)), *hidden, head])
    model.compile(library.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    return model


def underflows(model: Any, in_float32: bool) -> dict[str, float]:
    traced = KerasModel(model, tf.constant(X))
    layers = health_layers(traced)
    given = tf.constant(X), tf.constant(Y), None
    found = measure(traced, layers, training_loss(model), *given, in_float32=in_float32)
    sizes = [int(np.prod(v.shape)) for v in model.trainable_variables]
    told = by_layer(layers, found, sizes, None, len(X))
    return {
        one.layer.path: one.numbers["gradient_underflow"]
        for one in told
        if "gradient_underflow" in one.numbers
    }


@pytest.mark.parametrize("library", LIBRARIES, ids=["keras", "tf_keras"])
def test_what_float16_loses_is_read_off_gradients_that_lost_nothing(library: Any) -> None:
    plain = network(library, "float32")
    half = network(library, "mixed_float16")
    half.set_weights(plain.get_weights())
    with tf.GradientTape() as tape:
        outputs = plain(X, training=True)
        loss = tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy(Y, outputs))
    own = plain.trainable_variables
    variables = [v.value if library is keras else v for v in own]
    gradients = [g.numpy() for g in tape.gradient(loss, variables)]
    expected = {}
    for i, layer in enumerate(plain.layers):
        flat = np.concatenate([g.ravel() for g in gradients[2 * i : 2 * i + 2]])
        lost = (flat != 0) & (flat.astype(np.float16) == 0)
        expected[layer.name] = lost.sum() / np.count_nonzero(flat)
    assert expected["hidden0"] > 0.5 > expected[f"hidden{DEPTH - 1}"]
    found = underflows(half, in_float32=True)
    assert found == pytest.approx(expected, abs=0.02)  # of numbers at the very edge
    # Without the pass in float32 nothing is said: what is lost is zero by then.
    assert set(underflows(half, in_float32=False)) == {"head"}
    # Nothing stays behind.
    assert half.layers[0].compute_dtype == "float16"
    assert half.layers[0](X).dtype in ("float16", tf.float16)


@pytest.mark.parametrize("name", HALVES)
def test_the_least_number_is_that_of_the_type(name: str) -> None:
    least = float(ml_dtypes.finfo(HALVES[name]).smallest_subnormal)
    values = np.array([0.49, 0.5, 0.51, 1.0, 0.0, -0.3]) * least
    values = values.astype(np.float32)
    reduced = {k: v.numpy() for k, v in of_gradient(tf.constant(values), values.size).items()}
    found = read_gradient({**reduced, "values": values}, 1.0, name, values)
    lost = (values != 0) & (values.astype(HALVES[name]) == 0)
    assert (found.underflow, found.nonzero) == (lost.sum(), 5) == (3, 5)


@pytest.mark.parametrize("name", HALVES)
def test_updates_that_rounding_loses(name: str) -> None:
    half = HALVES[name]
    before = RNG.normal(size=(40, 30)).astype(np.float32)
    change = (RNG.normal(size=before.shape) * 10.0 ** RNG.uniform(-7, -1, before.shape)).astype(
        np.float32
    )
    change[:4] = 0
    after = before + change
    variables = [keras.Variable(before), keras.Variable(before)]
    kept = KeptWeights(variables, halves=[name, ""])
    kept.moved()
    for variable in variables:
        variable.assign(after)
    moved = kept.moved()
    changed = after != before
    lost = changed & (after.astype(half) == before.astype(half))
    assert 0 < lost.sum() < changed.sum()
    assert moved.changed.tolist() == [changed.sum(), 0]
    assert moved.lost.tolist() == [lost.sum(), 0]


@pytest.mark.parametrize("library", LIBRARIES, ids=["keras", "tf_keras"])
def test_layers_of_half_precision_with_weights_of_float32_are_told(library: Any) -> None:
    for policy, half in (("mixed_bfloat16", "bfloat16"), ("bfloat16", ""), ("float32", "")):
        model = network(library, policy)
        layers = health_layers(KerasModel(model, tf.constant(X)))
        halves = half_of_weights(layers, len(model.trainable_variables))
        assert halves == [half] * 2 * DEPTH + [""] * 2
        assert {layer.note for layer in layers[:DEPTH]} == {f"computes in {half}" if half else ""}
