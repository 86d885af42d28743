"""What Linux knows of a process and all that it started: memory and processor time."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def rss(pid: int) -> int:
    """Bytes in memory, pages that processes share counted for each."""
    total = 0
    for one in _family(pid):
        with suppress(OSError):
            total += _PAGE * int(Path(f"/proc/{one}/statm").read_text().split()[1])
    return total


def cpu_seconds(pid: int) -> float:
    """User and system time so far."""
    total = 0.0
    for one in _family(pid):
        with suppress(OSError):
            fields = _stat(one)
            total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def _family(pid: int) -> list[int]:
    """The process itself, and its descendants."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents[int(entry.name)] = int(_stat(int(entry.name))[1])
    found = [pid]
    for one in found:
        found.extend(child for child, parent in parents.items() if parent == one)
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name, which may hold spaces: state, parent, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
