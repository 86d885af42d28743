"""Measures calibration: whether what is said with 80% confidence is right in 80% of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.evaluation.hits import share
from tfexplain.quality.intervals import (
    Floats,
    effective_count,
    percentile_interval,
    resampled,
    wilson,
)

BINS = 15


@dataclass(frozen=True)
class Calibration:
    """Confidence and accuracy in bins of equal width.

    Attributes:
        edges: float64 [B + 1], 0 to 1.
        weight: Weight of the rows of each bin, float64 [B].
        rows: Their number, int64 [B].
        confidence: Mean confidence; NaN where a bin is empty.
        accuracy: Share of right rows; NaN where a bin is empty.
        low: Lower bound of the 95% interval of the accuracy (Wilson).
        high: Upper bound.
        error: Expected calibration error (ECE): mean gap of confidence and accuracy by weight.
        error_low: Lower bound of its 95% interval (bootstrap).
        error_high: Upper bound.

    References:
        Guo et al. 2017, https://arxiv.org/abs/1706.04599, equation 3
    """

    edges: Floats
    weight: Floats
    rows: npt.NDArray[np.int64]
    confidence: Floats
    accuracy: Floats
    low: Floats
    high: Floats
    error: float
    error_low: float
    error_high: float


def calibration(
    confidence: npt.ArrayLike, right: npt.ArrayLike, weights: npt.ArrayLike, bins: int = BINS
) -> Calibration:
    """Measures the calibration of probabilities.

    Args:
        confidence: Probability of the predicted class (or of one class), 0 to 1, [N].
        right: Whether the row is of that class, [N].
        weights: [N].
        bins: Number of bins of equal width; a confidence on an edge counts for the bin below.
    """
    said = np.clip(np.asarray(confidence, np.float64), 0, 1)
    is_right, weight = np.asarray(right, np.float64), np.asarray(weights, np.float64)
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, said, side="left") - 1, 0, bins - 1)
    inside = np.eye(bins)[place]
    total = weight @ inside
    means = share((weight * said) @ inside, total)
    accuracy = share((weight * is_right) @ inside, total)
    low, high = wilson(accuracy, effective_count(total, weight**2 @ inside))
    gaps = inside * (is_right - said)[:, None]
    drawn = resampled(len(said)) * weight
    bounds = percentile_interval(_error(drawn, gaps))
    error = float(_error(weight, gaps))
    rows = np.bincount(place, minlength=bins)
    return Calibration(
        edges, total, rows, means, accuracy, low, high, error, float(bounds[0]), float(bounds[1])
    )


def _error(weights: Floats, gaps: Floats) -> Floats:
    return share(np.abs(weights @ gaps).sum(axis=-1), weights.sum(axis=-1))
