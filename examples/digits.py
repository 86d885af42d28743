"""What the examples share: scikit-learn's bundled digits, and a small CNN for them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

from tfexplain import MagnitudePruning

Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

CLASSES = [str(digit) for digit in range(10)]


def load(validation: int = 360) -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
    """((images, labels) to train on, (images, labels) to validate on), images in 0..1.

    1797 images of 8 x 8 pixels come with scikit-learn; the last `validation` of them, written by
    other people than the first, are kept for validation.
    """
    bundled = load_digits()
    images = (bundled.images[..., np.newaxis] / 16).astype(np.float32)
    labels = bundled.target.astype(np.int64)
    return (images[:-validation], labels[:-validation]), (
        images[-validation:],
        labels[-validation:],
    )


def small_cnn(seed: int = 0) -> Any:
    """A compiled CNN of three convolutions, `conv1` to `conv3`; equal seeds start alike."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv3"),
            layers.GlobalMaxPooling2D(),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax", name="digit"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def pruning(sparsity: float, begin: int, end: int, rows: int) -> MagnitudePruning:
    """Prunes at the beginning of each epoch from `begin` on; `sparsity` is reached at `end`.

    `rows` are trained on, in batches of 32.
    """
    steps = -(-rows // 32)
    first = max(begin - 1, 0) * steps  # where the share that rises is still 0
    return MagnitudePruning(sparsity, begin=first, end=end * steps, every=steps)
