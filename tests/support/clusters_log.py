"""A log of clusters of maps, of a linear model that reads one of two places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfexplain import Explain, InputXGradient

CLASSES = ["no", "yes"]
SAMPLES = 8


def two_places(rows: int = 240) -> tuple[Any, Any, Any]:
    """Pictures, their classes, and of which the second class is told at the left edge."""
    rng = np.random.default_rng(0)
    labels, left = np.arange(rows) % 2, rng.random(rows) < 0.5
    pictures = rng.random((rows, 8, 8, 1)).astype("f4") * 0.05
    pictures[(labels == 1) & left, 3:5, :2] = 1
    pictures[(labels == 1) & ~left, 3:5, 4:6] = 1
    return pictures, labels, (labels == 1) & left


def linear_model() -> Any:
    """A compiled linear model of these pictures."""
    keras.utils.set_random_seed(0)
    made = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")]
    )
    made.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    return made


def write_clusters_log(log_dir: Path) -> None:
    """One training of two epochs; the clusters are found after the last."""
    x, y, _ = two_places()
    explain = Explain(
        (x, y),
        log_dir=log_dir / "linear",
        explainers=[InputXGradient()],
        samples=SAMPLES,
        class_names=CLASSES,
        clusters=500,
        write_images=False,
        verbose=0,
        on_error="raise",
    )
    linear_model().fit(x, y, epochs=2, verbose=0, callbacks=[explain])
