"""Chooses the epochs to explain: every so many, those asked for, or as a time budget allows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tfexplain.callbacks.step_clock import check_every_steps
from tfexplain.checks import check_whole, is_number, is_whole
from tfexplain.errors import TfexplainError
from tfexplain.wire import schema


@dataclass(frozen=True)
class Schedule:
    """Holds the arguments of `Explain` that choose epochs; see there."""

    every: int | None = None
    epochs: Sequence[int] | None = None
    budget: float | None = None
    every_steps: int | None = None

    @property
    def chosen(self) -> bool:
        """Whether the user chose epochs, in any way."""
        given = self.every, self.epochs, self.budget, self.every_steps
        return any(one is not None for one in given)

    @property
    def apart(self) -> int:
        """The least number of epochs from one explanation to the next."""
        return self.every or 1

    def check(self) -> None:
        """Raises ValueError for what no training could follow."""
        check_every_steps(self.every_steps, every=self.every, epochs=self.epochs)
        check_whole("every", self.every, optional=True)
        budget, epochs = self.budget, self.epochs
        if budget is not None and not (is_number(budget) and 0 < budget <= 1):
            raise TfexplainError(
                f"budget={budget!r}: expected a share of training time, above 0 and up to 1. "
                "Pass 0.05 for 5%."
            )
        if epochs is None:
            return
        if not isinstance(epochs, (tuple, list, range)) or not all(map(_is_epoch, epochs)):
            raise TfexplainError(
                f"epochs={epochs!r}: expected epochs, counted from 0. Pass them as in epochs=(0, "
                "5, 20)."
            )
        if self.apart != 1 or budget is not None:
            raise TfexplainError(
                f"epochs={epochs!r}: expected no other choice of epochs beside it; got "
                f"every={self.apart}, budget={budget}. Leave those out, or epochs=."
            )

    def check_reference(self, epoch: int) -> None:
        """Raises ValueError for an epoch that drift cannot be measured from."""
        if self.epochs is not None:
            known, some = (
                epoch in self.epochs,
                f"epochs={tuple(self.epochs)}. Add it, or pass one of them.",
            )
        else:
            # Under a budget an epoch that is asked for by its number is always explained.
            known = epoch >= 0 and (self.budget is not None or epoch % self.apart == 0)
            some = f"every {self.apart}. Pass a multiple of every={self.apart}."
        if not known:
            raise TfexplainError(
                f"reference={epoch}: expected an epoch that is explained, counted from 0; "
                f"those are {some}"
            )

    @property
    def by(self) -> str:
        """The argument that lowers what explaining takes."""
        if self.budget is not None:
            return "budget="
        return "every=" if self.every_steps is None else "every_steps="

    @property
    def text(self) -> str:
        """The choice in words."""
        if self.epochs is not None:
            return ", ".join([*map(str, sorted(set(self.epochs))), "and the last"])
        steps = f"{self.every_steps:,} steps" if self.every_steps else ""
        if self.budget is None:
            return f"every {steps or self.apart}, and the last"
        apart = f", at least {steps or self.apart} apart" if steps or self.apart > 1 else ""
        return f"as many as {_percent(self.budget)} of training time buys, first and last{apart}"


@dataclass
class TimeBudget:
    """Accounts for the seconds of training and explaining, and decides how a budget is kept.

    Attributes:
        training: Wall-clock time from the begin of the first epoch, explaining included.
        explaining: The part of `training` that explaining took.
        epochs: How many epochs `training` holds; where epochs are measured within, how many times
            something could be explained. So it is in all that follows.
        explained: How many of them were explained.
        dearest: Seconds of the longest explanation.
        beside: The part of `explaining` that went to epochs that are not explained: writing their
            metrics, waiting for a disk or for other workers.
        first: Seconds of the first epoch, which compiles and is no measure of the others.
    """

    training: float = 0.0
    explaining: float = 0.0
    epochs: int = 0
    explained: int = 0
    dearest: float = 0.0
    beside: float = 0.0
    first: float = 0.0

    def due(self, share: float, every: int, since: int | None, left: int | None) -> bool:
        """Returns whether to explain an epoch that is not the last.

        The first epoch is always explained. Later ones wait until the share of training time
        suffices, and where the last epoch is known, until their turn comes: what the rest of the
        training can pay for, the last epoch's explanation first, is spread evenly over its epochs.

        Args:
            share: Share of `training` that `explaining` may take.
            every: The least spacing.
            since: Epochs since the last explained one; None before the first.
            left: How many epochs follow this one; None where that is not known.
        """
        if since is None:
            return True
        if since < every or self.explaining > share * self.training:
            return False
        if left is None:
            return True
        return since * self._payable(share, left) >= since + left

    def due_at_end(self, share: float) -> bool:
        """Returns whether to explain a training's last epoch.

        It is, unless the budget is exceeded by more than two explanations, as after many short fits
        in a row.
        """
        return self.explaining - self.beside - share * self.training <= 2 * self.dearest

    def _payable(self, share: float, left: int) -> float:
        """Returns how many more explanations of the mean cost the whole training can pay for."""
        cost = (1 - share) * self.explaining / self.explained
        epoch = self.first
        if self.epochs > 1:
            epoch = (self.training - self.explaining - self.first) / (self.epochs - 1)
        earned = share * (self.training + left * epoch) - self.explaining
        return math.floor(earned / cost) if cost > 0 else math.inf


class Scheduler:
    """Chooses epochs and keeps the account, over all fits of one callback.

    Args:
        when: The arguments that choose epochs.
        required: A step that is explained whatever the budget: what drift is measured from.
        clock: Seconds.
    """

    def __init__(
        self,
        when: Schedule,
        required: int | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.when, self.spending, self.setup = when, TimeBudget(), 0.0
        self._required, self._clock = required, clock
        self._last: int | None = None
        self._explained: int | None = None  # how many epochs there had been
        self.per_epoch = 1
        # Where the clock would stand at no training time, and up to where it has been charged.
        self._zero = self._charged = 0.0
        self._charge, self._explaining = 0.0, False
        self._began, self._of_epoch, self._told = 0.0, 0.0, False
        self.first_cost_told = False

    @property
    def text(self) -> str:
        """How the budget was spent, in words."""
        now, budget = self.spending, self.when.budget or 1.0
        share = now.explaining / now.training if now.training else 0.0
        word = "times" if self.when.every_steps else "epochs"
        told = f"explained {now.explained} of {now.epochs} {word}"
        took = f"took {_percent(share)}"
        if share <= budget:
            return f"{told} to stay under {_percent(budget)} of training time; {took}"
        most = f"one took up to {now.dearest:.2g} s"
        return f"{told}; {took} of training time, over {_percent(budget)}: {most}"

    def begin(self, last: int | None, per_epoch: int = 1) -> None:
        """Begins the first epoch of a fit.

        Args:
            last: The step of its last one, where known.
            per_epoch: How many times an epoch something could be explained.
        """
        self._last, self.per_epoch = last, per_epoch
        self._zero = self._clock() - self.spending.training

    def epoch_begins(self) -> None:
        """Notes the begin of an epoch, for `epoch_cost`."""
        self._began, self._of_epoch, self._told = self._clock(), 0.0, False

    def epoch_cost(self) -> tuple[float, float] | None:
        """Returns what explaining took of the epoch that has ended just now, and its seconds; None
        where it was not explained."""
        return (self._of_epoch, self._clock() - self._began) if self._told else None

    def due(self, epoch: int, step: float, last: bool = False) -> bool:
        """Returns whether to explain in this epoch, as `fit` counts it, at this step of the log.

        The last one is explained at its own end, where that is known: its weights may be replaced
        afterwards.
        """
        when = self.when
        if when.epochs is not None:
            return last or step in when.epochs
        if when.budget is None:
            return last or epoch % when.apart == 0
        if step == self._required:
            return True
        since = None if self._explained is None else self.spending.epochs - self._explained
        left = None if self._last is None else math.ceil((self._last - step) * self.per_epoch)
        if last or left == 0:
            return self.due_at_end()
        return self.spending.due(when.budget, when.apart, since, left)

    def due_at_end(self) -> bool:
        """Returns whether to explain the last epoch, which has not been."""
        return self.when.budget is None or self.spending.due_at_end(self.when.budget)

    def explains(self) -> None:
        """Notes that something is being explained: the seconds of `charged` go to that."""
        self._explained, self._explaining, self._told = self.spending.epochs, True, True
        self.spending.explained += 1

    @contextmanager
    def charged(self, epochs: int = 0) -> Iterator[None]:
        """Charges the time within the context to explaining; `epochs` have ended before."""
        self._charge, self._explaining = 0.0, False
        self._charged = self._clock()
        self.spending.training = self._charged - self._zero
        self.spending.epochs += epochs
        if epochs == self.spending.epochs:
            self.spending.first = self.spending.training
        try:
            yield
        finally:
            self._settle()

    def account(self) -> schema.Cost:
        """Returns what was spent up to now, while it is being `charged`."""
        self._settle()
        now = self.spending
        return schema.Cost(
            training=now.training,
            explaining=now.explaining,
            setup=self.setup,
            epochs=now.epochs,
            explained=now.explained,
            budget=self.when.budget,
            every_steps=self.when.every_steps or 0,
        )

    @contextmanager
    def set_up(self) -> Iterator[None]:
        """Counts the time within the context as preparation, on no account."""
        start = self._clock()
        try:
            yield
        finally:
            seconds = self._clock() - start
            self.setup += seconds
            self._zero += seconds
            self._charged += seconds

    def _settle(self) -> None:
        now = self._clock()
        seconds, self._charged = now - self._charged, now
        self._charge += seconds
        self._of_epoch += seconds
        self.spending.training = now - self._zero
        self.spending.explaining += seconds
        if self._explaining:
            self.spending.dearest = max(self.spending.dearest, self._charge)
        else:
            self.spending.beside += seconds


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"


def _is_epoch(value: object) -> bool:
    return is_whole(value) and value >= 0
