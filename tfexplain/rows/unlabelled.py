"""Hides labels that are none of the model's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tfexplain.rows.source import Read, Source
from tfexplain.types import Array


class Unlabelled:
    """Represents a source without its labels, and says why.

    Args:
        source: The source.
        why: What to tell the user.
    """

    labelled = False
    classes: Sequence[str] = ()

    def __init__(self, source: Source, why: str) -> None:
        self._source = source
        self.features, self.pictures = source.features, source.pictures
        self.data, self.expected = source.data, source.expected
        self.notes: Sequence[str] = [*(n for n in source.notes if "label" not in n), why]
        self.facts: Mapping[str, str] = {**source.facts, "labels": "none"}

    def __len__(self) -> int:
        return len(self._source)

    def read(self, rows: Sequence[int]) -> Read:
        """Reads rows without labels."""
        return replace(self._source.read(rows), labels=None)

    def picture(self, row: int) -> Array:
        """Returns what maps of a row are drawn on, uint8 [H, W, C]."""
        return self._source.picture(row)
