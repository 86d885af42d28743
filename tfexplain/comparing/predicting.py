"""Computes the predictions of a model on every row of the data."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.comparing.models import Contender
from tfexplain.comparing.pool import ROWS, Pool
from tfexplain.errors import TfexplainError
from tfexplain.model.batching import run_by_chunks
from tfexplain.model.call_batch import as_batch
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.trace_model import trace_model
from tfexplain.model.traced_model import TracedModel
from tfexplain.quality import Predicted
from tfexplain.runlog.predicted_rows import predicted_of
from tfexplain.types import Array

# Outputs that are held in memory.
_MOST_BYTES = 64 << 20


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


def predict_pool(contender: Contender, pool: Pool, output: ModelOutput) -> Predicted:
    """Computes one output of a model on the rows of a pool, a chunk at a time.

    Large outputs are kept in a file that nobody else sees, and are mapped: memory holds the classes
    of all rows. Rows that cannot be read have outputs of NaN, and class -1.

    Args:
        contender: The model.
        pool: The rows.
        output: The output to compute.

    Raises:
        TfexplainError: a .tflite file with other outputs than the model's.
        OSError: the file for outputs cannot be written.
    """
    forward = _forward(contender, output)
    classes = np.full(len(pool), -1, np.int32)
    with _Outputs(len(pool)) as outputs:
        for numbers, inputs in pool.chunks():
            some = predicted_of(forward(inputs), output)
            classes[numbers] = some.classes
            outputs.add(numbers, some.outputs)
        return Predicted(outputs.whole(), classes, some.count, some.activation)


class _Outputs:
    """Keeps outputs of rows that come in order: in memory, or in a file where they are large."""

    def __init__(self, count: int) -> None:
        self._count, self._end = count, 0
        self._held: list[Array] = []
        self._file: Any = None

    def __enter__(self) -> _Outputs:
        return self

    def __exit__(self, *_: Any) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, numbers: Array, outputs: Array) -> None:
        """Adds outputs float32 [n, K] of rows, and NaN for those between."""
        if not self._end and outputs[:1].nbytes * self._count > _MOST_BYTES:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed on leaving the context)
        self._width = outputs.shape[1]
        end = int(numbers[-1]) + 1
        block = np.full((end - self._end, self._width), np.nan, np.float32)
        block[numbers - self._end] = outputs
        self._keep(block, end)

    def whole(self) -> Array:
        """Returns the outputs of all rows, float32 [N, K]."""
        rest = self._count - self._end
        if rest:
            self._keep(np.full((rest, self._width), np.nan, np.float32), self._count)
        if self._file is None:
            return np.concatenate(self._held)
        self._file.flush()
        return np.memmap(self._file, np.float32, "r", shape=(self._count, self._width))

    def _keep(self, block: Array, end: int) -> None:
        self._end = end
        if self._file is None:
            self._held.append(block)
        else:
            # Not by a map, where a full disk ends the process.
            self._file.write(block.tobytes())


def raw_outputs(contender: Contender, inputs: Any, output: ModelOutput) -> Any:
    """Computes one output of a model on all rows, float32 [rows, ...] as the model gives it; see
    `predict`."""
    count = len(tf.nest.flatten(inputs)[0])
    forward = _forward(contender, output)

    def rows(start: int) -> Any:
        return tf.nest.map_structure(itemgetter(slice(start, start + ROWS)), inputs)

    return np.concatenate([forward(rows(start)) for start in range(0, count, ROWS)])


def _forward(contender: Contender, output: ModelOutput) -> Callable[[Any], Array]:
    """Returns a function of some rows that computes an output of them, float32 [rows, ...]."""
    model = contender.model
    if not contender.explainable:
        return lambda inputs: _of_file(model.predict(inputs), inputs, output)
    traced: list[TracedModel] = []

    def make() -> Callable[[Any], Any]:
        return lambda batch: tf.nest.flatten(traced[0].forward(batch)[0])[output.position]

    def forward(inputs: Any) -> Array:
        batch = as_batch(inputs, model)
        if not traced:
            traced.append(trace_model(model, batch))
        by_chunk = run_by_chunks(traced[0], ("outputs", output.position), make, batch)
        return np.concatenate(by_chunk).astype(np.float32)

    return forward


def _of_file(predicted: Array, inputs: Any, output: ModelOutput) -> Array:
    count = len(tf.nest.flatten(inputs)[0])
    if predicted.size != count * output.classes:
        expected = f"expected outputs of sizes [{output.classes}]"
        raise TfexplainError(f"{expected}; got {list(predicted.shape[1:])}.")
    return predicted
