"""Logs what a model uses in general, in a few epochs of one `fit`."""

from __future__ import annotations

import time
from typing import Any

from tfexplain.callbacks.few_epochs import FewEpochs
from tfexplain.callbacks.guard import Guard
from tfexplain.model.outputs import ModelOutput
from tfexplain.runlog.exchange_plan import EPOCHS, exchange_epochs
from tfexplain.runlog.importance_plan import ImportancePlan
from tfexplain.runlog.settings import ExplainSettings
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter


class ImportanceRun:
    """Holds when importance is measured, and keeps failures of its pieces from each other.

    Args:
        settings: The arguments of `Explain`, `importance` among them.
        model: The built model.
        output: Its explained output.
        guard: Keeps failures away from training.
        epochs: How many epochs there are; None where that is not known.
        every: Whether it is measured in every explained epoch.

    Attributes:
        text: What was decided, for people.
    """

    def __init__(
        self,
        settings: ExplainSettings,
        model: Any,
        output: ModelOutput,
        guard: Guard,
        epochs: int | None,
        *,
        every: bool,
    ) -> None:
        self._guard = guard
        self._plan = ImportancePlan(settings, model, output)
        for name in self._plan.known:
            with guard.planning(f"importance: {name}"):
                self._plan.add(name)
        few = exchange_epochs(epochs, EPOCHS) if epochs else [0]
        self._epochs = FewEpochs(None if every else few)
        self.text = f"{self._plan.text}; {self._epochs.text}"

    def due(self, now: Moment) -> bool:
        """Returns whether it is measured at this time, which is explained."""
        return self._epochs.due(now)

    def write(self, now: Moment, writer: RunWriter) -> dict[str, float]:
        """Measures with the weights as they are now, and writes the records; returns seconds."""
        seconds = {}
        for name in self._plan.pieces:
            start = time.perf_counter()
            with self._guard.watch(name, now.step):
                for tag, record, content in self._plan.records(name, now):
                    writer.add(tag, now.step, record, content)
            seconds[name] = time.perf_counter() - start
        self._epochs.done(now)
        return seconds
