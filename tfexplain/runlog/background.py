"""Runs work that may hang, such as touching a remote directory, on a thread that is not joined."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# How long training waits for its log directory before the first batch.
OPEN_SECONDS = 60.0


class BackgroundJob:
    """Runs `work` at once on a thread of its own; a process can end while it hangs.

    Attributes:
        error: The exception that `work` raised, once it is over.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self.error: BaseException | None = None
        self._over = threading.Event()
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def over(self, seconds: float) -> bool:
        """Returns whether the work is over, after waiting for at most so long."""
        return self._over.wait(max(0.0, seconds))

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # told by whoever waits
            self.error = error
        self._over.set()


def answered(work: Callable[[], T]) -> T:
    """Returns or raises what `work` does; `TimeoutError` if it takes longer than `OPEN_SECONDS`."""
    answers: list[T] = []
    job = BackgroundJob(lambda: answers.append(work()))
    if not job.over(OPEN_SECONDS):
        raise TimeoutError(f"no answer for {OPEN_SECONDS:g} s")
    if job.error is not None:
        raise job.error
    return answers[0]
