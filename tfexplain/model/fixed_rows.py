"""Models that take just so many rows at a time: stateful ones, and those of a fixed batch size."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from tfexplain.types import Layer, Model


def fixed_rows(model: Model, layers: Mapping[str, Layer]) -> int | None:
    """Returns how many rows each chunk of a model must have; None where that is free.

    Args:
        model: It may say so itself, with `Input(batch_shape=)`.
        layers: Its layers; recurrent ones with `stateful=True` keep a state for each row.
    """
    try:
        counts = [tensor.shape[0] for tensor in tf.nest.flatten(model.inputs or [])]
    except AttributeError:  # subclassed
        counts = []
    for layer in layers.values():
        if getattr(layer, "stateful", False):
            states = tf.nest.flatten(getattr(layer, "states", None) or [])
            counts += [state.shape[0] for state in states if state is not None and state.shape.rank]
    return next((int(rows) for rows in counts if rows is not None), None)
