"""Which models can change a variable when they are called."""

from __future__ import annotations

from typing import Any

import keras
import pytest
import tensorflow as tf

from tfexplain.untouched import writes

layers = keras.layers


class Draws(layers.Layer):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.seed = keras.random.SeedGenerator(7)

    def call(self, inputs: Any) -> Any:
        return inputs + keras.random.normal((1,), seed=self.seed)


class DrawsWithTensorFlow(layers.Layer):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.generator = tf.random.Generator.from_seed(7)

    def call(self, inputs: Any) -> Any:
        return inputs + self.generator.normal((1,))


class Counts(layers.Layer):  # type: ignore[misc]
    def build(self, shape: Any) -> None:
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, inputs: Any) -> Any:
        def once(i: Any) -> Any:
            self.calls.assign_add(1.0)
            return i + 1

        tf.while_loop(lambda i: i < 3, once, [tf.constant(0)])
        return inputs


class RunsPython(layers.Layer):  # type: ignore[misc]
    def call(self, inputs: Any) -> Any:
        return tf.ensure_shape(tf.numpy_function(lambda x: x, [inputs], tf.float32), (None, 4))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.BatchNormalization, False),
        (lambda: layers.Dropout(0.5), False),
        (lambda: layers.GaussianNoise(0.5), False),
        (lambda: layers.Dense(4, activity_regularizer="l2"), False),
        (Draws, True),
        (DrawsWithTensorFlow, True),
        (Counts, True),
        (RunsPython, True),
    ],
)
def test_what_writes(layer: Any, expected: bool) -> None:
    model = keras.Sequential([keras.Input((4,)), layer(), layers.Dense(2)])
    function = tf.function(lambda x: model(x, training=False), autograph=False)
    assert writes(function.get_concrete_function(tf.zeros((2, 4))).graph) is expected
