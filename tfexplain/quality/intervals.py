"""Computes confidence intervals: of shares in closed form, of other statistics by bootstrap."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

Z95 = 1.959963984540054  # the 97.5th percentile of the standard normal distribution
RESAMPLES = 400


def wilson(shares: npt.ArrayLike, counts: npt.ArrayLike, z: float = Z95) -> tuple[Floats, Floats]:
    """Computes Wilson's score interval of shares of `counts` trials: (low, high).

    Args:
        shares: Observed shares, 0 to 1; NaN gives NaN.
        counts: Number of trials of each, above 0; of weighted trials see `effective_count`.
        z: Quantile of the standard normal distribution; default of 95% confidence.

    References:
        Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953

    >>> low, high = wilson(0.0, 10)
    >>> float(low), round(float(high), 3)
    (0.0, 0.278)
    """
    share = np.asarray(shares, np.float64)
    count = np.asarray(counts, np.float64)
    middle = share + z**2 / (2 * count)
    half = z * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    whole = 1 + z**2 / count
    low, high = (middle - half) / whole, (middle + half) / whole
    return np.clip(low, 0, share), np.clip(high, share, 1)


def paired_difference(gained: int, lost: int, count: int, z: float = Z95) -> tuple[float, float]:
    """Computes the interval of a difference of two shares of the same rows: (low, high).

    Wald's interval with half a row more in each of the four cells, which keeps its level for few
    rows too.

    Args:
        gained: Rows that only the second counts.
        lost: Rows that only the first counts.
        count: How many rows there are, above 0.
        z: Quantile of the standard normal distribution; default of 95% confidence.

    References:
        Agresti and Min 2005, https://doi.org/10.1002/sim.1781

    >>> low, high = paired_difference(0, 0, 10)
    >>> round(low, 3), round(high, 3)
    (-0.163, 0.163)
    """
    only, other, whole = gained + 0.5, lost + 0.5, count + 2
    middle = (only - other) / whole
    half = z * float(np.sqrt(only + other - (only - other) ** 2 / whole)) / whole
    return max(middle - half, -1.0), min(middle + half, 1.0)


def effective_count(total: npt.ArrayLike, squares: npt.ArrayLike) -> Floats:
    """Computes the effective sample size: how many rows of equal weight tell as much as these.

    Args:
        total: Sum of the weights.
        squares: Sum of their squares.

    Returns:
        Number of trials; NaN where there are none.

    References:
        Kish 1965, Survey Sampling

    >>> float(effective_count(4.0, 4.0)), float(effective_count(4.0, 10.0))
    (4.0, 1.6)
    """
    whole = np.asarray(total, np.float64)
    spread = np.asarray(squares, np.float64)
    empty: Floats = np.full(np.shape(whole), np.nan)
    return np.divide(whole**2, spread, out=empty, where=spread > 0)


@lru_cache(maxsize=8)
def resampled(rows: int, *, times: int = RESAMPLES, seed: int = 0) -> Floats:
    """Draws bootstrap samples as how often each holds each row: float64 [times, rows].

    A statistic that takes weights is resampled by these as factors of its weights.

    References:
        Efron 1979, https://doi.org/10.1214/aos/1176344552
    """
    rng = np.random.default_rng(seed)
    drawn = rng.integers(rows, size=(times, rows)) + rows * np.arange(times)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=times * rows)
    drawn_counts = counts.reshape(times, rows).astype(np.float64)
    drawn_counts.flags.writeable = False  # shared by all who ask for so many rows
    return drawn_counts


def percentile_interval(
    statistics: npt.ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Computes the percentile interval of resampled statistics: (low, high).

    Args:
        statistics: [times, ...]; samples in which one is NaN do not count for it.
        confidence: 0 to 1.
    """
    drawn = np.asarray(statistics, np.float64)
    tails = np.array([0.5 - confidence / 2, 0.5 + confidence / 2])
    known = np.isfinite(drawn).any(axis=0)
    bounds = np.full((2, *drawn.shape[1:]), np.nan)
    bounds[:, known] = np.nanquantile(drawn[:, known], tails, axis=0)
    return bounds[0], bounds[1]
