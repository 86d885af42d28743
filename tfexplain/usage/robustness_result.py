"""Defines `Robustness`: how small a step flips each prediction, and the accuracy after each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.quality.intervals import wilson

Floats = npt.NDArray[np.float64]

PICTURE_UNIT = "share of the color range"
TABLE_UNIT = "standard deviations"


@dataclass(frozen=True, eq=False, repr=False)
class Robustness:
    """Holds the smallest step along the sign of the loss's gradient that flips each prediction.

    Attributes:
        steps: float64 [N], the smallest step found; infinity where none up to the last flips it.
        right: bool [N], whether the row's label was predicted.
        rows: int64 [N], where the rows stand in the data.
        hashes: uint64 [N], what they hold.
        grid: float64 [S], the steps that were tried, from 0 on.
        unit: What a step of 1 is.
    """

    steps: Floats
    right: npt.NDArray[np.bool_]
    rows: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint64]
    grid: Floats
    unit: str

    @property
    def accuracy(self) -> Floats:
        """float64 [S], the share of rows that are right, and that neither a step of the grid's
        size nor a smaller one flips."""
        return np.asarray((self.right & (self.steps > self.grid[:, None])).mean(axis=1))

    @property
    def interval(self) -> tuple[Floats, Floats]:
        """The 95% interval of `accuracy` (Wilson's): (low, high)."""
        return wilson(self.accuracy, len(self.steps))

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """The steps that flip a quarter, half and three quarters of the rows that are right; NaN
        without any."""
        own = np.sort(self.steps[self.right])
        if not len(own):
            return np.nan, np.nan, np.nan
        # The smallest step that flips at least so many: between two of them may lie infinity.
        first, half, third = (
            own[int(np.ceil(share * len(own))) - 1] for share in (0.25, 0.5, 0.75)
        )
        return float(first), float(half), float(third)

    @property
    def text(self) -> str:
        """A table of the accuracy by step, with its quartiles, in plain words."""
        low, high = self.interval
        first, half, third = (f"{step:.3g}" for step in self.quartiles)
        lines = [
            f"{len(self.steps)} rows, steps in {_plural(self.unit)}: of those predicted rightly, "
            f"half flip within {half}, a quarter within {first}, three quarters within {third}.",
            f"{'step':>8}  accuracy",
        ]
        for step, *three in zip(self.grid, self.accuracy, low, high, strict=True):
            share, least, most = (100 * one for one in three)
            lines.append(f"{step:8.3g}  {share:.1f}% [{least:.1f}–{most:.1f}]")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return (
            f"Robustness({len(self.steps)} rows, accuracy {self.accuracy[0]:.0%}, half of the "
            f"right ones flip within {self.quartiles[1]:.3g} {_plural(self.unit)})"
        )


def _plural(unit: str) -> str:
    return unit.replace("share of", "shares of")
