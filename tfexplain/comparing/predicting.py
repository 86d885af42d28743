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
from tfexplain.model.batching import run_by_chunks
from tfexplain.model.call_batch import as_batch
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.trace_model import trace_model
from tfexplain.quality import Predicted
from tfexplain.runlog.attribution_records import predictions
from tfexplain.types import Array

_ROWS = 64


def predict(contender: Contender, inputs: Any, output: ModelOutput) -> Predicted:
    """Computes one output of a model on all rows.

    Args:
        contender: The model.
        inputs: All rows, in the structure the model takes.
        output: The output to compute.

    Raises:
        TfexplainError: a .tflite file with other outputs than the model's.
    """
    return predicted_of(raw_outputs(contender, inputs, output), output)


def predicted_of(raw: Array, output: ModelOutput) -> Predicted:
    """Returns what an output of a model, float32 [N, ...], predicts."""
    position = replace(output, position=0)
    record = predictions(position, raw)
    classes = 0 if output.regression or not output.classes else output.targets
    shown = record.outputs if output.classes else raw.reshape(len(raw), -1)
    return Predicted(shown, record.predicted, classes, record.activation)


def raw_outputs(contender: Contender, inputs: Any, output: ModelOutput) -> Any:
    """Computes one output of a model on all rows, float32 [rows, ...] as the model gives it; see
    `predict`."""
    count = len(tf.nest.flatten(inputs)[0])
    if not contender.explainable:
        predicted = contender.model.predict(inputs)
        if predicted.size != count * output.classes:
            expected = f"expected outputs of sizes [{output.classes}]"
            raise TfexplainError(f"{expected}; got {list(predicted.shape[1:])}.")
        return predicted
    traced_model, by_chunk = trace_model(contender.model, _rows(inputs, 0, contender.model)), []

    def make() -> Callable[[Any], Any]:
        return lambda batch: tf.nest.flatten(traced_model.forward(batch)[0])[output.position]

    for start in range(0, count, _ROWS):
        rows = _rows(inputs, start, contender.model)
        by_chunk += run_by_chunks(traced_model, ("outputs", output.position), make, rows)
    return np.concatenate(by_chunk).astype(np.float32)


def _rows(inputs: Any, start: int, model: Any) -> Any:
    some = tf.nest.map_structure(itemgetter(slice(start, start + _ROWS)), inputs)
    return as_batch(some, model)
