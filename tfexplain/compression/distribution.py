"""How the weights of a kernel are spread: moments and a histogram, zeros apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.compression.buffers import Array
from tfexplain.compression.weights import LayerWeights

BINS = 64


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of the finite weights that are not zero, in bins of one width.

    Attributes:
        low: Left edge of the first bin, the least weight.
        high: Right edge of the last bin, the greatest weight.
        counts: int64 [64].
        zeros: Weights equal to zero, in no bin.
        nonfinite: NaN and infinities, in no bin.
    """

    low: float
    high: float
    counts: npt.NDArray[np.int64]
    zeros: int
    nonfinite: int

    @property
    def edges(self) -> npt.NDArray[np.float64]:
        """float64 [65]."""
        return np.linspace(self.low, self.high, BINS + 1)


class Moments:
    """Sums in float64 over the finite weights, zeros included."""

    def __init__(self) -> None:
        self.count = self.nonfinite = 0
        self.sum = self.squares = 0.0
        self.low, self.high = np.inf, -np.inf

    def add(self, values: Array) -> None:
        """Take some weights, of any shape."""
        low, high = float(values.min()), float(values.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            finite = values[np.isfinite(values)]
            self.nonfinite += values.size - finite.size
            if finite.size:
                self.add(finite)
            return
        self.low, self.high = min(self.low, low), max(self.high, high)
        exact = values.astype(np.float64).reshape(-1)
        self.count += exact.size
        self.sum += float(exact.sum())
        self.squares += squares(exact)

    @property
    def mean(self) -> float:
        """Of the finite weights."""
        return self.sum / self.count if self.count else float("nan")

    @property
    def std(self) -> float:
        """Of the finite weights, over N."""
        if not self.count:
            return float("nan")
        return float(max(self.squares / self.count - self.mean**2, 0.0) ** 0.5)


def squares(exact: npt.NDArray[np.float64]) -> float:
    """Sum of squares of a vector."""
    # `exact @ exact` waits for OpenBLAS' threads: ten times slower while a training has the cores.
    return float(np.einsum("i,i->", exact, exact))


def histogram(layer: LayerWeights, moments: Moments, zeros: int) -> Histogram:
    """The histogram of the effective weights, whose range `moments` has found."""
    counts = np.zeros(BINS, np.int64)
    low, high = (moments.low, moments.high) if moments.count else (0.0, 0.0)
    for block in layer.blocks():
        values = block.piece.effective
        if moments.nonfinite:
            values = values[np.isfinite(values)]
        counts += _counts(values.reshape(-1), low, high)
    # Zeros share a bin with small weights until here.
    if zeros:
        counts[int(_bins(np.zeros(1, np.float32), low, high)[0])] -= zeros
    return Histogram(low, high, counts, zeros, moments.nonfinite)


def _bins(values: Array, low: float, high: float) -> npt.NDArray[np.uint8]:
    width = (high - low) / BINS
    scaled = values - np.float32(low)
    scaled *= np.float32(1 / width if width > 0 and np.isfinite(1 / width) else 0)
    np.clip(scaled, np.float32(0), np.float32(BINS - 1), out=scaled)
    bins: npt.NDArray[np.uint8] = scaled.astype(np.uint8)
    return bins


def _counts(values: Array, low: float, high: float) -> npt.NDArray[np.int64]:
    bins = _bins(values, low, high)
    odd = bins[-1:] if bins.size % 2 else bins[:0]
    # Two bytes are counted as one number: half the steps of the slowest part.
    pairs = np.bincount(bins[: bins.size - odd.size].view(np.uint16), minlength=BINS << 8)
    table = pairs.reshape(BINS, 256)[:, :BINS]
    counts: npt.NDArray[np.int64] = table.sum(axis=0) + table.sum(axis=1)
    return counts + np.bincount(odd, minlength=BINS)
