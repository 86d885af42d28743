"""Tells at which training steps within an epoch something is measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from tfexplain.checks import check_verbose, check_whole, is_whole
from tfexplain.errors import TfexplainError
from tfexplain.model.keras_private import steps_per_execution
from tfexplain.model.preserved_state import one_copy
from tfexplain.runlog.background import answered
from tfexplain.runlog.directory import counts_finely
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire.clock import rounded


def check_settings(settings: Any, every_steps: int | None, *counts: str) -> None:
    """Raises for wrong settings: `verbose`, how often it measures, and what else is counted."""
    check_verbose(settings.verbose)
    check_every_steps(every_steps, every=None if settings.every == 1 else settings.every)
    for argument in ("every", *counts):
        check_whole(argument, getattr(settings, argument))


def check_every_steps(every_steps: int | None, **others: object) -> None:
    """Raises TfexplainError for a number of steps that no training could follow.

    Args:
        every_steps: The argument; None where only ends of epochs are measured.
        others: Other arguments that choose epochs, None where they were not given.
    """
    check_whole("every_steps", every_steps, optional=True)
    given = [f"{name}={value!r}" for name, value in others.items() if value is not None]
    if every_steps is not None and given:
        raise TfexplainError(
            f"every_steps={every_steps}: expected no other choice of epochs beside it, for the end "
            f"of every epoch is measured as well; got {', '.join(given)}. Leave one of them out."
        )


@dataclass(frozen=True)
class StepClock:
    """Divides epochs into parts of so many training steps.

    Attributes:
        every: Steps from one measurement to the next; the first of an epoch is after so many.
        steps: Steps of an epoch.
        execution: Steps that Keras runs at once, at the end of which callbacks are called.
    """

    every: int
    steps: int
    execution: int = 1

    @property
    def per_epoch(self) -> int:
        """How many times an epoch is measured, its end included."""
        return (self.steps - 1) // max(self.every, self.execution) + 1

    @property
    def text(self) -> str:
        """The choice in words."""
        told = f"every {self.every:,} steps of the {self.steps:,} of an epoch, and at its end"
        if self.execution == 1:
            return told
        return f"{told}; at the end of an execution, which is {self.execution:,} steps"

    def due(self, epoch: int, batch: int) -> float | None:
        """Returns the step of the log where something is due after a batch, else None.

        Needs no memory of the batches before, so that an epoch that is resumed in its middle is
        measured at the same places.

        Args:
            epoch: Its number in the log.
            batch: What Keras tells when batches end: the last of an execution, or, in old versions,
                the first.
        """
        done = (batch // self.execution + 1) * self.execution
        if done // self.every == (done - self.execution) // self.every or done >= self.steps:
            return None
        return rounded(epoch - 1 + done / self.steps)


def step_clock(every_steps: int | None, params: Any, model: Any) -> StepClock | None:
    """Returns the clock of a `fit`; None where only ends of epochs are measured.

    Raises:
        TfexplainError: nobody tells how many steps an epoch has.
    """
    if every_steps is None:
        return None
    steps = (params or {}).get("steps")
    if not (is_whole(steps) and steps > 0):
        raise TfexplainError(
            f"every_steps={every_steps}: expected a training that tells how many steps an epoch "
            f"has; got steps={steps!r}. Pass steps_per_epoch= to fit, or a data set of known "
            "length: dataset.apply(tf.data.experimental.assert_cardinality(batches))."
        )
    return StepClock(int(every_steps), int(steps), max(1, steps_per_execution(model)))


def count_finely(writer: RunWriter, clock: StepClock | None, params: Any) -> None:
    """Has a writer count fractions of epochs, where there are any now or in a log that goes on."""
    if clock is not None:
        writer.count_finely(clock.steps, clock.per_epoch)
    elif answered(partial(counts_finely, writer.directory)):
        writer.count_finely((params or {}).get("steps") or 1, 1)


def iterations(model: Any) -> int:
    """Returns how many steps the optimizer has made; 0 where that is not known."""
    made = getattr(getattr(model, "optimizer", None), "iterations", None)
    return 0 if made is None else int(one_copy(made).numpy())
