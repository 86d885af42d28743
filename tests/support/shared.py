"""Logs and models that all processes of the tests share, for each to make its own takes seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

_PATIENCE_S = 300.0


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first process fills that asks for it; the others wait for it.

    Nobody may change what is in it.

    Raises:
        TimeoutError: another process has failed to fill it; its own tests tell why.
    """
    # Each worker of pytest-xdist has a folder of its own in that of all.
    own = factory.getbasetemp()
    place = (own.parent if own.name.startswith("popen-") else own) / f"shared-{name}"
    files, made = place / "files", place / "made"
    try:
        place.mkdir()
    except FileExistsError:
        end = time.monotonic() + _PATIENCE_S
        while not made.exists():
            if time.monotonic() > end:
                raise TimeoutError(f"{place}: nobody has filled it.") from None
            time.sleep(0.1)
        return files
    files.mkdir()
    make(files)
    made.touch()
    return files
