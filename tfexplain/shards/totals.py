"""Collects what is told of one map over all rows, shard by shard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tfexplain import rendering
from tfexplain.attribution import Attribution
from tfexplain.coloring import Magnitudes, Scale

# Cells along each side of a mean map.
SIDE = 16


@dataclass(eq=False)
class ClassMean:
    """Holds the sum of the magnitudes of the maps that explain one class.

    Attributes:
        rows: How many there are.
        total: float64 [cells] or [h, w] of at most `SIDE` cells a side.
    """

    rows: int
    total: npt.NDArray[np.float64]

    @property
    def mean(self) -> npt.NDArray[np.float64]:
        """Returns the mean over the rows."""
        return self.total / self.rows


@dataclass(eq=False)
class Totals:
    """Holds the totals of one map over all rows.

    Attributes:
        unit: Unit of its values.
        signed: Whether values below zero mean something.
        kind: That of the attribution, as evidence or channels.
        rows: How many rows it has.
        zero: Rows whose map is zero but for rounding errors.
        magnitude: Sum of all magnitudes.
        score: Sum of the explained numbers.
        gap: Largest magnitude of the completeness gap; NaN where the method has none.
        error: Largest estimated error, relative to the row's largest magnitude; NaN likewise.
        passes: Forward and backward passes, where the method counts them.
        magnitudes: How often which magnitude is, rounding errors left out.
        by_class: By explained class the mean of its maps' magnitudes; -1 for what is no class.
        places: What its values are of, where they lie on one axis: `channel 7`, `position 3`.
    """

    unit: str = ""
    signed: bool = False
    kind: str = "map"
    rows: int = 0
    zero: int = 0
    magnitude: float = 0.0
    score: float = 0.0
    gap: float = float("nan")
    error: float = float("nan")
    passes: int = 0
    magnitudes: Magnitudes = field(default_factory=Magnitudes)
    by_class: dict[int, ClassMean] = field(default_factory=dict)
    places: Sequence[str] = ()

    @property
    def scale(self) -> Scale:
        """Returns the magnitude at the end of the colours: the largest one.

        Those of single pixels are better drawn on `magnitudes.scale(pixels=True)`.
        """
        return self.magnitudes.scale(pixels=False)

    def add(self, attribution: Attribution) -> None:
        """Adds the maps of further rows."""
        self.unit, self.signed = attribution.unit, self.signed or attribution.signed
        self.kind = attribution.kind
        self.rows += len(attribution.scores)
        self.score += float(attribution.scores.sum(dtype=np.float64))
        if attribution.passes is not None:
            self.passes += int(attribution.passes.sum())
        self.gap = _largest(self.gap, attribution.completeness_gap)
        self.error = _largest(self.error, attribution.error)
        if attribution.kind == "picture":
            return
        known = rendering.without_noise(attribution)
        self.zero += len(attribution.scores) - len(known)
        self.magnitude += float(np.abs(attribution.maps).sum(dtype=np.float64))
        self.magnitudes.add(known)
        cells = _cells(attribution)
        self.places = _places(attribution, cells.shape)
        for target in np.unique(attribution.targets).tolist():
            some = cells[attribution.targets == target]
            own = self.by_class.setdefault(target, ClassMean(0, np.zeros(cells.shape[1:])))
            own.rows += len(some)
            own.total += some.sum(axis=0)


def _largest(former: float, values: npt.NDArray[np.float32] | None) -> float:
    if values is None or not len(values):
        return former
    return float(np.nanmax([former, np.abs(values).max()]))


def _cells(attribution: Attribution) -> npt.NDArray[np.float64]:
    """Returns magnitudes [n, ...] by feature, by cell of a picture, by channel, or by key."""
    values = np.abs(np.asarray(attribution.maps, np.float64))
    if attribution.kind == "channels":
        return np.asarray(values.mean(axis=tuple(range(1, values.ndim - 1))))
    if attribution.kind == "matrix":
        return np.asarray(values.mean(axis=(1, 2)))
    for axis in range(1, values.ndim):
        if values.ndim > 2:
            values = _pooled(values, axis)
    return values


def _places(attribution: Attribution, shape: Sequence[int]) -> list[str]:
    if attribution.channels is not None:
        return [f"channel {number}" for number in attribution.channels.tolist()]
    return [f"position {place}" for place in range(shape[1])] if len(shape) == 2 else []


def _pooled(values: npt.NDArray[np.float64], axis: int) -> npt.NDArray[np.float64]:
    """Averages an axis over at most `SIDE` runs of equal length, but for rounding."""
    length = values.shape[axis]
    edges = np.linspace(0, length, min(SIDE, length) + 1).round().astype(int)
    sums = np.add.reduceat(values, edges[:-1], axis)
    sizes = np.diff(edges).reshape(-1, *[1] * (values.ndim - axis - 1))
    return np.asarray(sums / sizes)
