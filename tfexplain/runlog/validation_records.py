"""Chooses the validation rows of `Predictions`, and converts outputs on them to records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.data.groups import check_groups
from tfexplain.data.labels import Labels, labels_of
from tfexplain.data.row_choice import Sampled, labelled, sampled
from tfexplain.data.validation import whole
from tfexplain.errors import TfexplainError
from tfexplain.evaluation.dynamics import TrainingDynamics
from tfexplain.evaluation.evaluated import Evaluated
from tfexplain.evaluation.segmented import Segmented
from tfexplain.model.batching import chunk_size, even_size, run_by_chunks
from tfexplain.model.keras_private import keras_logits
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.traced_model import TracedModel
from tfexplain.runlog.pixel_records import PixelRows, pixels_record, position_labels
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.types import Array, Tensor
from tfexplain.wire import schema
from tfexplain.wire.records.validated import OutputUnit

# Of 1,024 pictures of 224 x 224 in float32 there are 588 MiB.
_MOST_BYTES = 1 << 30
# Of more classes than these, the likeliest ones are kept, and the label's.
MOST_CLASSES = 256
_KEPT_CLASSES = 16


@dataclass(frozen=True)
class ValidationRows:
    """Holds the rows, and what their outputs are compared with.

    Attributes:
        traced_model: The model, opened.
        output: Its output that the labels belong to.
        inputs: Tensors [N, ...] in the structure the model takes.
        record: The rows as they are logged.
    """

    traced_model: TracedModel
    output: ModelOutput
    inputs: Any
    record: schema.Validation

    @property
    def unit(self) -> OutputUnit:
        """What `outputs` gives."""
        output = self.output
        if output.activation == "none":
            return "value"
        return "logit" if output.logits or not output.applied else "probability"


def validation_rows(
    validation_data: Any,
    model: Any,
    count: int,
    *,
    output: str | int | None,
    groups: Sequence[Any] | None,
    class_names: Sequence[str],
) -> ValidationRows | PixelRows:
    """Chooses the rows with the smallest hashes, at the data's own shares of classes.

    Of an output that has a class for each position they are `PixelRows`.

    Raises:
        TfexplainError: data that are empty or that the model cannot take; labels outside of the
            outputs, none, or an output that has a value for each position.
    """
    chosen = sampled(validation_data, model, count, _MOST_BYTES)
    opened = labelled(chosen, model, output=output, class_names=class_names)
    read, own = opened.labels, opened.output
    given = labels_of(chosen.rows.labels, own, opened.traced_model)
    if given is None:
        raise TfexplainError(
            f"validation_data: expected labels of output {own.name!r}; got none. Pass (x, y)."
        )
    names, of_rows = _groups(groups, chosen, whole(validation_data, model) is not None)
    named = (of_rows, names, [str(name) for name in class_names])
    if not own.classes:
        labels = position_labels(given, chosen.rows.weights, opened)
        none = np.full(len(labels), np.nan)
        record = schema.Validation(
            *(none, "none", own.activation, own.targets, _weights(chosen)),
            *(chosen.places, chosen.hashes, chosen.total, None),
            *named,
        )
        return PixelRows(opened.traced_model, own, opened.inputs, labels, record)
    if read.kind == "none" or read.why:
        why = read.why or f"labels are no classes and no values of output {own.name!r}"
        raise TfexplainError(f"validation_data: {why}")
    if own.activation == "none" and read.kind == "class":
        own = replace(own, activation="softmax")  # outputs that no loss or activation tells of
    record = schema.Validation(
        *(read.values, read.kind, own.activation, _count(own, read), _weights(chosen)),
        *(chosen.places, chosen.hashes, chosen.total),
        None if read.sets is None else read.sets.astype(np.uint8),
        *named,
    )
    return ValidationRows(opened.traced_model, own, opened.inputs, record)


@dataclass(frozen=True)
class Measured:
    """Holds what is logged of an epoch.

    Attributes:
        record: The record.
        totals: What sums it up, by name.
        seen: Sums over the epochs with it; None of positions.
    """

    record: schema.Outputs | schema.Pixels
    totals: dict[str, float]
    seen: TrainingDynamics | None


def measured(
    rows: ValidationRows | PixelRows, before: TrainingDynamics | None, now: Moment
) -> Measured:
    """Runs the model on all rows.

    Args:
        rows: The rows.
        before: Sums over the epochs before; None in the first.
        now: When.
    """
    if isinstance(rows, PixelRows):
        pixels = pixels_record(rows, now)
        return Measured(pixels, Segmented(rows.record, pixels).totals(), None)
    record, seen = outputs_record(rows, outputs(rows), before, now)
    return Measured(record, Evaluated(rows.record, record).totals(), seen)


def outputs(rows: ValidationRows) -> Array:
    """Runs the model on all rows, as in prediction: float32 [N, K], logits where it keeps them."""
    traced_model, position = rows.traced_model, rows.output.position

    def make() -> Any:
        def run(batch: Any) -> Tensor:
            tensor = tf.nest.flatten(traced_model.forward(batch)[0])[position]
            logits = keras_logits(tensor) if rows.unit == "logit" else None
            return tf.cast(tensor if logits is None else logits, tf.float32)

        return run

    count = tf.nest.flatten(rows.inputs)[0].shape[0]
    size = even_size(count, chunk_size(traced_model, None))
    key = ("validation outputs", position)
    chunks = run_by_chunks(traced_model, key, make, rows.inputs, size=size)
    found = np.concatenate(chunks)
    return found.reshape(len(found), -1)


def outputs_record(
    rows: ValidationRows, found: Array, before: TrainingDynamics | None, now: Moment
) -> tuple[schema.Outputs, TrainingDynamics]:
    """Returns the record of an epoch, and the sums over the epochs with it.

    Args:
        rows: The rows.
        found: The model's outputs on them, float32 [N, K].
        before: Sums over the epochs before; None in the first.
        now: When the outputs were computed.
    """
    count = len(found)
    kept, columns, log_totals = _largest(found, rows)
    none, zeros = np.zeros(count), np.zeros(count, np.int32)
    bare = schema.Outputs(kept, rows.unit, 1, none, none, zeros, zeros, columns, log_totals)
    seen = before or TrainingDynamics.start(count)
    now_seen = Evaluated(rows.record, bare)
    if now_seen.is_of_classes:
        chance = np.exp(np.where(now_seen.known, now_seen.label_log_probability, -np.inf))
        seen = seen.after(chance, now_seen.right)
    else:
        seen = replace(seen, epochs=seen.epochs + 1)
    record = replace(
        bare,
        epochs=seen.epochs,
        confidence_sum=seen.confidence_sum,
        square_sum=seen.square_sum,
        right_count=seen.right_count,
        forgotten=seen.forgotten,
        moment=now.kind,
        weights=now.weights,
    )
    return record, seen


def _largest(found: Array, rows: ValidationRows) -> tuple[Array, Array | None, Array | None]:
    """Keeps all classes, or the largest and the label's: values, columns, and log of the sums."""
    if found.shape[1] <= MOST_CLASSES or rows.output.activation != "softmax":
        return found, None, None
    wide = found.astype(np.float64)
    logs = wide if rows.unit == "logit" else np.log(np.maximum(wide, np.finfo(np.float32).tiny))
    order = np.argsort(-wide, axis=1, kind="stable")[:, :_KEPT_CLASSES]
    labels = np.nan_to_num(rows.record.labels).astype(np.int64)[:, None]
    columns = np.hstack([order, labels])
    totals = np.logaddexp.reduce(logs, axis=1)
    return np.take_along_axis(found, columns, axis=1), columns, totals


def _count(output: ModelOutput, labels: Labels) -> int:
    return 0 if labels.kind == "value" else output.targets


def _weights(chosen: Sampled) -> npt.NDArray[np.float64]:
    """One weight a row; those of several outputs or positions say nothing of a row."""
    flat = [] if chosen.rows.weights is None else tf.nest.flatten(chosen.rows.weights)
    count = len(chosen.hashes)
    if len(flat) == 1 and np.size(flat[0]) == count:
        return np.asarray(flat[0], np.float64).reshape(count)
    return np.ones(count)


def _groups(
    groups: Sequence[Any] | None, chosen: Sampled, in_order: bool
) -> tuple[list[str], npt.NDArray[np.int32]]:
    if groups is None:
        return [], np.zeros(0, np.int32)
    check_groups(groups, chosen.total, in_order)
    own = [str(groups[place]) for place in chosen.places.tolist()]
    names, of_rows = np.unique(own, return_inverse=True)
    return names.tolist(), of_rows.astype(np.int32)
