"""Hides labels that are none of the model's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

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


def fitting(source: Source, model: Any) -> Source:
    """Returns a source, without labels that nobody named where it has other classes than the
    model."""
    classes, named = _classes(model), len(source.classes)
    if not classes or not named or classes == named:
        return source
    return Unlabelled(
        source, f"no labels: the model has {classes} classes, and the data name {named}"
    )


def _classes(model: Any) -> int | None:
    """Returns how many classes a model of one output tells apart; None where that is not known."""
    shape = getattr(model, "output_shape", None)
    last = shape[-1] if isinstance(shape, tuple) and shape else None
    return last if not isinstance(last, int) or last > 1 else 2
