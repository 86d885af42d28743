"""Models without their zero filters: outputs against those of the model with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

from tfexplain import TfexplainError, shrink

layers = keras.layers
SIDE = (8, 8, 3)


def model_of(build: Callable[[Any], Any], *zero: tuple[str, list[int]], shape: Any = SIDE) -> Any:
    """A model with noisy weights everywhere, and zero filters in the layers named."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input(shape)
    model = keras.Model(inputs, build(inputs))
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if layer.weights:
            noisy = [w + rng.uniform(0.1, 0.5, w.shape) for w in layer.get_weights()]
            layer.set_weights(noisy)
    for name, filters in zero:
        kernel, *rest = model.get_layer(name).get_weights()
        if "depthwise" in name:
            kernel[..., filters, :] = 0
        else:
            kernel[..., filters] = 0
        model.get_layer(name).set_weights([kernel, *rest])
    return model


def without_bias(model: Any, *names: str) -> Any:
    """The same model, biases of the layers named zero."""
    for name in names:
        kernel, bias = model.get_layer(name).get_weights()
        model.get_layer(name).set_weights([kernel, 0 * bias])
    return model


def checked(model: Any, shape: Any = SIDE) -> Any:
    """What is left, after its outputs were compared."""
    small = shrink(model)
    x = np.random.default_rng(1).normal(size=(5, *shape)).astype("float32")
    assert small.difference(x) < 1e-5
    return small


def outputs(small: Any) -> dict[str, tuple[int, int]]:
    """How many outputs and inputs each layer lost."""
    return {one.layer: (one.outputs, one.inputs) for one in small.removed}


def vgg(x: Any) -> Any:
    for number, filters in enumerate((6, 5, 4)):
        x = layers.Conv2D(
            filters, 3, padding="same", use_bias=number < 2, name=f"conv{number}", activation="relu"
        )(x)
        x = layers.MaxPooling2D(2)(x) if number else layers.Dropout(0.1)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(6, activation="tanh", name="dense")(x)
    return layers.Dense(3, activation="softmax", name="head")(x)


def test_a_sequence_loses_zero_filters_and_what_reads_them() -> None:
    zero = ("conv0", [0, 4]), ("conv1", [2]), ("conv2", [0, 3]), ("dense", [1, 5])
    model = without_bias(model_of(vgg, *zero), "conv0", "conv1")
    model.compile(keras.optimizers.Adam(0.003), "mse")
    small = checked(model)
    assert outputs(small) == {
        "conv0": (2, 0),
        "conv1": (1, 2),
        "conv2": (2, 1),
        "dense": (2, 2 * 4),  # 2 x 2 positions of each channel
        "head": (0, 2),
    }
    assert small.model.get_layer("conv1").kernel.shape == (3, 3, 4, 4)
    # The units' own bias is constant: tanh of it stands in the bias of what reads them.
    kernel, bias = (np.asarray(w, np.float64) for w in model.get_layer("head").get_weights())
    constant = np.tanh(model.get_layer("dense").get_weights()[1][[1, 5]])
    np.testing.assert_allclose(
        small.model.get_layer("head").get_weights()[1], bias + constant @ kernel[[1, 5]], rtol=1e-5
    )
    before, after = small.parameters
    assert before - after == sum(one.parameters for one in small.removed)
    assert small.bytes == (4 * before, 4 * after)
    assert f"{before} parameters before, {after} after" in str(small)
    # Compiled as the other, with moments of the smaller shapes.
    adam = small.model.optimizer
    assert float(adam.learning_rate) == pytest.approx(0.003)
    shapes = [tuple(w.shape) for w in small.model.trainable_variables]
    assert [tuple(v.shape) for v in adam.variables[2:]] == [s for s in shapes for _ in range(2)]
    small.model.fit(np.ones((2, *SIDE)), np.ones((2, 3)), verbose=0)
    latency = small.latency(np.ones((1, *SIDE), "float32"), rounds=2)
    assert len(latency.before) == len(latency.after) == 2
    assert "ratio" in str(latency)


def test_what_cannot_be_compiled_anew_is_not() -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(2)])
    model.compile("sgd", lambda y, found: keras.ops.mean(y - found))  # no file could hold it
    assert not shrink(model).model.compiled
    assert model.compiled


def block(x: Any, second: str = "same") -> Any:
    x = layers.Conv2D(6, 1, name="stem", use_bias=False)(x)
    y = layers.Conv2D(6, 3, padding="same", use_bias=False, name="conv")(x)
    y = layers.BatchNormalization(name="norm")(y)
    y = layers.Add(name="sum")([x, layers.ReLU()(y)])
    y = layers.Conv2D(4, 3, padding=second, name="after")(y)
    return layers.Dense(2, name="head")(layers.GlobalAveragePooling2D()(y))


def no_shift(model: Any, places: list[int]) -> Any:
    """A batch normalization that makes zero of zero at these places."""
    norm = model.get_layer("norm")
    weights = norm.get_weights()
    for which in (1, 2):  # offset, moving mean
        weights[which][places] = 0
    norm.set_weights(weights)
    return model


def test_a_sum_loses_what_is_constant_in_all_branches() -> None:
    model = no_shift(model_of(block, ("stem", [1, 2]), ("conv", [2, 3])), [2, 3])
    small = checked(model)
    assert outputs(small) == {
        "stem": (1, 0),
        "conv": (1, 1),
        "norm": (1, 1),
        "after": (0, 1),
    }
    kept = {(one.layer, one.filters): one.reason for one in small.kept}
    assert kept.keys() == {("stem", (1,)), ("conv", (3,))}
    assert "another input of sum is not constant" in kept["conv", (3,)]


