"""Defines `Source`, rows of data by their numbers, and `Read`, some of them as they were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tfexplain.types import Array


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
        features: Names of the values of a row, where the data has them.
        classes: Names of the classes behind the labels, where the data has them.
        notes: What to tell the user of the data, such as files that were ignored.
        facts: What tells these rows from others, such as a hash of the files' names and sizes.
        labelled: Whether rows have labels.
        pictures: Whether `picture` gives what maps are drawn on.
    """

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
