"""Small runs for `dash_app.py`: pictures, words and a table, each logged, pruned and saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import digits
import keras
import numpy as np

from tfexplain import Compression, Explain, FeatureMaps, GradCAM, IntegratedGradients

SPARSITY = 0.5
# How many epochs each takes to learn.
EPOCHS = {"pictures": 8, "text": 6, "table": 24}


def train(example: str, log_dir: Path, epochs: int | None = None) -> Path:
    """Trains an example, half of its weights pruned in the end; returns the saved model's file."""
    for old in log_dir.glob("*/*.tfexplain"):
        old.unlink()
    epochs = epochs or EPOCHS[example]
    model, data, val, explainers, names = globals()[f"_{example}"]()
    callbacks = [
        digits.pruning(SPARSITY, epochs // 2, 3 * epochs // 4, len(data[1])),
        Explain(val, log_dir=log_dir, explainers=explainers, **names),
        Compression(val, log_dir=log_dir),
    ]
    model.fit(*data, validation_data=val, epochs=epochs, callbacks=callbacks, verbose=2)
    model.save(log_dir / "model.keras")
    return log_dir / "model.keras"


def _pictures() -> tuple[Any, ...]:
    data, val = digits.load()
    explainers = [FeatureMaps(), GradCAM(), IntegratedGradients()]
    return digits.small_cnn(), data, val, explainers, {"class_names": digits.CLASSES}


def _text() -> tuple[Any, ...]:
    from docstrings import CLASSES, indices, load, vocabulary
    from text import classifier

    both = load()
    words = vocabulary([*both[0][0], *both[0][1]])
    data, val = (
        (indices([*python, *numpy], words), np.repeat([0, 1], len(python)))
        for python, numpy in both
    )
    keras.utils.set_random_seed(0)
    names = {"class_names": CLASSES, "vocabulary": words}
    return classifier(len(words)), data, val, [IntegratedGradients()], names


def _table() -> tuple[Any, ...]:
    from tabular import load, network

    data, val, columns = load()
    growers = ["grower 0", "grower 1", "grower 2"]
    names = {"class_names": growers, "feature_names": columns}
    return network(len(columns)), data, val, [IntegratedGradients()], names
