"""Measures the use of codes and scales: entropy, unused codes, scales out of proportion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.types import Array


@dataclass(frozen=True)
class ScaleHealth:
    """Holds the numbers of the distances between codes, one per channel or group.

    Attributes:
        count: How many scales.
        low: Least finite positive step.
        high: Greatest one.
        bad: How many are zero, negative or not finite.
    """

    count: int
    low: float
    high: float
    bad: int

    @property
    def spread(self) -> float:
        """Ratio high / low, which says how unevenly precision is distributed; NaN where all are
        bad."""
        return self.high / self.low if self.low else float("nan")


class CodeCounter:
    """Counts codes block by block."""

    def __init__(self, code_range: tuple[int, int], bits: float) -> None:
        self._least, self._most = code_range
        self._possible = float(2.0**bits)
        self.counts: npt.NDArray[np.int64] = np.zeros(self._most - self._least + 1, np.int64)

    def add(self, codes: Array) -> None:
        """Adds codes of any shape."""
        places = codes.reshape(-1).astype(np.int64) - self._least
        self.counts += np.bincount(places, minlength=len(self.counts))

    @property
    def use(self) -> float:
        """Share of used codes among 2^bits."""
        return float(np.count_nonzero(self.counts) / self._possible)

    @property
    def entropy(self) -> float:
        """Entropy in bits per code, at most `bits`."""
        shares = self.counts[self.counts > 0] / max(int(self.counts.sum()), 1)
        return float(-(shares * np.log2(shares)).sum()) + 0.0


def scale_health(steps: Array) -> ScaleHealth:
    """Measures distances between codes, float64 of any shape."""
    sound = steps[np.isfinite(steps) & (steps > 0)]
    low, high = (float(sound.min()), float(sound.max())) if sound.size else (0.0, 0.0)
    return ScaleHealth(steps.size, low, high, steps.size - sound.size)
