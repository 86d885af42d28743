"""Computes the predictions of a model on every row of the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import itemgetter
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.comparing.models import Contender
from tfexplain.errors import TfexplainError
from tfexplain.model.call_batch import as_batch
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.trace_model import trace_model
from tfexplain.quality import Predicted
from tfexplain.runlog.attribution_records import predictions

_ROWS = 64


def predict(one: Contender, inputs: Any, output: ModelOutput) -> Predicted:
    """Computes one output of a model on all rows.

    Args:
        one: The model.
        inputs: All rows, in the structure the model takes.
        output: Which output, and how its numbers read.

    Raises:
        TfexplainError: a .tflite file with other outputs than the head's.
    """
    raw = _outputs(one, inputs, output)
    position = replace(output, position=0)
    record = predictions(position, raw)
    classes = 0 if output.regression or not output.classes else output.targets
    shown = record.outputs if output.classes else raw.reshape(len(raw), -1)
    return Predicted(shown, record.predicted, classes, record.activation)


def _outputs(one: Contender, inputs: Any, output: ModelOutput) -> Any:
    """Returns float32 [rows, ...] as the model gives them."""
    count = len(tf.nest.flatten(inputs)[0])
    if not one.explainable:
        found = one.model.predict(inputs)
        if found.size != count * output.classes:
            expected = f"expected outputs of sizes [{output.classes}]"
            raise TfexplainError(f"{expected}; got {list(found.shape[1:])}.")
        return found
    passes, parts = trace_model(one.model, _rows(inputs, 0, one.model)), []

    def make() -> Callable[[Any], Any]:
        return lambda batch: tf.nest.flatten(passes.forward(batch)[0])[output.position]

    for start in range(0, count, _ROWS):
        rows = _rows(inputs, start, one.model)
        parts += passes.by_rows(("outputs", output.position), make, rows)
    return np.concatenate(parts).astype(np.float32)


def _rows(inputs: Any, start: int, model: Any) -> Any:
    some = tf.nest.map_structure(itemgetter(slice(start, start + _ROWS)), inputs)
    return as_batch(some, model)
