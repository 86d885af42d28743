"""The golden cases: models, their inputs, and attributions that another framework computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden"
LAYERS = [
    ("plain_cnn", "conv1"),
    ("plain_cnn", "conv2"),
    ("nested_cnn", "backbone/stem"),
    ("nested_cnn", "backbone/body_relu"),
]


def load(case: str) -> tuple[Any, Any, Any]:
    """(model, what it is given, what is expected) of a case."""
    model = keras.models.load_model(GOLDEN / f"{case}.keras")
    return model, np.load(GOLDEN / f"{case}.npz"), np.load(GOLDEN / f"{case}.expected.npz")
