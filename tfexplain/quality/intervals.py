"""Confidence intervals of shares."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Z95 = 1.959963984540054  # the 97.5th percentile of the standard normal distribution


def wilson(
    shares: npt.ArrayLike, count: int, z: float = Z95
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Computes Wilson's score interval of shares of `count` trials: (low, high).

    Args:
        shares: Observed shares, 0 to 1.
        count: Number of trials, at least 1.
        z: Quantile of the standard normal distribution; default of 95% confidence.

    References:
        Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953

    >>> low, high = wilson(0.0, 10)
    >>> float(low), round(float(high), 3)
    (0.0, 0.278)
    """
    share = np.asarray(shares, np.float64)
    middle = share + z**2 / (2 * count)
    half = z * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    whole = 1 + z**2 / count
    low, high = (middle - half) / whole, (middle + half) / whole
    return np.clip(low, 0, share), np.clip(high, share, 1)
