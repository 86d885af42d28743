"""A training with a mark that tells the label, and nothing else does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfexplain import Explain, IntegratedGradients
from tfexplain.types import Array


def marked(rows: int = 96) -> tuple[Array, Array]:
    """Returns noise [N, 8, 8, 1] and labels [N], four rows of whose left edge tell the label."""
    rng = np.random.default_rng(0)
    x, y = rng.random((rows, 8, 8, 1)).astype(np.float32) / 4, np.arange(rows) % 4
    x[:, 2:6, 0, 0] = np.eye(4)[y]
    return x, y


def fit(
    log_dir: Path, epochs: int, data: tuple[Array, Array] | None = None, **options: Any
) -> tuple[Any, Explain, Any]:
    """Trains a linear model on `data`, by default the marked, and returns it, the callback and
    Keras' history."""
    keras.utils.set_random_seed(0)
    layers = [keras.Input((8, 8, 1), name="input"), keras.layers.Flatten()]
    model = keras.Sequential([*layers, keras.layers.Dense(4, activation="softmax")])
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    x, y = data or marked()
    settings = {"explainers": [IntegratedGradients(steps=4)], "on_error": "raise", "verbose": 0}
    callback = Explain((x, y), log_dir=log_dir, write_images=False, **settings, **options)
    ran = model.fit(x, y, epochs=epochs, verbose=0, callbacks=[callback])
    return model, callback, ran
