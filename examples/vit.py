"""Train a small vision transformer on handwritten digits, and see what its attention is worth.

Patches of 2 x 2 pixels become 16 tokens behind a class token, which alone is read in the end.
Logged in each epoch: the attention weights of each layer and head, where they lead over all layers
(rollout, the same for every class), which of that raises the score of the label (gradient
attention), and Grad-CAM for comparison.

    python examples/vit.py [--log-dir DIR] [--epochs N]
    tensorboard --logdir logs/vit
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from digits import CLASSES, load

from tfexplain import Attention, AttentionRollout, Explain, GradCAM, GradientAttention, explain

WIDTH, HEADS, BLOCKS = 48, 4, 2
METHODS = [Attention(), AttentionRollout(), GradientAttention(), GradCAM()]


class ClassToken(keras.layers.Layer):  # type: ignore[misc]
    """Puts a learned token in front of the others, and adds a learned position to each."""

    def build(self, shape: Any) -> None:
        """The token, and as many positions as there are tokens then."""
        self.token = self.add_weight(shape=(1, 1, shape[-1]), name="token")
        self.positions = self.add_weight(shape=(1, shape[1] + 1, shape[-1]), name="positions")

    def call(self, patches: Any) -> Any:
        """[N, T, C] -> [N, 1 + T, C]."""
        token = keras.ops.broadcast_to(self.token, (keras.ops.shape(patches)[0], 1, WIDTH))
        return keras.ops.concatenate([token, patches], axis=1) + self.positions


def network(seed: int = 0) -> Any:
    """A compiled transformer; its attention layers are `attend1`, `attend2`."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    images = keras.Input((8, 8, 1), name="image")
    x = layers.Conv2D(WIDTH, 2, strides=2, name="patches")(images)
    x = ClassToken(name="tokens")(layers.Reshape((16, WIDTH))(x))
    for i in range(1, BLOCKS + 1):
        normed = layers.LayerNormalization()(x)
        attend = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, name=f"attend{i}")
        x = layers.Add()([x, attend(normed, normed)])
        inner = layers.Dense(2 * WIDTH, activation="gelu")(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dense(WIDTH)(inner)])
    x = layers.LayerNormalization(name="norm")(x)[:, 0]
    model = keras.Model(images, layers.Dense(10, activation="softmax", name="digit")(x))
    model.compile(
        keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, log, and say how far the maps agree in the end."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "--log-dir", type=Path, default=Path("logs/vit"), help="default: %(default)s"
    )
    parser.add_argument("--epochs", type=int, default=12, help="default: %(default)s")
    options = parser.parse_args(arguments)

    model = network()
    train, validation = load()
    explained = Explain(
        validation, explainers=METHODS, log_dir=options.log_dir, class_names=CLASSES
    )
    model.fit(
        *train,
        validation_data=validation,
        epochs=options.epochs,
        batch_size=64,
        verbose=2,
        callbacks=[explained],
    )

    images, labels = (part[:64] for part in validation)
    methods = [AttentionRollout(), GradientAttention()]
    found = explain(model, images, labels, explainers=methods)
    rollout, gradient = (attribution.values for attribution in found.values())
    alike = [np.corrcoef(*pair)[0, 1] for pair in zip(_flat(rollout), _flat(gradient), strict=True)]
    print(f"Maps of {gradient.shape[1]} x {gradient.shape[2]} patches.")
    print(f"Rollout and gradient attention correlate by {np.nanmedian(alike):.2f} (median).")


def _flat(maps: Any) -> Any:
    return maps.reshape(len(maps), -1)


if __name__ == "__main__":
    main()
