"""Handles failures of explaining: training goes on, each failure is told once and counted."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from tfexplain.checks import check_choice
from tfexplain.errors import ExplainWarning, SettingError, plain
from tfexplain.wire.clock import epoch_text
from tfexplain.wire.schema import Problem

OnError = Literal["warn", "raise"]


class Guard:
    """Keeps failures away from training.

    Args:
        on_error: `"warn"` warns once per kind of failure, `"raise"` lets it through.
    """

    def __init__(self, on_error: OnError) -> None:
        check_choice("on_error", on_error, ("warn", "raise"))
        self.on_error = on_error
        self._problems: dict[str, Problem] = {}

    @property
    def problems(self) -> list[Problem]:
        """Every kind of failure so far."""
        return list(self._problems.values())

    @contextmanager
    def watch(self, what: str, step: float) -> Iterator[None]:
        """Counts an error within the context under `what` and its type, instead of ending
        training."""
        try:
            yield
        except Exception as error:
            if self.on_error == "raise":
                raise
            self.report(f"{what}: {type(error).__name__}", plain(error), step)

    @contextmanager
    def planning(self, what: str, remedy: str = "") -> Iterator[None]:
        """Leaves out `what`, which nobody asked for by name, on an error within the context.

        Raises:
            SettingError: a setting is wrong in itself, or names something that does not exist.
        """
        try:
            yield
        except SettingError:
            raise
        except Exception as error:
            if self.on_error == "raise":
                raise
            self.leave_out(what, f"{_said(error)} {remedy}".strip())

    def leave_out(self, what: str, why: str) -> None:
        """Tells once that `what` is not done in this training: `why`, with the remedy.

        The page shows it among the problems. Nothing failed, so it never raises.
        """
        key = f"{what}: left out"
        if key not in self._problems:
            warnings.warn(
                f"tfexplain: {what} is left out: {why} Training goes on without it.",
                ExplainWarning,
                stacklevel=2,
            )
        self._problems[key] = Problem(what, 1, _short(why), 0, left_out=True)

    def tell(self, what: str, message: str) -> None:
        """Tells once what a user of the maps must know of all of them; it stands on the page."""
        if what not in self._problems:
            warnings.warn(f"tfexplain: {what}: {message}", ExplainWarning, stacklevel=2)
        self._problems[what] = Problem(what, 1, _short(message), 0)

    def report(self, kind: str, message: str, step: float) -> None:
        """Counts a failure; warns if it is the first of its kind."""
        known = self._problems.get(kind)
        message = _short(message)
        self._problems[kind] = Problem(kind, known.count + 1 if known else 1, message, step)
        if not known:
            warnings.warn(
                f"tfexplain: {kind} at epoch {epoch_text(step)}: {message} Training goes on; "
                "further failures of this kind are only counted.",
                ExplainWarning,
                stacklevel=2,
            )


def _said(error: Exception) -> str:
    """Returns an error's message as a sentence; ours need no type beside it."""
    name, message = type(error).__name__, plain(error).strip()
    ours = type(error).__module__.startswith("tfexplain") or isinstance(error, ValueError)
    text = message if ours and message else f"{name}: {message}" if message else name
    return text if text.endswith(".") else f"{text}."


def _short(message: str) -> str:
    return message if len(message) <= 500 else message[:500] + "..."
