"""Measures the health of one `fit`: runs the rows, and writes the numbers of each epoch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tfexplain.callbacks.announce import tell
from tfexplain.callbacks.guard import Guard
from tfexplain.callbacks.step_clock import StepClock, iterations
from tfexplain.compression.distribution import BINS
from tfexplain.data.validation import Rows
from tfexplain.errors import TfexplainError
from tfexplain.health.batch import HealthBatch, health_batch
from tfexplain.health.layers import HealthLayer, half_of_weights, health_layers
from tfexplain.health.measure import HealthPass, measure
from tfexplain.health.numbers import LEAST_ROWS, TOTALS, by_layer, totals
from tfexplain.health.training_loss import loss_text, training_loss
from tfexplain.health.updates import KeptWeights, Moved
from tfexplain.reading.run_index import RunIndex
from tfexplain.runlog.background import answered
from tfexplain.runlog.health_records import Since, dead_since, health_record, units_record
from tfexplain.runlog.kernel_records import buckets
from tfexplain.runlog.structure_record import structure_record, write_structure
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.story.log_records import before_step
from tfexplain.wire import schema

_HISTOGRAMS = {
    "activations": "Activations on the validation batch, with training=True.",
    "gradients": "Gradients of the loss of the validation batch.",
}


@dataclass(frozen=True)
class HealthSettings:
    """Holds the arguments of `Health`; see there."""

    validation_data: Any
    every: int
    samples: int
    class_weight: Mapping[int, float] | None
    write_scalars: bool
    write_histograms: bool
    verbose: bool | int


class HealthRun:
    """Holds everything one `fit` needs; made before its first batch, gone after its last.

    Args:
        choices: The arguments of `Health`.
        model: The built model.
        guard: Keeps failures of parts away from the rest.
        clock: When epochs are measured within; None where they are not.
        rows: The rows, where the data were read already.

    Raises:
        TfexplainError: a model without layers to measure, unusable data.
    """

    def __init__(
        self,
        choices: HealthSettings,
        model: Any,
        guard: Guard,
        clock: StepClock | None = None,
        rows: Rows | None = None,
    ) -> None:
        self._choices, self._guard, self._clock = choices, guard, clock
        self._batch: HealthBatch = health_batch(
            model, choices.validation_data, choices.samples, choices.class_weight, rows
        )
        self._layers = health_layers(self._batch.traced_model)
        if not self._layers:
            raise TfexplainError(
                "model: expected a layer with weights or an activation function; got none. Leave "
                "Health out."
            )
        self._loss = training_loss(model)
        self._in_float32 = False
        # Once before training: whatever cannot work shows now, and is compiled by now.
        first = self._first_pass()
        self._keep(model.trainable_variables)
        self._steps = iterations(model)
        self._since: dict[str, Since] = {}
        self._resumes = False
        self._written: float | None = None
        self._described = self._settings(model, first)
        self._structure: schema.Structure | None = None
        with guard.planning("structure"):
            self._structure = structure_record(self._batch.traced_model)
        self.numbers = [f"health/{name}" for name in TOTALS]

    def announce(self, writer: RunWriter, resumes: bool) -> None:
        """Prints what was chosen, and writes the model's structure; of a log that goes on, it is
        read at the first measurement since when units are dead."""
        write_structure(self._structure, writer)
        self._resumes = resumes
        if self._choices.verbose:
            tell("health", self._described, writer.directory)

    def at_epoch(
        self, now: Moment, logs: Mapping[str, Any], writer: RunWriter
    ) -> Mapping[str, float]:
        """Writes all numbers, where they are due; returns the totals."""
        measured: dict[str, float] = {}
        if now.last or now.epoch % self._choices.every == 0:
            with self._guard.watch("health", now.step):
                measured = self._log(now, writer)
        return {f"health/{name}": value for name, value in measured.items()}

    def at_end(self, now: Moment, writer: RunWriter) -> None:
        """Writes the last epoch where it was not due and training ended early."""
        if now.step != self._written and now.weights == now.step:
            with self._guard.watch("health", now.step):
                self._log(now, writer)

    def _first_pass(self) -> HealthPass:
        remedy = "Activations and updates are measured."
        why = _no_gradients(self._batch, self._loss, self._layers)
        found: list[HealthPass] = []
        if not why:
            with self._guard.planning("gradients", remedy):
                found.append(self._pass())
        else:
            self._guard.leave_out("gradients", f"{why} {remedy}")
        if not found:
            self._loss = None
            return self._pass()
        if self._batch.weightless:
            self._guard.tell(
                "gradients",
                f"the weights of all {self._batch.count} rows are zero, and so are gradients. "
                "Pass validation data with other weights.",
            )
        if any(layer.half == "float16" for layer in self._layers):
            with self._guard.planning("gradient underflow", "All else is measured."):
                found.append(self._pass(in_float32=True))
                self._in_float32 = True
        return found[-1]

    def _pass(self, in_float32: bool = False) -> HealthPass:
        batch = self._batch
        given = batch.inputs, batch.labels, batch.weights
        own = batch.traced_model, self._layers, self._loss
        return measure(*own, *given, in_float32=in_float32)

    def _log(self, now: Moment, writer: RunWriter) -> dict[str, float]:
        start, step, model = time.perf_counter(), now.step, self._batch.traced_model.model
        if self._resumes:
            self._resumes = False
            with self._guard.watch("dead units", step):
                self._since = answered(partial(_since_of, Path(writer.directory), step))
        variables = model.trainable_variables
        moved = self._moved(variables)
        made = iterations(model)
        steps, self._steps = max(0, made - self._steps), made
        found = self._pass(self._in_float32)
        sizes = [int(np.prod(variable.shape)) for variable in variables]
        layers = by_layer(self._layers, found, sizes, moved, self._batch.count)
        sums = totals(layers, found)
        record = health_record(layers, sums, steps, now)
        content = schema.Content("health", settings=self._described)
        writer.add(schema.Tag("health"), step, record, content)
        for layer in layers:
            path = layer.layer.path
            since = dead_since(layer.dead, self._since.get(path), step)
            self._since[path] = since
            tag = schema.Tag("units", layer=path)
            # Two histograms: by its shape the plugin bounds what it reads at once.
            content = schema.Content("units", shape=(2, BINS))
            writer.add(tag, step, units_record(layer, since), content)
            if self._choices.write_histograms:
                self._write_histograms(layer, path, step, writer)
        if self._choices.write_scalars:
            for name, value in sums.items():
                writer.add_scalar(f"health/{name}", step, value)
        seconds = {"Health": time.perf_counter() - start}
        status = schema.Status(seconds, self._guard.problems)
        writer.add(schema.Tag("status"), step, status, schema.Content("status"))
        self._written = step
        return sums

    def _keep(self, variables: Sequence[Any]) -> None:
        self._trained = [id(variable) for variable in variables]
        halves = half_of_weights(self._layers, len(variables))
        self._kept = KeptWeights(variables, halves=halves)

    def _moved(self, variables: Sequence[Any]) -> Moved | None:
        """How far weights moved; None where others are to be trained than at the last measurement,
        as when a callback freezes layers, whose places are found anew then."""
        if self._trained == [id(variable) for variable in variables]:
            return self._kept.moved()
        self._layers = health_layers(self._batch.traced_model)
        self._keep(variables)
        return None

    def _write_histograms(self, layer: Any, path: str, step: float, writer: RunWriter) -> None:
        for name, text in _HISTOGRAMS.items():
            spread = getattr(layer, name)
            if spread is not None:
                writer.add_histogram(f"{name}/{path}", step, buckets(spread), text)

    def _settings(self, model: Any, first: HealthPass) -> dict[str, str]:
        batch, kept = self._batch, self._kept.every
        weighted, classes = batch.weights is not None, self._choices.class_weight is not None
        by_sample = f"; one in {kept} weights is compared" if kept > 1 else ""
        told = {
            "layers": f"{len(self._layers)}",
            "rows": f"{batch.count} of the validation data",
            "loss": "none"
            if self._loss is None
            else loss_text(model, weighted and not classes, classes),
            "updates": f"from one measurement to the next{by_sample}",
            "epochs": f"every {self._choices.every}, and the last",
        }
        if self._clock is not None:
            told["epochs"] = self._clock.text
        if batch.count < LEAST_ROWS:
            told["dead units"] = f"not counted on fewer than {LEAST_ROWS} rows"
        if first.scale != 1:
            told["loss scale"] = f"{first.scale:g} before training"
        return told


def _no_gradients(batch: HealthBatch, loss: Any, layers: Sequence[HealthLayer]) -> str:
    """Returns why no gradients can be measured; "" where they can."""
    if loss is None:
        return "training runs a train_step of the model's own, and no loss is compiled."
    flat = (layer for layer in layers if layer.layer_type == "BatchNormalization")
    shapes = {call.path: call.shape for call in batch.traced_model.layer_calls}
    if batch.count == 1 and any(len(shapes[call]) == 1 for layer in flat for call in layer.calls):
        return (
            "validation_data: expected two rows or more, for batch normalization makes zeros of "
            "one; got 1. Pass more rows."
        )
    return ""


def _since_of(directory: Path, step: float) -> dict[str, Since]:
    """Returns since when units are dead by layer, as a log says last before a step."""
    records = RunIndex(directory.parent, [directory.name]).records()
    found = {tag.layer: before_step(own, step) for tag, own in records.series(schema.Units)}
    return {layer: record.dead_since for layer, record in found.items() if record is not None}
