"""Finds the small place that holds most of a map's evidence."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tfexplain.quality.intervals import Floats

SMALL = 1 / 16  # of all positions


@dataclass(frozen=True)
class Place:
    """Holds a window on a grid: its first cell and its size along each axis, and the share of the
    evidence that it holds."""

    corner: tuple[int, ...]
    size: tuple[int, ...]
    held: float

    def of(self, evidence: Floats) -> float:
        """Returns the share of other evidence [*sides] that lies in this place; NaN without any."""
        total = evidence.sum()
        inside = tuple(slice(at, at + n) for at, n in zip(self.corner, self.size, strict=True))
        return float(evidence[inside].sum() / total) if total > 0 else math.nan


def small_place(evidence: Floats, beside: Floats | None = None) -> Place:
    """Returns the window of up to a sixteenth of the positions that holds most of the evidence.

    Args:
        evidence: [*sides], none below 0.
        beside: That of others, [*sides]: then the window that holds most more than theirs.

    >>> small_place(np.pad([[1.0, 3.0]], ((0, 3), (2, 0))))
    Place(corner=(0, 3), size=(1, 1), held=0.75)
    """
    shares = _shares(evidence)
    searched = shares if beside is None else shares - _shares(beside)
    most = max(1, math.floor(SMALL * evidence.size))
    best: tuple[float, tuple[int, ...], tuple[int, ...]] = (-math.inf, (), ())
    for size in itertools.product(*(range(1, min(side, most) + 1) for side in evidence.shape)):
        if math.prod(size) <= most:
            held = sliding_window_view(searched, size).sum(axis=tuple(range(-len(size), 0)))
            at = np.unravel_index(held.argmax(), held.shape)
            if held[at] > best[0] + 1e-12:  # of equal ones the smallest
                best = float(held[at]), tuple(int(place) for place in at), size
    _, corner, size = best
    return Place(corner, size, Place(corner, size, 0.0).of(evidence))


def _shares(evidence: Floats) -> Floats:
    total = evidence.sum()
    return evidence / total if total > 0 else evidence
