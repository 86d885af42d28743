"""Runs the validation rows of one `fit`, and writes the outputs of each epoch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tfexplain.callbacks.announce import tell
from tfexplain.callbacks.guard import Guard
from tfexplain.callbacks.step_clock import StepClock
from tfexplain.evaluation.dynamics import TrainingDynamics
from tfexplain.evaluation.evaluated import Evaluated
from tfexplain.reading.run_index import RunIndex
from tfexplain.runlog.background import answered
from tfexplain.runlog.naming import Naming
from tfexplain.runlog.pixel_records import PixelRows
from tfexplain.runlog.thumbnails import thumbnails
from tfexplain.runlog.validation_records import (
    MOST_CLASSES,
    ValidationRows,
    measured,
    validation_rows,
)
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.story.log_records import before_step
from tfexplain.wire import schema


@dataclass(frozen=True)
class PredictionsSettings:
    """Holds the arguments of `Predictions`; see there."""

    validation_data: Any
    rows: int
    every: int
    groups: Sequence[Any] | None
    class_names: Sequence[str]
    thumbnails: bool
    naming: Naming
    output: str | int | None
    write_scalars: bool
    verbose: bool | int


class PredictionsRun:
    """Holds everything one `fit` needs; made before its first batch, gone after its last.

    Args:
        choices: The arguments of `Predictions`.
        model: The built model.
        guard: Keeps failures of parts away from the rest.
        clock: When epochs are measured within; None where they are not.

    Raises:
        TfexplainError: unusable data, an output that has no labels.
    """

    def __init__(
        self,
        choices: PredictionsSettings,
        model: Any,
        guard: Guard,
        clock: StepClock | None = None,
    ) -> None:
        self._choices, self._guard = choices, guard
        rows = validation_rows(
            choices.validation_data,
            model,
            choices.rows,
            output=choices.output,
            groups=choices.groups,
            class_names=choices.class_names,
        )
        self._described = _described(rows, choices, clock)
        self._rows = replace(rows, record=replace(rows.record, settings=self._described))
        # Once before training: whatever cannot work shows now, and is compiled by now.
        start = Moment(0, 0, False, "epoch", None)
        totals = measured(self._rows, None, start).totals
        self.numbers = [f"predictions/{name}" for name in totals]
        self._thumbnails = None
        if choices.thumbnails:
            with guard.planning("thumbnails"):
                own = rows.traced_model, rows.inputs, rows.record.hashes
                self._thumbnails = thumbnails(*own, choices.naming)
        self._dynamics: TrainingDynamics | None = None
        self._written: float | None = None
        self._resumes = False

    def announce(self, writer: RunWriter, resumes: bool) -> None:
        """Prints what was chosen, and writes the rows; of a log that goes on, the sums so far
        are read where the first epoch is logged."""
        tag = schema.Tag("validation")
        writer.add(tag, 0, self._rows.record, schema.Content("validation"))
        if self._thumbnails is not None:
            tag = schema.Tag("thumbnails")
            writer.add(tag, 0, self._thumbnails, schema.Content("thumbnails"))
            self._thumbnails = None
        self._resumes = resumes
        if self._choices.verbose:
            tell("predictions", self._described, writer.directory)

    def at_epoch(
        self, now: Moment, logs: Mapping[str, Any], writer: RunWriter
    ) -> Mapping[str, float]:
        """Writes the outputs, where they are due; returns the totals."""
        totals: dict[str, float] = {}
        if now.last or now.epoch % self._choices.every == 0:
            with self._guard.watch("predictions", now.step):
                totals = self._log(now, writer)
        return {f"predictions/{name}": value for name, value in totals.items()}

    def at_end(self, now: Moment, writer: RunWriter) -> None:
        """Writes the last epoch where it was not due and training ended early."""
        if now.step != self._written and now.weights == now.step:
            with self._guard.watch("predictions", now.step):
                self._log(now, writer)

    def _log(self, now: Moment, writer: RunWriter) -> dict[str, float]:
        start, step, rows = time.perf_counter(), now.step, self._rows
        if self._resumes:
            self._resumes = False
            with self._guard.watch("epochs before", step):
                directory = Path(writer.directory)
                self._dynamics = answered(partial(_dynamics_of, directory, rows.record, step))
        found = measured(rows, self._dynamics, now)
        self._dynamics, kind = found.seen, found.record.kind
        writer.add(schema.Tag(kind), step, found.record, schema.Content(kind))
        if self._choices.write_scalars:
            for name, value in found.totals.items():
                writer.add_scalar(f"predictions/{name}", step, value)
        seconds = {"Predictions": time.perf_counter() - start}
        status = schema.Status(seconds, self._guard.problems)
        writer.add(schema.Tag("status"), step, status, schema.Content("status"))
        self._written = step
        return found.totals


def _described(
    rows: ValidationRows | PixelRows, choices: PredictionsSettings, clock: StepClock | None
) -> dict[str, str]:
    record = rows.record
    told = {
        "rows": f"{len(record.labels)} of {record.total:,} of the validation data, by their hashes",
        "output": _output_text(rows),
        "labels": "values" if record.label_kind == "value" else f"{record.classes:,} classes",
        "epochs": clock.text if clock else f"every {choices.every}, and the last",
    }
    if record.classes > MOST_CLASSES and record.activation == "softmax":
        told["kept"] = "the likeliest classes of each row, and its label's"
    if record.group_names:
        told["groups"] = ", ".join(record.group_names)
    return told


def _output_text(rows: ValidationRows | PixelRows) -> str:
    if isinstance(rows, PixelRows):
        return f"{rows.output.name!r}, classes of {rows.labels.shape[1]:,} positions"
    return f"{rows.output.name!r}, {rows.unit}s"


def _dynamics_of(directory: Path, rows: schema.Validation, step: float) -> TrainingDynamics | None:
    """Returns the sums over the epochs that a log holds before a step, of the same rows."""
    records = RunIndex(directory.parent, [directory.name]).records()
    logged = [record for _, series in records.series(schema.Outputs) for record in series]
    found, before = before_step(logged, step), records.last(schema.Validation)
    if found is None or before is None or before[1].hashes.tolist() != rows.hashes.tolist():
        return None
    return Evaluated(rows, found).dynamics()
