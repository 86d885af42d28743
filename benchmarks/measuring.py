"""What every benchmark needs: a call's time, a process' memory, and the machine's name."""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

# A timing is of at least so many seconds of the same call, or of one call that takes longer.
LEAST_SECONDS = 0.1


def timed(part: Callable[[], Any], repeats: int = 1) -> tuple[float, float]:
    """Wall and CPU seconds of one of `repeats` calls."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        part()
    return (time.perf_counter() - wall) / repeats, (time.process_time() - cpu) / repeats


def repeats(seconds: float) -> int:
    """How often a call of so many seconds is repeated for one timing."""
    return max(1, round(LEAST_SECONDS / seconds))


def peak_mb() -> float:
    """MB of memory that this process held at most, until now."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def ratio(of: Sequence[float], to: Sequence[float]) -> float:
    """The median over the rounds of one time to another of the same round."""
    return median(ours / theirs for ours, theirs in zip(of, to, strict=True))


def machine(versions: dict[str, str]) -> str:
    """Where this was measured."""
    named = {"Python": platform.python_version(), **versions}
    software = ", ".join(f"{name} {version}" for name, version in named.items())
    return f"{os.cpu_count()} cores of {processor()}, {platform.system()}; {software}."


def processor() -> str:
    """The processor's name, where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
