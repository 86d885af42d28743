"""Holds a number with its 95% interval: shares of rows by Wilson, R2 by bootstrap."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tfexplain.evaluation.values import score, score_interval
from tfexplain.quality.intervals import wilson


class Estimate(NamedTuple):
    """A number with its 95% interval."""

    value: float
    low: float
    high: float


UNKNOWN = Estimate(np.nan, np.nan, np.nan)


def share_of(hits: npt.NDArray[np.bool_]) -> Estimate:
    """Computes the share of rows that are hit, with Wilson's interval; NaN without rows.

    >>> share_of(np.array([True, True, False, True])).value
    0.75
    """
    if not len(hits):
        return UNKNOWN
    share = hits.mean()
    low, high = wilson(share, len(hits))
    return Estimate(float(share), float(low), float(high))


def r2_of(true: npt.ArrayLike, said: npt.ArrayLike) -> Estimate:
    """Computes R2 with its bootstrap interval; NaN where all true values are equal."""
    ones = np.ones(np.size(true))
    if len(np.unique(np.asarray(true))) < 2:
        return UNKNOWN
    value = float(score("R2", true, said, ones))
    return Estimate(value, *score_interval("R2", true, said, ones))
