"""Models of both libraries that change variables whenever they are called, in many ways."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tf_keras
from keras.src.backend.common.global_state import set_global_attribute

Make = Callable[[Any], None]
Call = Callable[[Any, Any], Any]

LIBRARIES = {"keras": keras, "tf_keras": tf_keras}


def layer_of(library: Any, make: Make, call: Call) -> Any:
    """A layer of a library that is made and called by these functions."""

    class Stateful(library.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            make(self)

        def call(self, inputs: Any) -> Any:
            return call(self, inputs)

        def compute_output_shape(self, shape: Any) -> Any:
            return shape

    return Stateful()


def _count(keep: Callable[[Any], Any], find: Callable[[Any], Any]) -> tuple[Make, Call]:
    def make(layer: Any) -> None:
        layer.own = keep(tf.Variable(1.0, trainable=False))

    def call(layer: Any, x: Any) -> Any:
        own = find(layer.own)
        own.assign(own * 1.01)
        return x * tf.cast(own, x.dtype)

    return make, call


def _one_variable(layer: Any) -> None:
    layer.own = tf.Variable([1.0, 1.0], trainable=False)


def _in_a_loop(layer: Any, x: Any) -> Any:
    def body(i: Any) -> Any:
        layer.own.assign_add([0.01, 0.0])
        return [i + 1]

    tf.while_loop(lambda i: i < 3, body, [tf.constant(0)])
    return x * tf.cast(layer.own[0], x.dtype)


def _in_a_branch(layer: Any, x: Any) -> Any:
    def branch() -> Any:
        layer.own.scatter_nd_add([[1]], [0.01])
        return tf.constant(0)

    tf.cond(tf.reduce_sum(x) > -1e9, branch, lambda: tf.constant(0))
    return x * tf.cast(layer.own[1], x.dtype)


def _in_a_function(layer: Any) -> None:
    _one_variable(layer)

    @tf.function
    def inner(x: Any) -> Any:
        layer.own.assign_add([0.01, 0.0])
        return x * tf.cast(layer.own[0], x.dtype)

    @tf.function
    def outer(x: Any) -> Any:
        return inner(x) + 0

    layer.outer = outer


def _drawing(layer: Any) -> None:
    layer.kept = [SimpleNamespace(generator=tf.random.Generator.from_seed(7))]


def _drawn(layer: Any, x: Any) -> Any:
    noise = layer.kept[0].generator.normal((1,))
    return x + 0.01 * tf.cast(noise, x.dtype)


def _in_python(layer: Any) -> None:
    layer.counted = layer.add_weight(
        shape=(), initializer="ones", trainable=False, dtype="float32", name="counted"
    )


def _python(layer: Any, x: Any) -> Any:
    def run(values: Any) -> Any:
        counted = layer.counted
        counted.assign(counted + 0.01)
        return values * tf.cast(counted, values.dtype)

    return tf.ensure_shape(tf.py_function(run, [x], x.dtype), x.shape)


# How a variable is kept or written: (what makes the layer, what calls it).
KINDS: dict[str, tuple[Make, Call]] = {
    "an attribute": _count(lambda v: v, lambda kept: kept),
    "a list": _count(lambda v: [v], lambda kept: kept[0]),
    "a dict": _count(lambda v: {"a": v}, lambda kept: kept["a"]),
    "a plain object": _count(lambda v: SimpleNamespace(v=v), lambda kept: kept.v),
    "a closure": _count(lambda v: lambda: v, lambda kept: kept()),
    "a loop": (_one_variable, _in_a_loop),
    "a branch": (_one_variable, _in_a_branch),
    "functions": (_in_a_function, lambda layer, x: layer.outer(x)),
    "a generator": (_drawing, _drawn),
    "Python": (_in_python, _python),
}


def global_seed(library: Any) -> Any:
    """A layer that draws from the generator that all layers without a seed share."""

    def call(layer: Any, x: Any) -> Any:
        return x + 0.01 * tf.cast(keras.random.normal((1,)), x.dtype)

    return layer_of(library, lambda layer: None, call)


def normalizing(library: Any) -> Any:
    """A layer whose `call` assigns a trainable kernel, whether or not it trains."""

    def make(layer: Any) -> None:
        dense = library.layers.Dense(8)
        # That of tf_keras does not work beside Keras 3.
        spectral = library is keras
        layer.inner = library.layers.SpectralNormalization(dense) if spectral else dense

    def call(layer: Any, x: Any) -> Any:
        if library is keras:
            return layer.inner(x, training=True)
        outputs = layer.inner(x)
        layer.inner.kernel.assign(layer.inner.kernel * 0.99)
        return outputs

    return layer_of(library, make, call)


def stateful(
    library: Any,
    kinds: Sequence[str] = tuple(KINDS),
    *,
    attention: bool = False,
    mixed: bool = False,
    **options: Any,
) -> Any:
    """A compiled classifier of [N, 6, 8] in which each layer writes something else."""
    library.utils.set_random_seed(3)
    set_global_attribute("global_seed_generator", None)  # else it goes on where it is
    layers, set_policy = library.layers, library.mixed_precision.set_global_policy
    set_policy("mixed_bfloat16" if mixed else "float32")
    inputs = layers.Input((6, 8))
    x = inputs
    for kind in kinds:
        x = layer_of(library, *KINDS[kind])(x)
    x = normalizing(library)(global_seed(library)(x))
    if attention:
        x = x + layers.MultiHeadAttention(2, 4, name="attention")(x, x)
    x = layers.GlobalAveragePooling1D()(x)
    outputs = layers.Dense(3, activation="softmax", dtype="float32")(x)
    set_policy("float32")
    return compiled(library.Model(inputs, outputs), **options)


def recurrent(library: Any) -> Any:
    """A compiled classifier of [8, 6, 4, 2] whose layers keep states from batch to batch."""
    library.utils.set_random_seed(3)
    layers = library.layers
    stack = [
        layers.Input(batch_shape=(8, 6, 4, 2)),
        layers.ConvLSTM1D(3, 2, stateful=True, return_sequences=True),
        layers.Reshape((6, 9)),
        layers.LSTM(4, stateful=True),
        layers.Dense(3, activation="softmax"),
    ]
    return compiled(library.Sequential(stack))


def compiled(model: Any, **options: Any) -> Any:
    """The model, ready to be trained."""
    model.compile("sgd", "sparse_categorical_crossentropy", **options)
    return model


def rows(model: Any, count: int = 24) -> tuple[Any, Any]:
    """Inputs and labels for one of these models."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, *model.input_shape[1:])).astype("float32")
    return x, np.arange(count) % 3


def everything() -> list[tuple[tf.Variable, Any]]:
    """All variables there are, whoever keeps them, and their values."""
    gc.collect()
    variables = [o for o in gc.get_objects() if issubclass(type(o), tf.Variable)]
    return [(variable, variable.numpy()) for variable in variables]


def changed(before: list[tuple[tf.Variable, Any]]) -> list[tf.Variable]:
    """Those that have other values now."""
    return [v for v, value in before if v.numpy().tobytes() != value.tobytes()]
