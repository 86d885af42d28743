"""Explains one `fit`: writes each epoch, so that one failure takes no other down."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np

from tfexplain.attribution import Attribution
from tfexplain.callbacks.alarm import Alarm
from tfexplain.callbacks.announce import tell
from tfexplain.callbacks.cost_line import cost_line
from tfexplain.callbacks.counted_passes import Fewer, fewer, other_class_text, rows_between
from tfexplain.callbacks.drift_reference import Reference
from tfexplain.callbacks.exchange_run import ExchangeRun
from tfexplain.callbacks.fit_frame import Rows
from tfexplain.callbacks.general_runs import general_runs
from tfexplain.callbacks.guard import Guard
from tfexplain.callbacks.map_numbers import map_numbers
from tfexplain.callbacks.memory_backoff import MemoryBackoff
from tfexplain.callbacks.region_run import LoggedMasks, RegionRun
from tfexplain.callbacks.sanity_run import SanityRun
from tfexplain.callbacks.schedule import Schedule, Scheduler
from tfexplain.callbacks.start_maps import StartMaps
from tfexplain.callbacks.step_clock import StepClock
from tfexplain.callbacks.trust_run import TrustRun
from tfexplain.quality.similarity import MEASURES
from tfexplain.runlog.attribution_records import sheet_png
from tfexplain.runlog.place_probe import PlaceProbe
from tfexplain.runlog.plan import ExplainPlan, Found
from tfexplain.runlog.settings import ExplainSettings
from tfexplain.runlog.structure_record import structure_record, write_structure
from tfexplain.runlog.summary_text import describe
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema

_OVERLAYS = "Inputs and overlays; the scale of each epoch is written beside them."


class ExplainRun:
    """Holds everything one `fit` needs; made before its first batch, gone after its last.

    Args:
        settings: The arguments of `Explain`.
        model: The built model.
        guard: Keeps failures of single explainers away from the rest.
        reference: Reference of drift; kept over several fits.
        scheduler: Chooses the epochs and accounts for their time; kept over several fits.
        rows: What an epoch trains on, where that is known.
        epochs: How many epochs `fit` was asked for, where that is known.
        clock: When epochs are explained within; None where they are not.
        start: Maps that training begins with; kept over several fits.
        masks: Masks of regions that logs hold; kept over several fits.
        alarm: What listens to the records of the log; kept over several fits.
        teacher: The model that this one learns from, where there is one.

    Raises:
        TfexplainError: data, labels, layers or shapes that cannot work, found by explaining once.
    """

    def __init__(
        self,
        settings: ExplainSettings,
        model: Any,
        guard: Guard,
        reference: Reference,
        scheduler: Scheduler,
        rows: Rows | None,
        epochs: int | None,
        clock: StepClock | None = None,
        start: StartMaps | None = None,
        masks: LoggedMasks | None = None,
        alarm: Alarm | None = None,
        teacher: Any = None,
    ) -> None:
        self._settings, self._guard, self._reference = settings, guard, reference
        self._scheduler = scheduler
        self._alarm = alarm or Alarm("warn", guard)
        probe = PlaceProbe()
        with probe.reading():
            self._explaining = ExplainPlan(settings, model)
        self.explained: list[float] = []
        self._logs: Mapping[str, Any] = {}
        self._seconds: dict[str, float] = {}
        self._of_epoch = Counter[str]()
        self._told: list[schema.Problem] = []
        # Once before training: whatever cannot work shows now, and is compiled by now.
        self._portions = MemoryBackoff(self._explaining, guard)
        first = self._portions.begin()
        self._fewer, between = Fewer(), rows_between(rows, clock)
        if settings.explainers is None:
            self._fewer = fewer(self._explaining.explainers, first, between, scheduler.when)
            self._portions.limit(self._fewer.nodes)
        if self._fewer.expensive:
            # Most epochs run the others only: a shared pass of its own, to be compiled by now too.
            self._portions.run(0, frozenset(self._explaining.explainers) - self._fewer.expensive)
        with guard.planning("drift"):
            reference.begin(self._explaining, first, teacher)
        for what, why in self._explaining.left_out.items():
            guard.leave_out(what, why)
        if other := self._explaining.disagreement(first):
            guard.tell("predictions", other)
        self._layers = self._explaining.layers(first)
        self._similarities = map_numbers(self._explaining.shown(first), "similarity")
        self._choices = describe(self._explaining, first) | {
            "epochs": _times(scheduler.when, clock),
            "drift": reference.text,
        }
        if two := self._explaining.of_two_classes:
            asked = "true" if settings.targets == "predicted" else "predicted"
            count = len(self._explaining.batch.rows)
            self._choices["wrong samples"] = other_class_text(two, asked, count, between)
        self._structure: schema.Structure | None = None
        with guard.planning("structure"):
            self._structure = structure_record(self._explaining.traced_model)
        if self._fewer.text:
            self._choices["fewer passes"] = self._fewer.text
        self._exchanging: ExchangeRun | None = None
        # What nobody named may not take the rest down.
        with nullcontext() if settings.exchange else guard.planning("Exchange"):
            by_budget = scheduler.when.budget is not None
            self._exchanging = ExchangeRun(
                settings, model, self._explaining, None if by_budget else rows, epochs
            )
        if self._exchanging and self._exchanging.text:
            self._choices["Exchange"] = self._exchanging.text
        every = scheduler.when.epochs is not None
        output = self._explaining.output
        self._general = general_runs(settings, model, output, guard, epochs, every=every)
        self._choices |= {run.name: run.text for run in self._general}
        places: Mapping[str, schema.Places] = {}
        with guard.planning("places where labels can be read alone"):
            places = probe.places(self._explaining, model)
        self._trust: TrustRun | None = None
        with nullcontext() if settings.quality else guard.planning("trust"):
            judged = (start or StartMaps(), self._explaining, first, settings.quality, guard)
            self._trust = TrustRun(*judged, epochs, every=every, places=places)
        if self._trust and self._trust.text:
            self._choices["quality"] = self._trust.text
        self._sanity = SanityRun(self._explaining, first) if settings.sanity else None
        if self._sanity:
            self._choices["sanity"] = self._sanity.text
        self._regions: RegionRun | None = None
        if settings.regions is not None:
            self._regions = RegionRun(self._explaining, first, masks or LoggedMasks())
            self._choices["regions"] = self._regions.text
        self._numbers: dict[str, float] = {}
        self.numbers = [
            *(self._regions.numbers if self._regions else ()),
            *(self._trust.numbers if self._trust else ()),
            *(self._similarities.values() if reference.wanted else ()),
            *(self._exchanging.numbers if self._exchanging else ()),
        ]

    def announce(self, writer: RunWriter, resumes: bool) -> None:
        """Prints what was chosen, and writes what never changes: settings, labels, pictures."""
        writer.heard = self._alarm.hear
        if resumes:
            with self._guard.watch("drift", 0):
                self._reference.resume(self._explaining, writer.directory)
        with self._guard.watch("samples", 0):
            self._explaining.write_constant(self._choices, self._layers, writer)
            write_structure(self._structure, writer)
        with self._guard.watch("teacher", 0):
            self._reference.announce_teacher(writer)
        if self._trust:
            with self._guard.watch("trust", 0):
                self._trust.announce(writer, resumes)
        if self._regions:
            with self._guard.watch("regions", 0):
                self._regions.announce(writer, resumes)
        if self._settings.verbose:
            tell("explaining", self._choices, writer.directory)

    def at_epoch(
        self, now: Moment, logs: Mapping[str, Any], writer: RunWriter
    ) -> Mapping[str, float]:
        """Writes explanations, where they are due; returns similarities and what is followed."""
        self._logs, self._numbers = dict(logs), {}
        if self._names(now) and self._scheduler.due(now.epoch, now.step, now.last):
            self._guarded(now, writer)
            self._alarm.check(now.step)
        elif not self._scheduler.when.chosen:
            # Methods that were chosen by default may be too expensive for an epoch that this was
            # asked for.
            self._measure(now, writer)
        return self._numbers

    def epoch_begins(self) -> None:
        """Begins to count the seconds of an epoch."""
        self._of_epoch.clear()

    def tell_costs(self, explaining: float, whole: float) -> None:
        """Prints what explaining took of the last epoch, whose progress bar is done."""
        if not self._settings.verbose or not self.explained:
            return
        epoch, scheduler = f"epoch {math.ceil(self.explained[-1])}", self._scheduler
        if self._settings.verbose == 2:
            print(f"tfexplain: {epoch} explained in {explaining:.2f} s")
        if not scheduler.first_cost_told:
            scheduler.first_cost_told = True
            first = scheduler.spending.epochs <= scheduler.per_epoch
            before = scheduler.setup if first else None
            parts = self._of_epoch
            print(cost_line(epoch, explaining, whole, before, parts, scheduler.when.by))

    def _names(self, now: Moment) -> frozenset[str]:
        """Returns the explainers that are due, where the epoch is."""
        names = frozenset(self._explaining.explainers)
        if now.last or now.kind == "end" or not self.explained:
            return names
        if now.step == self._reference.epoch:
            return names
        return names - self._fewer.skipped(now.epoch)

    def at_end(self, now: Moment, writer: RunWriter) -> None:
        """Explains the last epoch if that was not done, then writes costs and failures of all
        epochs."""
        step = now.step
        if step not in self.explained:
            self._seconds = {}
            if self._scheduler.due_at_end():
                self._guarded(now, writer)
        self._measure(now, writer)  # training may have ended before the last epoch
        if self._sanity:
            self._test_sanity(self._sanity, now, writer)
        # What failed after the last explanation was written, such as writing it, is not told yet.
        told = self._told == self._guard.problems and not self._sanity
        if step not in self.explained or not told:
            with self._guard.watch("status", step):
                self._write_status(step, writer)

    def _test_sanity(self, sanity: SanityRun, now: Moment, writer: RunWriter) -> None:
        start = time.perf_counter()
        with self._guard.watch("sanity", now.step):
            sanity.write(now, writer)
        self._seconds = self._seconds | {"sanity": time.perf_counter() - start}

    def _guarded(self, now: Moment, writer: RunWriter) -> None:
        with self._guard.watch("explain", now.step):
            self._explain(now, writer)

    def _explain(self, now: Moment, writer: RunWriter) -> None:
        """Explains the batch with the weights as they are now, and writes the records."""
        step = now.step
        self._scheduler.explains()
        explanations = self._portions.run(step, self._names(now))
        self.explained.append(step)
        self._explaining.write(explanations, now, self.explained, writer)
        seconds = {name: explanation.seconds for name, explanation in explanations.items()}
        start = time.perf_counter()
        with self._guard.watch("drift", step):
            self._write_drift(explanations, now, writer)
        with self._guard.watch("teacher", step):
            self._reference.write_teacher(now)
        seconds["drift"] = time.perf_counter() - start
        if self._trust:
            start = time.perf_counter()
            with self._guard.watch("trust", step):
                self._numbers |= self._trust.write(explanations, now, writer)
            seconds["trust"] = time.perf_counter() - start
        if self._regions:
            start = time.perf_counter()
            with self._guard.watch("regions", step):
                self._numbers |= self._regions.write(explanations, now, writer)
            seconds["regions"] = time.perf_counter() - start
        if self._settings.write_images and self._explaining.has_overlays:
            start = time.perf_counter()
            for name, explanation in explanations.items():
                with self._guard.watch(f"{name}: overlay", step):
                    self._write_overlay(name, explanation.attributions, step, writer)
            seconds["overlays"] = time.perf_counter() - start
        if self._exchanging and self._exchanging.due(now):
            start = time.perf_counter()
            with self._guard.watch("Exchange", step):
                self._numbers |= self._exchanging.write(now, writer)
            seconds["Exchange"] = time.perf_counter() - start
        self._seconds = seconds
        self._of_epoch.update(seconds)
        if not self._measure(now, writer):
            self._write_status(step, writer)

    def _measure(self, now: Moment, writer: RunWriter) -> bool:
        """Logs what the model uses in general, where that is due; returns whether it was."""
        due = [run for run in self._general if run.due(now)]
        if not due:
            return False
        for run in due:
            seconds = run.write(now, writer)
            self._seconds = self._seconds | seconds
            self._of_epoch.update(seconds)
        self._write_status(now.step, writer)
        return True

    def _write_status(self, step: float, writer: RunWriter) -> None:
        self._told = self._guard.problems
        status = schema.Status(self._seconds, self._told, self._scheduler.account())
        writer.add(schema.Tag("status"), step, status, schema.Content("status"))

    def _write_drift(self, explanations: Found, now: Moment, writer: RunWriter) -> None:
        shown = self._explaining.shown(explanations)
        for (name, layer), record in self._reference.compare(shown, now, self._logs).items():
            tag = schema.Tag("drift", name, layer)
            writer.add(tag, now.step, record, schema.Content("drift"))
            alike = record.values[:, MEASURES.index("spearman")]
            # What did not fit into memory before training may do so now, and has no name.
            if (name, layer) in self._similarities and np.isfinite(alike).any():
                self._numbers[self._similarities[name, layer]] = float(np.nanmean(alike))
        beside = self._reference.fidelity()
        if beside is not None:
            writer.add(schema.Tag("fidelity"), now.step, beside, schema.Content("fidelity"))

    def _write_overlay(
        self, name: str, attributions: Mapping[str, Attribution], step: float, writer: RunWriter
    ) -> None:
        for tag, sheet in self._explaining.overlays(name, attributions):
            writer.add_image(tag, step, *sheet_png(sheet), _OVERLAYS)


def _times(when: Schedule, clock: StepClock | None) -> str:
    """Returns when is explained, for people."""
    if clock is None:
        return when.text
    return clock.text if when.budget is None else f"{when.text}; {clock.text}"
