"""Scores rankings of two classes: ROC, precision and recall, KS, gains and lift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.evaluation.hits import share
from tfexplain.quality.intervals import Floats, percentile_interval, resampled


@dataclass(frozen=True)
class Ranking:
    """Rows from the highest score to the lowest, cut at each threshold; equal ones at once.

    Attributes:
        thresholds: float64 [K], falling; a row is positive where its score is at least this.
        found: Weight of positive rows at or above each, float64 [..., K]; leading axes are
            bootstrap samples.
        wrong: Weight of negative rows at or above each.
    """

    thresholds: Floats
    found: Floats
    wrong: Floats

    @property
    def true_positive_rate(self) -> Floats:
        """Recall at each threshold, [..., 1 + K], from 0 on; NaN without positive rows."""
        return _from_zero(share_of_last(self.found))

    @property
    def false_positive_rate(self) -> Floats:
        """Share of the negative rows at or above each threshold, [..., 1 + K], from 0 on."""
        return _from_zero(share_of_last(self.wrong))

    @property
    def precision(self) -> Floats:
        """Share of positive rows among those at or above each threshold, [..., K]."""
        return share(self.found, self.found + self.wrong)

    @property
    def taken(self) -> Floats:
        """Share of all rows at or above each threshold, [..., 1 + K], from 0 on."""
        return _from_zero(share_of_last(self.found + self.wrong))

    @property
    def lift(self) -> Floats:
        """How many times as many positive rows as in a random order, [..., K]."""
        return share(self.true_positive_rate[..., 1:], self.taken[..., 1:])

    @property
    def auc(self) -> Floats:
        """Area under the ROC curve, by the trapezoidal rule, [...]; 0.5 is chance.

        References:
            Hanley and McNeil 1982, https://doi.org/10.1148/radiology.143.1.7063747
        """
        heights, places = self.true_positive_rate, self.false_positive_rate
        means = (heights[..., 1:] + heights[..., :-1]) / 2
        return _over_thresholds(np.diff(places) * means)

    @property
    def average_precision(self) -> Floats:
        """Mean precision over the steps of recall, [...]; the share of positive rows is chance."""
        steps = np.diff(self.true_positive_rate)
        return _over_thresholds(steps * np.nan_to_num(self.precision))

    @property
    def ks(self) -> Floats:
        """Kolmogorov-Smirnov statistic: largest gap of the two rates, [...]."""
        gap = self.true_positive_rate - self.false_positive_rate
        largest: Floats = np.max(np.abs(gap), axis=-1)
        return largest


def ranking(scores: npt.ArrayLike, positive: npt.ArrayLike, weights: npt.ArrayLike) -> Ranking:
    """Ranks rows by their scores.

    Args:
        scores: Finite, [N].
        positive: Whether a row is of the class, [N].
        weights: [..., N].
    """
    given, is_positive = np.asarray(scores, np.float64), np.asarray(positive, bool)
    order = np.argsort(-given, kind="stable")
    falling = given[order]
    ends = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
    sorted_weights = np.asarray(weights, np.float64)[..., order]
    mine = is_positive[order]
    found = np.cumsum(sorted_weights * mine, axis=-1)[..., ends]
    wrong = np.cumsum(sorted_weights * ~mine, axis=-1)[..., ends]
    return Ranking(falling[ends], found, wrong)


def ranking_interval(
    statistic: Callable[[Ranking], Floats],
    scores: npt.ArrayLike,
    positive: npt.ArrayLike,
    weights: npt.ArrayLike,
) -> tuple[float, float]:
    """Computes the 95% bootstrap interval of a statistic of a ranking.

    >>> low, high = ranking_interval(lambda of: of.auc, [0.1, 0.4, 0.8], [0, 0, 1], [1, 1, 1])
    >>> low, high
    (1.0, 1.0)
    """
    drawn = resampled(np.size(scores)) * np.asarray(weights, np.float64)
    low, high = percentile_interval(statistic(ranking(scores, positive, drawn)))
    return float(low), float(high)


def share_of_last(sums: Floats) -> Floats:
    """Divides cumulative sums by their last one; NaN where it is 0."""
    return share(sums, np.broadcast_to(sums[..., -1:], sums.shape))


def _over_thresholds(parts: Floats) -> Floats:
    total: Floats = np.sum(parts, axis=-1)
    return total


def _from_zero(rates: Floats) -> Floats:
    start = np.where(np.isnan(rates[..., :1]), np.nan, 0.0)
    return np.concatenate([start, rates], axis=-1)
