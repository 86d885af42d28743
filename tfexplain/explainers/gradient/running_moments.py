"""Computes mean and variance of arrays that come in chunks."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Statistic = Literal["mean", "square", "variance"]


class RunningMoments:
    """Accumulates mean and variance over the first axis; holds two arrays only.

    References:
        Chan et al. 1979, "Updating formulae and a pairwise algorithm for computing sample
        variances": unlike a difference of squares it is 0 for values that do not vary.

    Example:
        >>> moments = RunningMoments()
        >>> moments.add(np.array([[1.0], [2.0]]))
        >>> moments.add(np.array([[6.0]]))
        >>> moments.of("mean"), moments.of("variance").round(3)
        (array([3.]), array([4.667]))
    """

    def __init__(self) -> None:
        self._count = 0
        self._mean: Any = 0.0
        self._squares: Any = 0.0  # of the distances from the mean, summed

    def add(self, values: npt.NDArray[Any]) -> None:
        """Adds values [c, ...]."""
        count, mean = len(values), values.mean(axis=0, dtype=np.float64)
        total, apart = self._count + count, mean - self._mean
        self._squares = (
            self._squares
            + np.square(values - mean).sum(axis=0)
            + np.square(apart) * (self._count * count / total)
        )
        self._mean = self._mean + apart * (count / total)
        self._count = total

    def of(self, statistic: Statistic) -> npt.NDArray[Any]:
        """Returns the mean, the mean square, or the variance, float64 [...]."""
        mean, variance = np.asarray(self._mean), np.asarray(self._squares / self._count)
        if statistic == "mean":
            return mean
        return variance if statistic == "variance" else variance + np.square(mean)
