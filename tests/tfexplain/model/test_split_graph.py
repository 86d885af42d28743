"""Passes in two parts, against whole passes, whatever the model is made of."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfexplain.model.split_graph import SplitError, SplitGraph

layers = keras.layers


def residual() -> keras.Model:
    inputs = keras.Input((8, 8, 2))
    first = layers.Conv2D(4, 3, padding="same", name="first")(inputs)
    inner = layers.Conv2D(4, 3, padding="same", name="inner")(layers.ReLU()(first))
    inner = layers.BatchNormalization()(inner)
    flat = layers.GlobalAveragePooling2D()(layers.Add()([first, inner]))
    return keras.Model(inputs, [layers.Dense(3, name="head")(flat), layers.Dense(2)(flat)])


def nested_and_shared() -> keras.Model:
    block = keras.Sequential([keras.Input((6,)), layers.Dense(6, activation="relu", name="inner")])
    inputs = keras.Input((6,))
    hidden = layers.Dense(6, name="first")(inputs)
    return keras.Model(inputs, layers.Dense(2, name="head")(block(block(hidden))))


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.first = layers.Dense(6, name="first")
        self.inner = layers.LSTM(5, name="inner")
        self.head = layers.Dense(2, name="head")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return self.head(self.inner(self.first(inputs)))


def subclassed() -> keras.Model:
    model = Subclassed()
    model(np.zeros((1, 4, 3), "float32"))
    return model


def variables(model: keras.Model) -> dict[str, keras.Variable]:
    return {v.path.split("/")[-2]: v for v in model.weights if v.name.startswith("kernel")}


@pytest.mark.parametrize(
    ("make", "shape"),
    [(residual, (8, 8, 2)), (nested_and_shared, (6,)), (subclassed, (4, 3))],
    ids=["residual", "nested and shared", "subclassed"],
)
def test_both_parts_are_a_whole_pass(
    make: Callable[[], keras.Model], shape: tuple[int, ...]
) -> None:
    model = make()
    x = np.random.default_rng(0).normal(size=(5, *shape)).astype("float32")
    kernels = [v for v in model.weights if v.name in ("kernel", "recurrent_kernel")]
    graph = SplitGraph(model, x[:1], kernels)
    for kernel in kernels:
        split = graph.at(kernel)
        kept = split.before(tf.constant(x))
        before = kernel.numpy()
        kernel.assign(before * np.float32(0.5))
        for part, whole in zip(split.rest(*kept), tf.nest.flatten(model(x)), strict=True):
            np.testing.assert_allclose(part, whole, atol=1e-6)
        kernel.assign(before)


def test_what_comes_before_is_not_computed_again() -> None:
    model = residual()
    kernels = variables(model)
    graph = SplitGraph(model, np.zeros((1, 8, 8, 2), "float32"), kernels.values())
    by_id = {id(v): name for name, v in kernels.items()}
    used = {name: {by_id[key] for key in graph.used(v)} for name, v in kernels.items()}
    assert used["inner"] == set(kernels) - {"first"}
    assert used["head"] == {"head"}
    # The skip connection crosses the cut beside the layer's own input.
    assert graph.at(kernels["inner"]).bytes_row == 2 * 8 * 8 * 4 * 4


def test_no_split_where_no_output_depends() -> None:
    model = residual()
    unused = layers.Dense(2)
    unused.build((None, 3))
    graph = SplitGraph(model, np.zeros((1, 8, 8, 2), "float32"), model.weights)
    with pytest.raises(SplitError, match="no output depends on it"):
        graph.at(unused.kernel)


class Counting(keras.layers.Layer):
    def build(self, shape: tuple[int, ...]) -> None:
        self.calls = self.add_weight(shape=(), trainable=False, name="calls")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        self.calls.assign_add(1.0)
        return inputs * self.calls


def test_no_split_of_what_a_pass_changes() -> None:
    model = keras.Sequential([keras.Input((3,)), Counting(), layers.Dense(2)])
    before = float(model.layers[0].calls)
    with pytest.raises(SplitError, match="write variables"):
        SplitGraph(model, np.zeros((1, 3), "float32"), model.weights)
    assert float(model.layers[0].calls) == before
