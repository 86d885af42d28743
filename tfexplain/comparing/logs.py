"""Writes a comparison to the log: a run for each model, side by side in the dashboard."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.comparing.weights import Weights
from tfexplain.errors import TfexplainError
from tfexplain.quality import Fidelity, Predicted
from tfexplain.quality.drift import Drifted
from tfexplain.quality.similarity import MEASURES
from tfexplain.runlog.activation_records import write_activations
from tfexplain.runlog.kernel_records import kernel_record, kernels_record
from tfexplain.runlog.plan import ExplainPlan, Found
from tfexplain.runlog.trust_records import trust_record
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.trust import Measured
from tfexplain.wire import schema
from tfexplain.wire.records.kinds import Role

OfPayers: TypeAlias = schema.Payers | schema.Exemplars | schema.Overlaps
_NOW = Moment(0, 0, True, "end", 0)
_ROOMS = ("explain", "compression")
# Lies beside what a comparison wrote, so that the next one may replace it.
_MARK = "tfexplain-comparison.txt"


def check_free(log_dir: str, names: Iterable[str]) -> None:
    """Raises ValueError where a run to be written holds the events of something else."""
    for path in (log_dir, *(os.path.join(log_dir, name) for name in names)):
        own = tf.io.gfile.exists(os.path.join(path, _MARK))
        events = [] if own else [e for room in ("", *_ROOMS) for e in _events(path, room)]
        if events:
            raise TfexplainError(
                f"log_dir={log_dir!r}: expected a new directory, or that of a former comparison; "
                f"{path!r} holds events of something else. Pass another log_dir."
            )


def open_run(log_dir: str, name: str, room: str) -> RunWriter:
    """Removes a former comparison from one room of a run, and returns the writer of that room."""
    run = os.path.join(log_dir, name)
    for event in _events(run, room):
        tf.io.gfile.remove(event)
    writer = RunWriter(os.path.join(run, room))
    writer.open()
    with tf.io.gfile.GFile(os.path.join(run, _MARK), "w") as file:
        file.write("Written by tfexplain, which may replace it.\n")
    return writer


def write_maps(
    writer: RunWriter, explaining: ExplainPlan, explanations: Found, choices: Mapping[str, str]
) -> None:
    """Writes what `Explain` writes of one epoch, at step 0."""
    explaining.write_constant(choices, explaining.layers(explanations), writer)
    explaining.write(explanations, _NOW, [0], writer)
    status = schema.Status(
        {name: explanation.seconds for name, explanation in explanations.items()}
    )
    writer.add(schema.Tag("status"), 0, status, schema.Content("status"))


def write_predictions(writer: RunWriter, predicted: Predicted, rows: npt.NDArray[np.int64]) -> None:
    """Writes the predictions of a model that is not explained, on the explained rows."""
    outputs, classes = predicted.outputs[rows], predicted.classes[rows]
    record = schema.Predictions(outputs, classes, 1, predicted.activation)
    writer.add(schema.Tag("predictions"), 0, record, schema.Content("predictions"))


def write_drift(
    writer: RunWriter,
    drifts: Mapping[tuple[str, str], Drifted],
    reference: str,
    role: Role,
) -> None:
    """Writes the drift of the model's maps from those of the reference, a run of that name."""
    for (name, layer), drift in drifts.items():
        record = schema.Drift(drift.values, drift.agrees, MEASURES, reference, role)
        content = schema.Content("drift", role=role)
        writer.add(schema.Tag("drift", name, layer), 0, record, content)


def write_quality(writer: RunWriter, quality: Mapping[tuple[str, str], Sequence[Measured]]) -> None:
    """Writes what metrics say of each sample's maps, as `Explain` does."""
    for (name, layer), measured in quality.items():
        tag = schema.Tag("trust", name, layer)
        writer.add(tag, 0, trust_record(measured, _NOW), schema.Content("trust"))


def write_fidelity(writer: RunWriter, fidelity: Fidelity, reference: str, role: Role) -> None:
    """Writes the fidelity of the model's predictions to those of the reference."""
    record = schema.Fidelity(fidelity.numbers, fidelity.flips, fidelity.counts, reference, role)
    content = schema.Content("fidelity", role=role)
    writer.add(schema.Tag("fidelity"), 0, record, content)


def write_paid(writer: RunWriter, records: Iterable[OfPayers | None]) -> None:
    """Writes who pays: what there is of classes and groups, of exemplars, and of shared masks."""
    for record in records:
        if record is not None:
            writer.add(schema.Tag(record.kind), 0, record, schema.Content(record.kind))


def write_weights(writer: RunWriter, weights: Weights, reference: str = "") -> None:
    """Writes what `Compression` writes after training, at step 0."""
    errors = weights.errors
    record = kernels_record(weights.numbers, weights.totals, weights.activities, _NOW, errors)
    if errors is not None:
        write_activations(errors, reference, _NOW, writer)
    settings = {"note": "; ".join(weights.notes)} if weights.notes else {}
    writer.add(schema.Tag("kernels"), 0, record, schema.Content("kernels", settings=settings))
    for numbers in weights.numbers:
        kernel = kernel_record(numbers, weights.activities.get(numbers.layer.path))
        if kernel is not None:
            content = schema.Content("kernel", shape=kernel.counts.shape)
            writer.add(schema.Tag("kernel", layer=numbers.layer.name), 0, kernel, content)


def _events(run: str, room: str) -> list[str]:
    folder = os.path.join(run, room)
    names = tf.io.gfile.listdir(folder) if tf.io.gfile.isdir(folder) else []
    return [os.path.join(folder, name) for name in names if "tfevents" in name]
