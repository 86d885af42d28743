"""How much memory is really available to this process on a CPU."""

from __future__ import annotations

import re
from pathlib import Path

_ROOT = Path("/")
# A container's limit and what it holds: version 2 of control groups, then version 1.
_GROUPS = (
    ("memory.max", "memory.current"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
)


def available(root: Path = _ROOT) -> int | None:
    """Bytes that can be taken without swapping; None where the system does not say (not Linux).

    Args:
        root: Where `proc` and `sys` lie.
    """
    try:
        text = (root / "proc/meminfo").read_text()
    except OSError:
        return None
    match = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    if match is None:
        return None
    least = 1024 * int(match[1])
    for limit, used in _GROUPS:
        try:
            bytes_ = [int((root / "sys/fs/cgroup" / name).read_text()) for name in (limit, used)]
        except (OSError, ValueError):  # no such group, or no limit ("max")
            continue
        least = min(least, bytes_[0] - bytes_[1])
    return max(0, least)
