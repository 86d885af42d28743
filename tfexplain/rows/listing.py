"""Keeps what a file or folder holds in a folder of its own, so that it is looked through once.

What is kept lies in files of numbers and of texts that are mapped, not loaded: a source of a
billion rows takes the memory of those that are asked for.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import json
import os
import pickle
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from tfexplain.rows.renaming import renamed

# Names that are sorted at once; of more, sorted files are merged.
_RUN = 1 << 18
_SAID = "listing.json"
_NUMBER = np.dtype("<i8")


class Listing:
    """Represents a folder with what is known of data.

    Attributes:
        said: What was written with it, JSON's values.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        with open(self.path(_SAID), encoding="utf-8") as file:
            self.said: Mapping[str, Any] = json.load(file)

    def path(self, name: str) -> str:
        """Returns the path of one of its files."""
        return os.path.join(self._folder, name)

    def numbers(self, name: str) -> npt.NDArray[np.int64]:
        """Returns numbers that were written as such, mapped."""
        path = self.path(name)
        if not os.path.getsize(path):  # which cannot be mapped
            return np.zeros(0, np.int64)
        return np.memmap(path, _NUMBER, "r")

    def texts(self, name: str) -> Texts:
        """Returns texts that were written as such, mapped."""
        return Texts(self.numbers(f"{name}.ends"), self.path(name))


class Texts(Sequence[bytes]):
    """Holds texts of which those that are asked for are read."""

    def __init__(self, ends: npt.NDArray[np.int64], path: str) -> None:
        self._ends = ends
        self._bytes: npt.NDArray[np.uint8] = (
            np.memmap(path, np.uint8, "r") if os.path.getsize(path) else np.zeros(0, np.uint8)
        )

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, index: Any) -> Any:
        start = int(self._ends[index - 1]) if index else 0
        return self._bytes[start : int(self._ends[index])].tobytes()


class Writer:
    """Writes the files of a listing."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._files: dict[str, IO[bytes]] = {}
        self._open = ExitStack()
        self._ends: dict[str, int] = {}

    def path(self, name: str) -> str:
        """Returns where a file of its own may be written."""
        return os.path.join(self.folder, name)

    def number(self, name: str, *values: int) -> None:
        """Adds numbers to a file of them."""
        for value in values:
            self._file(name).write(value.to_bytes(_NUMBER.itemsize, "little", signed=True))

    def text(self, name: str, text: bytes) -> None:
        """Adds a text to a file of them."""
        self._file(name).write(text)
        self._ends[name] = self._ends.get(name, 0) + len(text)
        self.number(f"{name}.ends", self._ends[name])

    def begin(self, *names: str) -> None:
        """Makes files that may stay empty."""
        for name in names:
            self._file(name)

    def close(self) -> None:
        """Closes all files."""
        self._open.close()

    def _file(self, name: str) -> IO[bytes]:
        if name not in self._files:
            file = open(self.path(name), "wb")  # noqa: SIM115 (closed with the others)
            self._files[name] = self._open.enter_context(file)
        return self._files[name]


def kept(
    folder: str,
    asked: Mapping[str, Any],
    fresh: Callable[[Listing], bool],
    make: Callable[[Writer], Mapping[str, Any]],
) -> Listing:
    """Returns the listing of some data below a folder, which is made where there is none.

    It is written beside and renamed, so that of several that list at once each gets a whole one.

    Args:
        folder: Folder of listings.
        asked: What tells the listing from others, such as the path of the data.
        fresh: Whether the data are still what a listing says.
        make: Writes a listing, and returns what is said with it.

    Raises:
        OSError: it cannot be written.
    """
    key = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    path = os.path.join(folder, f"rows-{key}")
    if (found := _found(path, fresh)) is not None:
        return found
    beside = f"{path}.{uuid.uuid4().hex}.part"
    os.makedirs(beside)
    try:
        writer = Writer(beside)
        try:
            said = make(writer)
        finally:
            writer.close()
        with open(writer.path(_SAID), "w", encoding="utf-8") as file:
            json.dump(said, file)
        _take(beside, path, fresh)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return Listing(path)


def stamp(path: str) -> str:
    """Returns a file's size and when it was changed."""
    found = os.stat(path)
    return f"{found.st_size} {found.st_mtime_ns}"


def in_order(records: Iterable[tuple[bytes, int]], folder: str) -> Iterator[tuple[bytes, int]]:
    """Yields records sorted, of which few are held at once.

    Args:
        records: Names, each with a number.
        folder: Where sorted files may lie while they are merged.
    """
    waiting = iter(records)
    runs: list[str] = []
    while some := sorted(itertools.islice(waiting, _RUN)):
        if not runs and len(some) < _RUN:
            yield from some
            return
        runs.append(os.path.join(folder, f"run-{len(runs)}"))
        with open(runs[-1], "wb") as file:
            for record in some:
                pickle.dump(record, file)
    yield from heapq.merge(*map(_run, runs))
    for run in runs:
        os.remove(run)


def _run(path: str) -> Iterator[tuple[bytes, int]]:
    with open(path, "rb") as file, suppress(EOFError):
        while True:
            yield pickle.load(file)


def _found(path: str, fresh: Callable[[Listing], bool]) -> Listing | None:
    try:
        listing = Listing(path)
    except FileNotFoundError:
        return None
    return listing if fresh(listing) else None


def _take(beside: str, path: str, fresh: Callable[[Listing], bool]) -> None:
    """Renames a listing, unless another of the same data has come before it."""
    try:
        renamed(beside, path)
    except OSError:
        if _found(path, fresh) is not None:
            shutil.rmtree(beside, ignore_errors=True)
            return
        # One of data that have changed. Who has mapped it keeps what he has.
        os.rename(path, stale := f"{beside}.old")
        renamed(beside, path)
        shutil.rmtree(stale, ignore_errors=True)
