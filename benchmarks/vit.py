"""A vision transformer to measure, and by hand the passes that explaining its attention needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from cases import Case, Part, logits

WIDTH, HEADS, PATCH = 192, 3, 8


class ClassToken(keras.layers.Layer):  # type: ignore[misc]
    """Puts a learned token in front of the others, and adds a learned position to each."""

    def build(self, shape: Any) -> None:
        """The token and the positions."""
        self.token = self.add_weight(shape=(1, 1, shape[-1]), name="token")
        self.positions = self.add_weight(shape=(1, shape[1] + 1, shape[-1]), name="positions")

    def call(self, patches: Any) -> Any:
        """[N, T, C] -> [N, 1 + T, C]."""
        token = keras.ops.broadcast_to(self.token, (keras.ops.shape(patches)[0], 1, WIDTH))
        return keras.ops.concatenate([token, patches], axis=1) + self.positions


def vit(shape: tuple[int, int, int], blocks: int) -> Any:
    """Blocks 192 wide with three heads, which take fused attention; random weights."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    images = keras.Input(shape)
    x = layers.Conv2D(WIDTH, PATCH, strides=PATCH, name="patches")(images)
    x = ClassToken(name="tokens")(layers.Reshape((-1, WIDTH))(x))
    for i in range(blocks):
        normed = layers.LayerNormalization(name=f"norm{i}")(x)
        attend = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, name=f"attend{i}")
        x = layers.Add()([x, attend(normed, normed)])
        inner = layers.LayerNormalization(name=f"inner_norm{i}")(x)
        inner = layers.Dense(4 * WIDTH, activation="gelu", name=f"wide{i}")(inner)
        x = layers.Add(name=f"block{i}")([x, layers.Dense(WIDTH, name=f"narrow{i}")(inner)])
    x = layers.LayerNormalization(name="norm")(x)[:, 0]
    return keras.Model(images, layers.Dense(10, activation="softmax", name="top")(x))


def bare_parts(case: Case) -> dict[str, Part]:
    """Hand-written compiled passes; each returns numpy arrays, as the explainers do."""
    model, images, targets = case.model, tf.constant(case.images), tf.constant(case.targets)

    def score(outputs: Any) -> Any:
        return tf.reduce_sum(tf.gather(logits(outputs), targets, batch_dims=1))

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def forward() -> Any:
        return model(images, training=False)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def backward() -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            total = score(model(images, training=False))
        return tape.gradient(total, images)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def weights() -> Any:
        return _by_hand(model, images, None)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def means() -> Any:
        outputs, found = _by_hand(model, images, None)
        return outputs, [tf.reduce_mean(one, axis=1) for one in found]

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def products() -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            outputs, found = _by_hand(model, images, tape)
            total = score(outputs)
        slopes = tape.gradient(total, found)
        pairs = zip(found, slopes, strict=True)
        return outputs, [tf.reduce_mean(tf.nn.relu(a * b), axis=1) for a, b in pairs]

    return {
        "bare forward": lambda: forward().numpy(),
        "bare forward+backward": lambda: backward().numpy(),
        "bare weights": lambda: _arrays(weights()),
        "bare mean weights": lambda: _arrays(means()),
        "bare weights x gradients": lambda: _arrays(products()),
    }


def _arrays(found: tuple[Any, Sequence[Any]]) -> list[Any]:
    """On the host; those of the layers only."""
    found[0].numpy()
    return [one.numpy() for one in found[1]]


def _by_hand(model: Any, images: Any, tape: tf.GradientTape | None) -> tuple[Any, list[Any]]:
    """The outputs and each layer's weights [N, heads, T, T], by the layers' own parts."""
    layer, found = model.get_layer, []
    patches = layer("patches")(images)
    x = layer("tokens")(tf.reshape(patches, [len(images), -1, WIDTH]))
    for i in range(sum(one.name.startswith("attend") for one in model.layers)):
        attend, normed = layer(f"attend{i}"), layer(f"norm{i}")(x)
        query = attend.query_dense(normed) / np.sqrt(WIDTH // HEADS)
        scores = tf.einsum("nqhd,nkhd->nhqk", query, attend.key_dense(normed))
        weights = tf.nn.softmax(scores)
        if tape is not None:
            tape.watch(weights)
        found.append(weights)
        mixed = tf.einsum("nhqk,nkhd->nqhd", weights, attend.value_dense(normed))
        x = x + attend.output_dense(mixed)
        x = x + layer(f"narrow{i}")(layer(f"wide{i}")(layer(f"inner_norm{i}")(x)))
    return layer("top")(layer("norm")(x)[:, 0]), found
