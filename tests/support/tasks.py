"""What workers of other processes are given to compute: small, and without TensorFlow."""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path

from tfexplain.errors import TfexplainError


def squared(number: int) -> int:
    """The plain one."""
    return number * number


def first_time(mark: str) -> bool:
    """Whether this is the first to ask, of all processes."""
    try:
        Path(mark).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


class DiesOnce:
    """Kills its own process the first time that it is to square 5."""

    def __init__(self, folder: Path) -> None:
        self.mark = str(folder / "died")

    def __call__(self, number: int) -> int:
        if number == 5 and first_time(self.mark):
            os.kill(os.getpid(), signal.SIGKILL)
        return squared(number)


class Fails:
    """Raises for 5: as a passing fault so many times, or for good."""

    def __init__(self, folder: Path, kind: str, times: int = 99) -> None:
        self.folder, self.kind, self.times = folder, kind, times

    def __call__(self, number: int) -> int:
        if number == 5 and any(first_time(f"{self.folder}/{i}") for i in range(self.times)):
            raise {
                "passing": ConnectionError("the drive is away"),
                "setting": TfexplainError("layer='conv9': expected a layer."),
                "file": FileNotFoundError(errno.ENOENT, "No such file", "model.keras"),
                "full": OSError(errno.ENOSPC, "No space left on device"),
            }[self.kind]
        return squared(number)


def slow(number: int) -> int:
    """Longer than it takes to interrupt it."""
    time.sleep(0.2)
    return number


_inside: set[int] = set()


def others_inside(number: int) -> int:
    """How many other threads of the process compute this at the same time."""
    _inside.add(number)
    time.sleep(0.02)
    others = len(_inside) - 1
    _inside.remove(number)
    return others
