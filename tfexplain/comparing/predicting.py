"""What a model says of every row of the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import itemgetter
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.comparing.models import Contender
from tfexplain.model.call_batch import as_batch
from tfexplain.model.outputs import Head
from tfexplain.model.trace_model import trace_model
from tfexplain.quality import Predicted
from tfexplain.runlog.attribution_records import predictions

_ROWS = 64


def predict(one: Contender, inputs: Any, head: Head) -> Predicted:
    """The outputs of one head on all rows.

    Args:
        one: The model.
        inputs: All rows, in the structure the model takes.
        head: Which output, and how its numbers read.

    Raises:
        ValueError: a .tflite file with other outputs than the head's.
    """
    raw = _outputs(one, inputs, head)
    position = replace(head, position=0)
    record = predictions(position, raw)
    classes = 0 if head.regression or not head.classes else head.targets
    shown = record.outputs if head.classes else raw.reshape(len(raw), -1)
    return Predicted(shown, record.predicted, classes, record.activation)


def _outputs(one: Contender, inputs: Any, head: Head) -> Any:
    """float32 [rows, ...] as the model gives them."""
    count = len(tf.nest.flatten(inputs)[0])
    if not one.explainable:
        found = one.model.predict(inputs)
        if found.size != count * head.classes:
            expected = f"expected outputs of sizes [{head.classes}]"
            raise ValueError(f"{expected}; got {list(found.shape[1:])}.")
        return found
    passes, parts = trace_model(one.model, _rows(inputs, 0, one.model)), []

    def make() -> Callable[[Any], Any]:
        return lambda batch: tf.nest.flatten(passes.forward(batch)[0])[head.position]

    for start in range(0, count, _ROWS):
        rows = _rows(inputs, start, one.model)
        parts += passes.by_rows(("outputs", head.position), make, rows)
    return np.concatenate(parts).astype(np.float32)


def _rows(inputs: Any, start: int, model: Any) -> Any:
    some = tf.nest.map_structure(itemgetter(slice(start, start + _ROWS)), inputs)
    return as_batch(some, model)
