"""Computes what a model predicts of rows, and how far that is from their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.model.outputs import ModelOutput
from tfexplain.model.targets import activate
from tfexplain.types import Array

# Of a probability of 0 the cross-entropy would be infinite.
_LEAST = 1e-7


@dataclass(frozen=True, eq=False)
class Predictions:
    """Holds predictions of rows.

    Attributes:
        predicted: [n], the class (int64, -1 where none is known) or value (float64).
        probability: float32 [n], that of the class, where there are classes.
        loss: float32 [n], where labels are known: cross-entropy in nats, or distance of values.
    """

    predicted: Array
    probability: Array | None = None
    loss: Array | None = None


def predictions(output: ModelOutput, outputs: Any, labels: Array | None) -> Predictions:
    """Returns the predictions of one output.

    Args:
        output: The output.
        outputs: The model's outputs on the rows, in their own structure.
        labels: [n], class indices or values; others are not compared.
    """
    raw = np.asarray(tf.nest.flatten(outputs)[output.position], np.float32)
    if not output.classes:
        return Predictions(np.full(len(raw), -1, np.int64))
    shown = raw.reshape(len(raw), output.classes)
    wanted = None if labels is None else np.asarray(labels).reshape(len(raw), -1)
    if wanted is not None and (wanted.shape[1] != 1 or wanted.dtype.kind not in "biuf"):
        wanted = None
    if output.regression:
        values = shown[:, 0].astype(np.float64)
        loss = None if wanted is None else np.abs(values - wanted[:, 0]).astype(np.float32)
        return Predictions(values, loss=loss)
    if output.activation == "none":
        broken = np.isnan(shown).any(axis=1)
        return Predictions(np.where(broken, -1, shown.argmax(axis=1)).astype(np.int64))
    if not output.applied:
        shown = activate(tf.constant(shown), output.activation).numpy()
    if output.binary:
        shown = np.column_stack([1 - shown[:, 0], shown[:, 0]])
    broken = np.isnan(shown).any(axis=1)
    classes = np.where(broken, 0, shown.argmax(axis=1))
    each = np.arange(len(shown))
    loss = None
    if wanted is not None and np.isin(wanted, np.arange(shown.shape[1])).all():
        own = shown[each, wanted[:, 0].astype(np.int64)]
        loss = -np.log(np.maximum(own, _LEAST)).astype(np.float32)
    return Predictions(np.where(broken, -1, classes).astype(np.int64), shown[each, classes], loss)
