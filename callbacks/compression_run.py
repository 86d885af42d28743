"""Measures the compression of one `fit`: reads the kernels, and writes their numbers each epoch."""

from __future__ import annotations

import time
import weakref
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tfexplain import compression
from tfexplain.callbacks.announce import tell
from tfexplain.callbacks.guard import Guard
from tfexplain.callbacks.step_clock import StepClock
from tfexplain.compression import ActivationErrors, LayerNumbers, LayerWeights
from tfexplain.compression.churn import KeptBits
from tfexplain.compression.numbers import unmeasured
from tfexplain.compression.totals import NUMBERS
from tfexplain.runlog.activation_records import OWN_FLOATS, write_activations
from tfexplain.runlog.kernel_records import Activities, buckets, kernel_record, kernels_record
from tfexplain.runlog.structure_record import structure_record, write_structure
from tfexplain.runlog.unit_activity import Activity
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema

_HISTOGRAM = "Weights as the layer computes with them: after mask and quantization."


@dataclass(frozen=True)
class CompressionSettings:
    """Holds the arguments of `Compression`; see there."""

    validation_data: Any
    reference: Any
    every: int
    samples: int
    seed: int
    measured: compression.Settings
    write_scalars: bool
    write_histograms: bool
    verbose: bool | int


class CompressionRun:
    """Holds everything one `fit` needs; made before its first batch, gone after its last.

    Args:
        choices: The arguments of `Compression`.
        model: The built model.
        guard: Keeps failures of single kernels away from the rest.
        hint: Further remedy where the model cannot be called.
        clock: When epochs are measured within; None where they are not.

    Raises:
        TfexplainError: a model without weights, a reference that does not fit, unusable data.
    """

    def __init__(
        self,
        choices: CompressionSettings,
        model: Any,
        guard: Guard,
        hint: str = "",
        clock: StepClock | None = None,
    ) -> None:
        self._choices, self._guard, self._clock = choices, guard, clock
        # Weak, because a training that was interrupted leaves this behind.
        self._model = weakref.ref(model)
        self._activity: Activity | None = None
        self._structure: schema.Structure | None = None
        if choices.validation_data is not None:
            remedy = f"Pass rows that the model takes, or no validation_data=. {hint}".strip()
            with guard.planning("activity", remedy):
                data, samples, seed = choices.validation_data, choices.samples, choices.seed
                self._activity = Activity(model, data, samples, seed)
        if self._activity is not None:
            with guard.planning("structure"):
                self._structure = structure_record(self._activity.traced_model)
        self._kept: dict[str, KeptBits] = {}
        self._totals: dict[str, float] = {}
        self._last: dict[str, LayerNumbers] = {}
        layers = self._read()
        if not layers:
            raise compression.WeightsError(
                f"model={model.name!r}: expected a layer with a kernel; it has none, so there is "
                "nothing to compress. Leave Compression out."
            )
        for layer in layers:
            if layer.broken:
                guard.leave_out(f"kernel {layer.name}", f"{layer.layer_type} {layer.note}.")
        self._settings = self._described(layers)
        self.numbers = [
            f"{_folder(part)}/{name}"
            for part in dict.fromkeys(layer.part for layer in layers)
            for name in NUMBERS
        ]

    def announce(self, writer: RunWriter, resumes: bool) -> None:
        """Prints what was chosen, and writes the model's structure."""
        write_structure(self._structure, writer)
        if self._choices.verbose:
            tell("compression", self._settings, writer.directory)

    def at_epoch(
        self, now: Moment, logs: Mapping[str, Any], writer: RunWriter
    ) -> Mapping[str, float]:
        """Writes all numbers, where they are due; returns the totals."""
        self._totals = {}
        if now.epoch % self._choices.every == 0:
            self._guarded(now, writer)
        return self._totals

    def at_end(self, now: Moment, writer: RunWriter) -> None:
        """Writes all numbers once more, in place of the last epoch's.

        Weights may have been restored, and masks applied.
        """
        self._guarded(now, writer)

    def _guarded(self, now: Moment, writer: RunWriter) -> None:
        with self._guard.watch("compression", now.step):
            self._log(now, writer)

    def _log(self, now: Moment, writer: RunWriter) -> None:
        start, step = time.perf_counter(), now.step
        layers = self._read()
        if now.kind == "end":
            layers = [self._with_mask(layer) for layer in layers]
        numbers = self._measure(layers, now)
        activities: Activities = {}
        if self._activity is not None:
            with self._guard.watch("activity", step):
                activities = self._activity.measure()
        errors = self._compared(layers, now, writer)
        totals = compression.total(numbers)
        record = kernels_record(numbers, totals, activities, now, errors)
        content = schema.Content("kernels", settings=self._settings)
        writer.add(schema.Tag("kernels"), step, record, content)
        for layer_numbers in numbers:
            self._write_kernel(layer_numbers, activities, step, writer)
        for part, total in totals.items():
            for name, value in total.scalars().items():
                self._totals[f"{_folder(part)}/{name}"] = value
                if self._choices.write_scalars:
                    said = f"Over {total.denominator}."
                    writer.add_scalar(f"{_folder(part)}/{name}", step, value, said)
        seconds = {"Compression": time.perf_counter() - start}
        status = schema.Status(seconds, self._guard.problems)
        writer.add(schema.Tag("status"), step, status, schema.Content("status"))
        if self._choices.verbose == 2:
            print(f"tfexplain: {now.name} measured in {seconds['Compression']:.2f} s")

    def _compared(
        self, layers: Sequence[LayerWeights], now: Moment, writer: RunWriter
    ) -> ActivationErrors | None:
        """Writes activations beside the float model's, where one is known; returns them."""
        errors, reference = None, self._choices.reference
        if self._activity is not None and self._float_model(layers):
            with self._guard.watch("activation errors", now.step):
                rows = self._activity.inputs
                errors = compression.activation_errors(self._model(), reference, rows)
                write_activations(errors, self._float_name, now, writer)
        return errors

    def _float_model(self, layers: Sequence[LayerWeights]) -> bool:
        """Returns whether a model is quantized, and a float one known to compare it with."""
        known = self._choices.reference is not None or any(one.mode == "qat" for one in layers)
        return known and any(layer.has_codes for layer in layers)

    def _activations_told(self, layers: Sequence[LayerWeights]) -> dict[str, str]:
        if self._activity is None or not any(layer.has_codes for layer in layers):
            return {}
        known = f"beside those of {self._float_name}"
        unknown = "not compared; pass reference=, the model before it was quantized"
        return {"activations": known if self._float_model(layers) else unknown}

    @property
    def _float_name(self) -> str:
        return OWN_FLOATS if self._choices.reference is None else "the reference"

    def _read(self) -> list[LayerWeights]:
        # Anew each time: a model that is quantized while it trains has other variables then.
        shapes = None if self._activity is None else self._activity.shapes
        return compression.read(self._model(), self._choices.reference, shapes)

    def _with_mask(self, layer: LayerWeights) -> LayerWeights:
        """Returns a kernel with the mask of the last epoch, which may have been taken off since.

        `MagnitudePruning` does so when training ends, and may stand before this callback.
        """
        last = self._last.get(layer.name)
        masked = last is not None and last.layer.mode == "pruning" and layer.mode == "float"
        if last is not None and masked and last.layer.variable is layer.variable:
            return last.layer
        return layer

    def _measure(self, layers: Sequence[LayerWeights], now: Moment) -> list[LayerNumbers]:
        settings = self._choices.measured.decided(sum(layer.size for layer in layers))
        measured: list[LayerNumbers] = []
        for layer in layers:
            numbers = LayerNumbers(layer)
            # Taken out, so that the bits of one kernel only are there twice.
            kept = self._kept.pop(layer.name, None)
            with self._guard.watch(f"kernel {layer.name}", now.step):
                try:
                    numbers = compression.measure(layer, settings, kept)
                except Exception as error:
                    numbers = unmeasured(layer, error)
                    raise
            if numbers.kept is not None:
                self._kept[layer.name] = numbers.kept
            before = self._last.get(layer.name)
            if now.kind == "end" and before is not None and numbers.churn == 0:
                # Nothing moved since the last epoch, whose churn is the one to keep.
                numbers = replace(numbers, churn=before.churn)
            measured.append(replace(numbers, kept=None))
        self._last = {numbers.layer.name: numbers for numbers in measured}
        return measured

    def _write_kernel(
        self, numbers: LayerNumbers, activities: Activities, step: float, writer: RunWriter
    ) -> None:
        record = kernel_record(numbers, activities.get(numbers.layer.path))
        if record is not None:
            tag = schema.Tag("kernel", layer=numbers.layer.name)
            writer.add(tag, step, record, schema.Content("kernel", shape=record.counts.shape))
        if self._choices.write_histograms and numbers.histogram is not None:
            name = f"weights/{numbers.layer.name}"
            writer.add_histogram(name, step, buckets(numbers.histogram), _HISTOGRAM)

    def _described(self, layers: Sequence[LayerWeights]) -> dict[str, str]:
        kernels = [layer for layer in layers if layer.role == "kernel"]
        modes = Counter(layer.mode for layer in kernels)
        others = len(layers) - len(kernels)
        measured, activity = self._choices.measured, self._activity
        pattern = measured.pattern
        return {
            "kernels": f"{len(kernels)}: "
            + ", ".join(f"{n} {mode}" for mode, n in modes.items())
            + (f"; {others} weights of unknown role beside them" if others else ""),
            "pattern": f"{pattern.n}:{pattern.m} on the input axis, blocks of "
            f"{pattern.block[0]} x {pattern.block[1]}",
            "activity": "not measured; pass validation_data= to see dead units"
            if activity is None
            else f"on {activity.samples} of {activity.total} samples",
            **self._activations_told(layers),
            "epochs": f"every {self._choices.every}, and once more after training"
            if self._clock is None
            else f"{self._clock.text}; and once more after training",
        }


def _folder(part: str) -> str:
    return f"compression/{part}" if part else "compression"
