"""A bar on the terminal or in a notebook, or lines in a log, while explaining takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_shown: ContextVar[_Bar | _Lines | None] = ContextVar("bar", default=None)


class _Bar:
    """What is drawn, and how deep inside one another explanations are."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task, self._depth = progress, task, 0

    @contextmanager
    def explaining(self, name: str, fraction: float) -> Iterator[None]:
        """An explanation on the way of another is no part of its own."""
        if not self._depth:
            self._progress.update(self._task, description=name)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if not self._depth:
            self._progress.advance(self._task, fraction)

    def ran(self) -> None:
        """One chunk more."""
        self._progress.update(self._task, chunks=self._progress.tasks[0].fields["chunks"] + 1)


class _Lines:
    """Writes a line for each part, as log files want it."""

    def __init__(self, total: int | None) -> None:
        self._of = "" if total is None else f" of {total}"
        self._done, self._chunks, self._depth = 0.0, 0, 0
        self._begin = time.perf_counter()

    @contextmanager
    def explaining(self, name: str, fraction: float) -> Iterator[None]:
        """An explanation on the way of another is no part of its own."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if not self._depth:
            self._done += fraction
            seconds = time.perf_counter() - self._begin
            told = f"{self._done:.3g}{self._of}, {self._chunks} chunks, {seconds:.1f} s"
            print(f"tfexplain: {name}: {told}", file=sys.stderr)

    def ran(self) -> None:
        """One chunk more."""
        self._chunks += 1


@contextmanager
def shown(verbose: int, total: int | None) -> Iterator[None]:
    """While open, work is shown on the standard error: 0 not at all, 1 as a bar, 2 in lines.

    Args:
        verbose: How.
        total: How many explanations there are, where that is known.
    """
    if verbose == 2:
        token = _shown.set(_Lines(total))
        try:
            yield
        finally:
            _shown.reset(token)
    elif verbose:
        with _bar(total):
            yield
    else:
        yield


@contextmanager
def _bar(total: int | None) -> Iterator[None]:
    """While open, a bar is shown on the standard error: of so many explanations if known.

    Beside it stands how many chunks of samples ran through the model, which moves on during a part
    of many passes.
    """
    from rich import progress as rich  # which Keras 3 itself draws with
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TextColumn("{task.fields[chunks]} chunks"),
        rich.TimeElapsedColumn(),
        rich.TimeRemainingColumn(),
    )
    drawn = rich.Progress(*columns, console=Console(stderr=True), refresh_per_second=4)
    with drawn:
        token = _shown.set(_Bar(drawn, drawn.add_task("explaining", total=total, chunks=0)))
        try:
            yield
        finally:
            _shown.reset(token)


def explaining(name: str, fraction: float = 1.0) -> AbstractContextManager[None]:
    """While open, this is what the bar says is done; then it is that fraction of one further.
    Without a bar nothing happens."""
    current = _shown.get()
    return nullcontext() if current is None else current.explaining(name, fraction)


def ran() -> None:
    """Say that a chunk of samples ran through the model."""
    current = _shown.get()
    if current is not None:
        current.ran()
