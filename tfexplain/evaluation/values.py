"""Scores predictions of numbers: errors, and errors by the true value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tfexplain.evaluation.hits import share
from tfexplain.quality.intervals import Floats, percentile_interval, resampled

Score = Literal["mean absolute error", "root mean squared error", "mean error", "R2"]
SCORES: tuple[Score, ...] = (
    "mean absolute error",
    "root mean squared error",
    "mean error",
    "R2",
)


def score(name: Score, true: npt.ArrayLike, said: npt.ArrayLike, weights: npt.ArrayLike) -> Floats:
    """Computes a score of predicted numbers, float64 [...].

    Args:
        name: R2 is 1 - squared errors / squared deviations of the true values; NaN where these are
            all equal. The mean error is predicted minus true.
        true: [N].
        said: Predictions, [N].
        weights: [..., N]; leading axes are bootstrap samples.
    """
    truth, weight = np.asarray(true, np.float64), np.asarray(weights, np.float64)
    error = np.asarray(said, np.float64) - truth
    total = weight.sum(axis=-1)
    if name == "mean absolute error":
        return share(weight @ np.abs(error), total)
    if name == "mean error":
        return share(weight @ error, total)
    squares = weight @ error**2
    if name == "root mean squared error":
        return np.sqrt(share(squares, total))
    middle = share(weight @ truth, total)
    spread = np.sum(weight * (truth - middle[..., None]) ** 2, axis=-1)
    return 1 - share(squares, spread)


def score_interval(
    name: Score, true: npt.ArrayLike, said: npt.ArrayLike, weights: npt.ArrayLike
) -> tuple[float, float]:
    """Computes the 95% bootstrap interval of a score."""
    drawn = resampled(np.size(true)) * np.asarray(weights, np.float64)
    low, high = percentile_interval(score(name, true, said, drawn))
    return float(low), float(high)


@dataclass(frozen=True)
class ErrorsByValue:
    """Absolute errors of rows of about equal true values.

    Attributes:
        least: Least true value of each group, float64 [G].
        most: Largest.
        rows: Number of rows.
        error: Mean absolute error.
        low: Lower bound of its 95% interval (bootstrap).
        high: Upper bound.
    """

    least: Floats
    most: Floats
    rows: npt.NDArray[np.int64]
    error: Floats
    low: Floats
    high: Floats


def errors_by_value(
    true: npt.ArrayLike, said: npt.ArrayLike, weights: npt.ArrayLike, groups: int = 8
) -> ErrorsByValue:
    """Groups rows by their true values, as many rows in each as can be, equal values in one."""
    truth, weight = np.asarray(true, np.float64), np.asarray(weights, np.float64)
    error = np.abs(np.asarray(said, np.float64) - truth)
    cuts = np.unique(np.quantile(truth, np.linspace(0, 1, groups + 1)[1:-1]))
    place = np.unique(np.searchsorted(cuts, truth, side="left"), return_inverse=True)[1]
    inside = np.eye(place.max() + 1)[place]
    drawn = resampled(len(truth)) * weight
    low, high = percentile_interval(share((drawn * error) @ inside, drawn @ inside))
    members = [truth[place == group] for group in range(inside.shape[1])]
    return ErrorsByValue(
        np.array([values.min() for values in members]),
        np.array([values.max() for values in members]),
        np.bincount(place),
        share((weight * error) @ inside, weight @ inside),
        low,
        high,
    )
