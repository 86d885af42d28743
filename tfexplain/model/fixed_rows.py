"""Batches for models that take just so many rows at a time: stateful ones, and fixed batch sizes.

Rows are filled up with the last one to what the model takes, and what is too much is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.types import Layer, Model


def fixed_rows(model: Model, layers: Mapping[str, Layer]) -> int | None:
    """How many rows each batch of a model must have; None where that is free.

    Args:
        model: It may say so itself, with `Input(batch_shape=)`.
        layers: Its layers; recurrent ones with `stateful=True` keep a state for each row.
    """
    try:
        found = [tensor.shape[0] for tensor in tf.nest.flatten(model.inputs or [])]
    except AttributeError:  # subclassed
        found = []
    for layer in layers.values():
        if getattr(layer, "stateful", False):
            states = tf.nest.flatten(getattr(layer, "states", None) or [])
            found += [state.shape[0] for state in states if state is not None and state.shape.rank]
    return next((int(rows) for rows in found if rows is not None), None)


def chunks(count: int, size: int) -> Iterator[npt.NDArray[np.int64]]:
    """0..count - 1 in chunks of just `size`; the last is filled up with its last.

    >>> [chunk.tolist() for chunk in chunks(5, 4)]
    [[0, 1, 2, 3], [4, 4, 4, 4]]
    """
    for start in range(0, count, size):
        yield np.minimum(np.arange(start, start + size), count - 1)


def take(values: Any, rows: Any) -> Any:
    """Rows of all tensors; those without any stay what they are."""
    return tf.nest.map_structure(lambda x: tf.gather(x, rows) if x.shape[0] else x, values)


def cut(values: Any, rows: int, kept: int) -> Any:
    """The first `kept` of so many rows, of all arrays; several in place of a row stay together."""
    return tf.nest.map_structure(lambda x: x[: len(x) * kept // rows], values)
