"""Writes a file beside and renames it, so that a file of its name is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tfexplain.rows.renaming import renamed


def write_whole(path: str, data: bytes) -> None:
    """Writes bytes to a path, which are on the disk when this returns.

    Raises:
        OSError: it cannot be written; nothing of it is left then, and a former file stays.
    """
    with _beside(path, data) as beside:
        renamed(beside, path)


def write_once(path: str, data: bytes) -> None:
    """Writes bytes to a path if there is no file: of several that begin at once, one's stay."""
    with _beside(path, data) as beside:
        try:
            os.link(beside, path)
        except FileExistsError:
            os.remove(beside)
        except OSError:
            # Not every drive has links; there the last one's file stays, for those who read it.
            renamed(beside, path)
        else:
            os.remove(beside)


@contextmanager
def _beside(path: str, data: bytes) -> Iterator[str]:
    """Writes bytes beside a path, which whoever asked renames; after an error they are removed.

    Not without one: a mounted drive may still show by its old name what was renamed.
    """
    beside = f"{path}.{os.getpid()}.part"
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield beside
    except BaseException:
        with suppress(OSError):
            os.remove(beside)
        raise
