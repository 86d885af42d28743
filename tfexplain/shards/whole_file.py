"""Writes a file beside and renames it, so that a file of its name is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def write_whole(path: str, data: bytes) -> None:
    """Writes bytes to a path, which are on the disk when this returns.

    Raises:
        OSError: it cannot be written; nothing of it is left then, and a former file stays.
    """
    with _beside(path, data) as beside:
        os.replace(beside, path)


def write_once(path: str, data: bytes) -> None:
    """Writes bytes to a path if there is no file: of several that begin at once, one's stay."""
    with _beside(path, data) as beside:
        try:
            os.link(beside, path)
        except FileExistsError:
            pass
        except OSError:
            # Not every drive has links; there the last one's file stays, for those who read it.
            os.replace(beside, path)


@contextmanager
def _beside(path: str, data: bytes) -> Iterator[str]:
    beside = f"{path}.{os.getpid()}.part"
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield beside
    finally:
        if os.path.exists(beside):
            os.remove(beside)
