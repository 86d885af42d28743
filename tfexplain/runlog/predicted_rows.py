"""Computes what a model predicts on many rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.model.batching import run_by_chunks
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.traced_model import TracedModel
from tfexplain.quality import Predicted
from tfexplain.runlog.attribution_records import predictions
from tfexplain.types import Array


def predicted_rows(traced_model: TracedModel, output: ModelOutput, inputs: Any) -> Predicted:
    """Runs a model on rows, in the structure that it takes."""

    def make() -> Callable[[Any], Any]:
        return lambda batch: tf.nest.flatten(traced_model.forward(batch)[0])[output.position]

    chunks = run_by_chunks(traced_model, ("outputs", output.position), make, inputs)
    return predicted_of(np.concatenate(chunks).astype(np.float32), output)


def predicted_of(raw: Array, output: ModelOutput) -> Predicted:
    """Returns what an output of a model, float32 [N, ...], predicts."""
    record = predictions(replace(output, position=0), raw)
    classes = 0 if output.regression or not output.classes else output.targets
    shown = record.outputs if output.classes else raw.reshape(len(raw), -1)
    return Predicted(shown, record.predicted, classes, record.activation)
