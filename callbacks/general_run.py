"""Logs what a model uses in general, over many rows, in a few epochs of one `fit`."""

from __future__ import annotations

import time

from tfexplain.callbacks.few_epochs import FewEpochs, Once
from tfexplain.callbacks.guard import Guard
from tfexplain.runlog.general_plan import GeneralPlan
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter


class GeneralRun:
    """Holds when something is measured over many rows, and keeps failures of its pieces apart.

    Args:
        name: What it is, as the argument of `Explain` is called.
        plan: The rows, and what is measured.
        guard: Keeps failures away from training.
        epochs: In which epochs.

    Attributes:
        name: What it is.
        text: What was decided, for people.
    """

    def __init__(
        self, name: str, plan: GeneralPlan, guard: Guard, epochs: FewEpochs | Once
    ) -> None:
        self.name, self._plan, self._guard, self._epochs = name, plan, guard, epochs
        for piece in plan.known:
            with guard.planning(f"{name}: {piece}"):
                plan.add(piece)
        self.text = f"{plan.text}; {epochs.text}"

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