def test_a_shift_before_a_padded_convolution_stays_and_says_why() -> None:
    """At the borders the convolution would read less of the constant."""
    padded = checked(model_of(block, ("stem", [2]), ("conv", [2])))
    assert not padded.removed
    reasons = {one.layer: one.reason for one in padded.kept}
    assert "after reads zeros beyond the borders (padding='same')" in reasons["conv"]
    assert "after reads it: it is constant there and not zero" in str(padded)


def test_a_shift_before_a_valid_convolution_goes_into_its_bias() -> None:
    valid = checked(model_of(lambda x: block(x, "valid"), ("stem", [2]), ("conv", [2])))
    assert outputs(valid)["conv"] == (1, 1)
    assert not valid.kept


def depthwise(x: Any) -> Any:
    x = layers.Conv2D(6, 1, use_bias=False, name="expand")(x)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="slopes")(x)
    gate = layers.Dense(6, activation="sigmoid", name="gate")(
        layers.GlobalAveragePooling2D(keepdims=True)(x)
    )
    x = layers.Multiply(name="gated")([x, gate])
    x = layers.Conv2D(4, 1, use_bias=False, name="project")(x)
    x = layers.Reshape((64, 4))(x)
    return layers.Dense(2, name="head")(x)


def test_depthwise_and_gates_go_with_what_they_gate() -> None:
    zero = ("expand", [0]), ("depthwise", [0, 5]), ("project", [3])
    small = checked(model_of(depthwise, *zero))
    assert outputs(small) == {
        "expand": (2, 0),
        "depthwise": (2, 2),
        "slopes": (2, 2),
        "gate": (2, 2),
        "project": (1, 2),
        "head": (0, 1),
    }


def branches(x: Any) -> Any:
    one = layers.Conv2D(4, 3, padding="valid", name="one")(x)
    two = layers.Conv2DTranspose(3, 2, strides=2, use_bias=False, name="two")(
        layers.Cropping2D(1)(x)
    )
    two = layers.AveragePooling2D(2)(two)
    x = layers.Concatenate()([one, two])
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Conv2D(3, 2, use_bias=False, name="joined")(x)
    return layers.Dense(2, name="head")(layers.Flatten()(x))


def test_concatenated_channels_keep_their_places() -> None:
    model = model_of(branches, ("one", [1]))
    kernel = model.get_layer("two").get_weights()[0]
    kernel[..., 2, :] = 0  # transposed: outputs before inputs
    model.get_layer("two").set_weights([kernel])
    # A scale of zero makes a constant of what is not.
    norm = model.get_layer("norm").get_weights()
    norm[0][3] = 0
    model.get_layer("norm").set_weights(norm)
    small = checked(model)
    assert outputs(small) == {
        "one": (2, 0),
        "two": (1, 0),
        "norm": (3, 3),
        "joined": (0, 3),
    }
    # There is a constant to add, and was no bias.
    assert small.model.get_layer("joined").use_bias


def stubborn(x: Any) -> Any:
    shared = layers.Conv2D(3, 1, name="shared")
    x = shared(shared(x))
    x = layers.Conv2D(4, 1, groups=1, name="before")(x)
    x = layers.LayerNormalization(name="layers")(x)
    x = layers.Conv2D(4, 1, groups=2, name="grouped")(x)
    x = layers.Conv2D(4, 1, activation="softmax", name="shares")(x)
    x = layers.Conv2D(4, 1, name="permuted")(x)
    x = layers.Permute((3, 1, 2), name="turn")(x)
    return layers.Conv2D(2, 1, name="out")(x)


def test_what_needs_all_channels_keeps_them_and_says_so() -> None:
    names = ("shared", "before", "grouped", "shares", "permuted", "out")
    small = checked(model_of(stubborn, *((name, [1]) for name in names)))
    assert not small.removed
    reasons = {one.layer: one.reason for one in small.kept}
    assert reasons == {
        "shared": "shared (Conv2D) is called 2 times",
        "before": "layers (LayerNormalization) needs all its channels",
        "grouped": "grouped (Conv2D) needs all its channels",
        "shares": "the activation of shares reads all of them at once",
        "permuted": "turn (Permute) needs all its channels",
        "out": "it is an output of the model",
    }


def test_one_filter_stays_where_all_are_zero() -> None:
    small = checked(without_bias(model_of(vgg, ("conv1", [0, 1, 2, 3, 4])), "conv1"))
    assert small.model.get_layer("conv1").filters == 1
    assert "must keep one" in small.kept[0].reason


def test_models_inside_are_shrunk_between_their_borders() -> None:
    inner = without_bias(model_of(vgg, ("conv0", [1]), ("head", [0])), "conv0")
    outer = keras.Sequential([keras.Input(SIDE), inner, keras.layers.Dense(2)])
    small = checked(outer)
    assert outputs(small) == {f"{inner.name}/conv0": (1, 0), f"{inner.name}/conv1": (0, 1)}
    assert [one.layer for one in small.kept] == [f"{inner.name}/head"]


def test_models_of_tf_keras_are_shrunk_too() -> None:
    of = tf_keras.layers
    model = tf_keras.Sequential(
        [of.Input(SIDE), of.Conv2D(5, 3, name="conv"), of.ReLU(), of.Flatten(), of.Dense(2)]
    )
    kernel, bias = model.get_layer("conv").get_weights()
    kernel[..., [0, 3]] = 0
    model.get_layer("conv").set_weights([kernel, bias + 0.3])
    assert checked(model).model.get_layer("conv").filters == 3


def test_what_has_no_graph_is_refused() -> None:
    class Own(keras.Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    for model in (Own(), keras.Sequential([layers.Dense(2)])):
        with pytest.raises(TfexplainError, match="expected a built functional"):
            shrink(model)
