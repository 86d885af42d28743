"""The models that are measured, and by hand the passes that no explanation can do without.

Needs nothing but TensorFlow, so that other libraries' environments run the same; `keras` is what
`tf.keras` is there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import numpy.typing as npt
import tensorflow as tf

Array: TypeAlias = npt.NDArray[Any]
Part: TypeAlias = Callable[[], Any]

keras = tf.keras


@dataclass(frozen=True)
class Case:
    """A model, the batch it explains and the layer of its Grad-CAM (the default one)."""

    model: Any
    images: Array
    targets: Array
    layer: str
    steps: int


def small_cnn(shape: tuple[int, int, int]) -> Any:
    """Three convolutions. Functional, for peers that want to know a model's output."""
    layers = keras.layers
    x = inputs = keras.Input(shape)
    x = layers.Conv2D(32, 3, activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, activation="relu", name="conv3")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def mobilenet_v2(shape: tuple[int, int, int]) -> Any:
    """MobileNetV2 with random weights."""
    return keras.applications.MobileNetV2(weights=None, input_shape=shape)


MODELS = {"small_cnn": small_cnn, "mobilenet_v2": mobilenet_v2}
LAYERS = {"small_cnn": "conv3", "mobilenet_v2": "out_relu"}


def logits(outputs: Any) -> Any:
    """What a softmax was given, or outputs that have none."""
    return getattr(outputs, "_keras_logits", outputs)


def bare_parts(case: Case) -> dict[str, Part]:
    """Hand-written compiled passes; each returns numpy arrays, as the explainers do."""
    model, images, targets = case.model, tf.constant(case.images), tf.constant(case.targets)
    layer = model.get_layer(case.layer)
    before = keras.Model(model.inputs, layer.output)
    after = keras.Model(layer.output, model.outputs[0])

    def score(outputs: Any) -> Any:
        return tf.reduce_sum(tf.gather(logits(outputs), targets, batch_dims=1))

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def forward() -> Any:
        return model(images, training=False)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def gradient(points: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(points)
            total = score(model(points, training=False))
        return tape.gradient(total, points)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def grad_cam() -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            activation = before(images, training=False)
            tape.watch(activation)
            total = score(after(activation, training=False))
        weights = tf.reduce_mean(tape.gradient(total, activation), axis=[1, 2])
        return tf.nn.relu(tf.einsum("nhwc,nc->nhw", activation, weights))

    positions, weights = np.polynomial.legendre.leggauss(case.steps)

    def integrated_gradients() -> Any:
        pairs = zip((positions + 1) / 2, weights / 2, strict=True)
        mean = sum(np.float32(w) * gradient(images * np.float32(a)) for a, w in pairs)
        return (mean * images).numpy()

    def smooth_grad() -> Any:
        rng = np.random.default_rng([0, 0])
        spread = 0.1 * np.ptp(case.images, axis=(1, 2, 3), keepdims=True)
        drawn = rng.standard_normal((case.steps, *case.images.shape[1:]), np.float32)
        total = sum(gradient(tf.constant(case.images + spread * one)) for one in drawn)
        return total.numpy() / case.steps

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def climb(points: Any, length: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(points)
            activation = before(points, training=False)[..., : len(case.images)]
            total = tf.reduce_sum(tf.linalg.diag_part(tf.reduce_mean(activation, [1, 2])))
        slopes = tape.gradient(total, points)
        size = tf.sqrt(tf.reduce_mean(tf.square(slopes), [1, 2, 3], keepdims=True))
        return tf.clip_by_value(points + length * tf.math.divide_no_nan(slopes, size), 0.0, 1.0)

    def ascent() -> Any:
        noise = np.random.default_rng([0, 0]).standard_normal(case.images.shape[1:])
        start = np.clip(0.5 + 0.05 * noise, 0, 1).astype(np.float32)
        points = tf.repeat(tf.constant(start[None]), len(case.images), axis=0)
        for step in range(case.steps):
            points = climb(points, tf.constant(0.025 * (1 - step / case.steps), tf.float32))
        return points.numpy()

    return {
        "bare forward": lambda: forward().numpy(),
        "bare forward+backward": lambda: gradient(images).numpy(),
        "bare Grad-CAM": lambda: grad_cam().numpy(),
        "bare IG": integrated_gradients,
        "bare SmoothGrad": smooth_grad,
        "bare ascent": ascent,
    }
