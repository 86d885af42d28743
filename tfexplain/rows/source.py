"""Defines `Source`, rows of data by their numbers, and `Read`, some of them as they were read."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tfexplain.errors import TfexplainError
from tfexplain.types import Array

_PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE, errno.ETIMEDOUT}


@dataclass(frozen=True, eq=False)
class Read:
    """Holds rows as they were read.

    Attributes:
        rows: Their numbers.
        names: What the data calls them.
        inputs: The model's inputs [n, ...]; None where no row can be read.
        labels: [n], where there are any.
        skipped: Rows that cannot be read, with the reason.
    """

    rows: Sequence[int]
    names: Sequence[str]
    inputs: Any
    labels: Array | None = None
    skipped: Sequence[str] = ()


class Source(Protocol):
    """Gives rows by their numbers, each as often as it is asked, from memory of those alone.

    Attributes:
        data: What the user calls the data, for errors.
        expected: What rows of it should be, for errors.
        features: Names of the values of a row, where the data has them.
        classes: Names of the classes behind the labels, where the data has them.
        notes: What to tell the user of the data, such as files that were ignored.
        facts: What tells these rows from others, such as a hash of the files' names and sizes.
        labelled: Whether rows have labels.
        pictures: Whether `picture` gives what maps are drawn on.
    """

    data: str
    expected: str
    features: Sequence[str]
    classes: Sequence[str]
    notes: Sequence[str]
    facts: Mapping[str, str]
    labelled: bool
    pictures: bool

    def __len__(self) -> int:
        """Returns the number of rows, those that cannot be read among them."""

    def read(self, rows: Sequence[int]) -> Read:
        """Reads rows; those that cannot be read are left out and said."""

    def picture(self, row: int) -> Array:
        """Returns what maps of a row are drawn on, uint8 [H, W, C]."""


def first_readable(source: Source, count: int) -> Read:
    """Reads the first rows that can be read, at most so many.

    Raises:
        TfexplainError: there is none.
    """
    found: list[int] = []
    skipped: list[str] = []
    lost = 0
    for start in range(0, len(source), count):
        read = source.read(range(start, min(start + count, len(source))))
        if not found and len(read.rows) == count:
            return read
        found += read.rows
        lost += len(read.skipped)
        skipped += read.skipped[: 3 - len(skipped)]
        if len(found) >= count:
            break
    if not found:
        told = " and ".join([f"{lost} that cannot be read", *source.notes])
        why = f" {'; '.join(skipped)}".rstrip(". ")
        raise TfexplainError(
            f"data={source.data!r}: expected {source.expected}; found {told}."
            + (f"{why}." if skipped else "")
        )
    return source.read(found[:count])


def passing(error: Exception) -> bool:
    """Whether an error may be gone when a row is read again, and so is no fault of the row."""
    return isinstance(error, MemoryError) or getattr(error, "errno", None) in _PASSING
