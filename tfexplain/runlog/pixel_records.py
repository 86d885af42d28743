"""Counts right and wrong positions of validation rows, such as pixels, for their record."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.data.labels import IGNORED
from tfexplain.data.row_choice import Chosen
from tfexplain.errors import TfexplainError
from tfexplain.model.batching import chunk_size, even_size, run_by_chunks
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.targets import predicted
from tfexplain.model.traced_model import TracedModel
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.types import Array, Tensor
from tfexplain.wire import schema
from tfexplain.wire.records.segmented import MAX_CLASSES

_NONE = -1  # a position without a label


@dataclass(frozen=True)
class PixelRows:
    """Holds rows with a label at each position.

    Attributes:
        traced_model: The model, opened.
        output: Its output that the labels belong to.
        inputs: Tensors [N, ...] in the structure the model takes.
        labels: int16 [N, P], -1 where there is none; bool [N, P, K] where a position may have
            several.
        record: The rows as they are logged.
    """

    traced_model: TracedModel
    output: ModelOutput
    inputs: Any
    labels: Array
    record: schema.Validation


def position_labels(labels: Any, weights: Any, opened: Chosen) -> Array:
    """Reads labels with positions; see `PixelRows.labels`.

    Args:
        labels: Class indices [N, ...], or a column for each class [N, ..., K].
        weights: Of rows, or of positions: those of weight 0 have no label.
        opened: The rows, with the model; its output has positions.

    Raises:
        TfexplainError: values in place of classes, too many classes, labels of other positions or
            outside of the outputs.
    """
    output = opened.output
    if output.regression or not output.targets:
        raise TfexplainError(
            f"output={output.name!r}: expected one prediction a row, of shape [N, K], or classes "
            "at each position; got values at each position. Pass another output=, or leave "
            "Predictions out."
        )
    if output.targets > MAX_CLASSES:
        raise TfexplainError(
            f"output={output.name!r}: expected at most {MAX_CLASSES} classes at each position; got "
            f"{output.targets}. Pass another output=, or leave Predictions out."
        )
    places = _places(output, opened.traced_model, opened.inputs)
    array = np.asarray(labels)
    count, columns = len(array), output.labels
    sizes = {count * places: (count, places), count * places * columns: (count, places, columns)}
    if array.size not in sizes:
        raise TfexplainError(
            f"validation_data: expected a label for each of {places:,} positions of output "
            f"{output.name!r}; got labels of shape {list(array.shape[1:])}. Resize them."
        )
    shaped = array.reshape(sizes[array.size])
    if output.several:
        if shaped.ndim == 2:
            raise TfexplainError(
                f"validation_data: expected a column for each of {columns} labels of a position of "
                f"output {output.name!r}; got {list(array.shape[1:])}. Pass labels as 0 and 1."
            )
        return np.asarray(shaped > 0.5)
    return _without(weights, _classes(shaped, output))


def pixels_record(rows: PixelRows, now: Moment) -> schema.Pixels:
    """Runs the model on all rows, as in prediction, and counts.

    Args:
        rows: The rows.
        now: When.
    """
    size = even_size(len(rows.labels), chunk_size(rows.traced_model, None))
    key = ("validation pixels", rows.output.position, rows.output.several)
    make = _several_counted if rows.output.several else _counted
    given = (rows.inputs, tf.constant(rows.labels))
    chunks = run_by_chunks(rows.traced_model, key, lambda: make(rows), *given, size=size)
    found, moment = np.concatenate(chunks), (now.kind, now.weights)
    if rows.output.several:
        own = found[:, 0], found[:, 1], found[:, 2]
        return schema.Pixels(*own, np.zeros((0, 0)), *moment)
    hits = np.diagonal(found, axis1=1, axis2=2)
    false_alarms, misses = found.sum(axis=1) - hits, found.sum(axis=2) - hits
    confusion = np.tensordot(rows.record.weights, found, axes=1)
    return schema.Pixels(hits, false_alarms, misses, confusion, *moment)


def _places(output: ModelOutput, traced_model: TracedModel, inputs: Any) -> int:
    """Returns how many positions the output has for these inputs."""
    first = tf.nest.map_structure(lambda x: x[:1], inputs)

    def make() -> Callable[[Any], Tensor]:
        return lambda batch: _output_of(traced_model, output, batch)

    (found,) = run_by_chunks(traced_model, ("output", output.position), make, first)
    return math.prod(found.shape[1:-1])


def _output_of(traced_model: TracedModel, output: ModelOutput, batch: Any) -> Tensor:
    return tf.nest.flatten(traced_model.forward(batch)[0])[output.position]


def _classes(shaped: Array, output: ModelOutput) -> npt.NDArray[np.int16]:
    """Returns the class of each position, int16 [N, P]."""
    if shaped.ndim == 3 and shaped.shape[2] > 1:
        tied = (shaped == shaped.max(axis=2, keepdims=True)).sum(axis=2) > 1
        return np.where(tied, _NONE, shaped.argmax(axis=2)).astype(np.int16)
    flat = shaped.reshape(shaped.shape[:2])
    inside = (flat >= 0) & (flat < output.targets)
    wrong = flat[~inside & ~np.isin(flat, IGNORED)]
    if len(wrong):
        raise TfexplainError(
            f"validation_data: expected labels in 0..{output.targets - 1} for output "
            f"{output.name!r}; got {wrong[0]:g}. Check the labels, or the model's outputs."
        )
    return np.where(inside, flat, _NONE).astype(np.int16)


def _without(weights: Any, labels: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Leaves out positions of weight 0, where weights are of positions."""
    flat = [] if weights is None else tf.nest.flatten(weights)
    if len(flat) != 1 or np.size(flat[0]) != labels.size:
        return labels
    return np.where(np.reshape(flat[0], labels.shape) > 0, labels, np.int16(_NONE))


def _counted(rows: PixelRows) -> Callable[[Any, Tensor], Tensor]:
    """Returns a function of inputs and labels that counts, int32 [n, C, C]: label, predicted."""
    traced_model, output, classes = rows.traced_model, rows.output, rows.output.targets
    as_rows = replace(output, classes=output.labels, labels=0)

    def run(batch: Any, labels: Tensor) -> Tensor:
        said = tf.reshape(
            predicted(_output_of(traced_model, output, batch), as_rows), tf.shape(labels)
        )
        true, count = tf.cast(labels, tf.int32), tf.shape(labels)[0]
        cells = (tf.range(count)[:, None] * classes + true) * classes + said
        cells = tf.where(true >= 0, cells, -1)  # these are dropped
        sums = tf.math.unsorted_segment_sum(tf.ones_like(cells), cells, count * classes**2)
        return tf.reshape(sums, [count, classes, classes])

    return run


def _several_counted(rows: PixelRows) -> Callable[[Any, Tensor], Tensor]:
    """Returns a function of inputs and labels that counts, int32 [n, 3, K]: hits, false alarms,
    misses."""
    traced_model, output = rows.traced_model, rows.output
    middle = 0.5 if output.applied else 0.0

    def run(batch: Any, labels: Tensor) -> Tensor:
        tensor = tf.reshape(_output_of(traced_model, output, batch), tf.shape(labels))
        said = tensor > middle
        parts = (said & labels, said & ~labels, ~said & labels)
        counts = [tf.reduce_sum(tf.cast(part, tf.int32), axis=1) for part in parts]
        return tf.stack(counts, axis=1)

    return run
