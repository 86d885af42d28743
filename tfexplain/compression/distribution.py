"""Computes moments and a histogram of the weights of a kernel, zeros apart."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt

from tfexplain.compression.weights import LayerWeights
from tfexplain.types import Array

BINS = 64
# Weights taken at a time: few enough that what is made of them stays in a core's own cache.
CHUNK = 1 << 16
_ROW = 1 << 13
_NARROWEST = 1e-300  # whose inverse is finite


@dataclass(frozen=True, eq=False)
class Histogram:
    """Holds counts of the finite weights that are not zero, in bins of one width.

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
        """Edges of the bins, float64 [65]."""
        return np.linspace(self.low, self.high, BINS + 1)


class Moments:
    """Accumulates float64 sums over the finite weights, zeros included."""

    def __init__(self) -> None:
        self.count = self.nonfinite = 0
        self.sum = self.squares = 0.0
        self.low = self.high = float("nan")

    def add(self, values: Array) -> None:
        """Adds weights of any shape."""
        flat = values.reshape(-1)
        for start in range(0, flat.size, CHUNK):
            self._add(flat[start : start + CHUNK])

    def _add(self, values: Array) -> None:
        low, high = float(values.min()), float(values.max())
        if not (isfinite(low) and isfinite(high)):
            finite = values[np.isfinite(values)]
            self.nonfinite += values.size - finite.size
            if finite.size:
                self._add(finite)
            return
        self.low, self.high = float(np.fmin(self.low, low)), float(np.fmax(self.high, high))
        self.count += values.size
        exact = values.astype(np.float64)
        self.sum += float(exact.sum())
        self.squares += squares(exact)

    @property
    def mean(self) -> float:
        """Mean of the finite weights."""
        return self.sum / self.count if self.count else float("nan")

    @property
    def std(self) -> float:
        """Standard deviation of the finite weights, over N."""
        if not self.count:
            return float("nan")
        return float(max(self.squares / self.count - self.mean**2, 0.0) ** 0.5)


def squares(exact: npt.NDArray[np.float64]) -> float:
    """Computes the sum of squares of a vector."""
    # One BLAS dot product per row, six times as fast as einsum. Vectors above 10,000 numbers would
    # wake OpenBLAS' threads, and waiting for those is slow while a training has the cores.
    rows = exact[: exact.size // _ROW * _ROW].reshape(-1, _ROW)
    rest = exact[rows.size :]
    return float(np.matmul(rows[:, None, :], rows[:, :, None]).sum() + rest @ rest)


def histogram_of(values: Array) -> tuple[Histogram, Moments]:
    """Computes the histogram and the moments of an array of any shape, of thousands of numbers."""
    flat, moments = np.asarray(values, np.float32).reshape(-1), Moments()
    moments.add(flat)
    finite = flat[np.isfinite(flat)] if moments.nonfinite else flat
    some = finite[finite != 0].astype(np.float64)
    low, high = (float(some.min()), float(some.max())) if some.size else (0.0, 0.0)
    scale = BINS / (high - low) if high - low > _NARROWEST else 0.0
    counts = np.bincount(((some - low) * scale).astype(np.int64), minlength=BINS + 1)
    counts[-2] += counts[-1]  # the greatest lies on the last edge
    return Histogram(low, high, counts[:-1], finite.size - some.size, moments.nonfinite), moments


def histogram(layer: LayerWeights, moments: Moments, zeros: int) -> Histogram:
    """Computes the histogram of the effective weights; `moments` has their range."""
    low, high = (moments.low, moments.high) if moments.count else (0.0, 0.0)
    counter = _BinCounter(low, high)
    for block in layer.blocks():
        values = block.piece.effective
        counter.add(values[np.isfinite(values)] if moments.nonfinite else values.reshape(-1))
    counts = counter.counts()
    # Zeros share a bin with small weights until here.
    if zeros:
        place = int(counter.bins(np.zeros(1, np.float32))[0])
        counts[min(place, BINS - 1)] -= zeros
    return Histogram(low, high, counts, zeros, moments.nonfinite)


class _BinCounter:
    """Counts weights of a known range, two at a time."""

    def __init__(self, low: float, high: float) -> None:
        span = high - low
        # float32 would overflow at the ends of its own range.
        self._dtype = np.dtype(np.float32 if 1e-30 < span < 1e38 else np.float64)
        self._low, self._scale = low, BINS / span if span > _NARROWEST else 0.0
        self._scaled = np.empty(CHUNK, self._dtype)
        # Two bins of a byte each are counted as one number: half the steps of the slowest part.
        # The greatest weight lies on the last edge, in a bin of its own until all are counted.
        self._pairs = np.zeros((BINS + 1) << 8, np.int64)
        self._odd = np.zeros(BINS + 1, np.int64)

    def add(self, values: Array) -> None:
        """Adds finite weights, [n]."""
        for start in range(0, values.size, CHUNK):
            bins = self.bins(values[start : start + CHUNK])
            even = bins.size // 2 * 2
            self._pairs += np.bincount(bins[:even].view(np.uint16), minlength=len(self._pairs))
            self._odd[bins[even:]] += 1

    def bins(self, values: Array) -> npt.NDArray[np.uint8]:
        """Computes the bins of at most `CHUNK` weights, 0 to 64."""
        scaled = self._scaled[: values.size]
        wide = np.result_type(values, self._dtype)
        np.subtract(values, self._low, out=scaled, dtype=wide, casting="same_kind")
        np.multiply(scaled, self._scale, out=scaled)
        return scaled.astype(np.uint8)

    def counts(self) -> npt.NDArray[np.int64]:
        """Returns the counts, int64 [64]."""
        table = self._pairs.reshape(BINS + 1, 256)[:, : BINS + 1]
        counts: npt.NDArray[np.int64] = table.sum(axis=0) + table.sum(axis=1) + self._odd
        counts[-2] += counts[-1]
        return counts[:-1]
