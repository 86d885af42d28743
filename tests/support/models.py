"""Small models and data that several tests train."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np
from sklearn.datasets import load_digits

# Unpacking and parsing them takes 30 ms of CPU, and hundreds of tests ask for them.
_all_digits = cache(load_digits)


def digits(count: int = 96) -> tuple[Any, Any]:
    """Images [count, 8, 8, 1] in 0..1 and their labels 0..9."""
    data = _all_digits()
    return (data.images[:count] / 16).astype("float32")[..., None], data.target[:count].copy()


def small_cnn(library: Any = keras, seed: int = 1) -> Any:
    """A compiled CNN for the digits, of Keras 3 or tf_keras."""
    library.utils.set_random_seed(seed)
    layers = library.layers
    model = library.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax", name="head"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def same_bits(one: Any, other: Any) -> bool:
    """Whether two lists of weights are equal to the last bit."""
    return all(
        np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in zip(one, other, strict=True)
    )
