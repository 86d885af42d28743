"""Renames what was written beside, and waits until it is seen by its new name."""

from __future__ import annotations

import errno
import os
import time

# Drives that are mounted from far away show a new name late.
_MOST_S = 10.0
_EVERY_S = 0.05


def renamed(beside: str, path: str) -> None:
    """Gives a file or folder its name, by which it can be opened when this returns.

    Raises:
        OSError: it cannot be renamed, or is not seen by its name after ten seconds.
    """
    os.rename(beside, path) if os.path.isdir(beside) else os.replace(beside, path)
    end = time.monotonic() + _MOST_S
    while not os.path.exists(path):
        if time.monotonic() > end:
            raise OSError(errno.ENOENT, "renamed, but not seen by this name", path)
        time.sleep(_EVERY_S)
