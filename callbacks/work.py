"""Says what a callback logs during one `fit`, also where nothing could be planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tfexplain.callbacks.guard import Guard
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema


class Work(Protocol):
    """Protocol of what one `fit` logs; made before its first batch, gone after its last.

    Attributes:
        numbers: The names of what `at_epoch` may return; None where nothing could be planned.
    """

    @property
    def numbers(self) -> Sequence[str] | None: ...

    def announce(self, writer: RunWriter, resumes: bool) -> None:
        """Prints what was chosen, and writes what never changes.

        `resumes` says whether the log holds the beginning of this training.
        """

    def at_epoch(
        self, now: Moment, logs: Mapping[str, Any], writer: RunWriter
    ) -> Mapping[str, float]:
        """Writes an epoch, but for its logs; returns numbers of it by name, for `logs`."""

    def at_end(self, now: Moment, writer: RunWriter) -> None:
        """Writes what is due after training, at the step of its last epoch."""


class Unplanned:
    """Logs the metrics of a `fit` of which nothing could be planned, and why there is no more.

    Args:
        guard: Holds what was left out.
    """

    numbers = None

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._told: list[schema.Problem] = []

    def announce(self, writer: RunWriter, resumes: bool) -> None:
        """Prints nothing: nothing was chosen, and a warning has said why."""

    def at_epoch(
        self, now: Moment, logs: Mapping[str, Any], writer: RunWriter
    ) -> Mapping[str, float]:
        """Writes what went wrong, for the page, when something new did."""
        if self._told != self._guard.problems:
            self._told = self._guard.problems
            status = schema.Status({}, self._told)
            writer.add(schema.Tag("status"), now.step, status, schema.Content("status"))
        return {}

    def at_end(self, now: Moment, writer: RunWriter) -> None:
        """Writes what went wrong since."""
        self.at_epoch(now, {}, writer)
