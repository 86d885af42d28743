"""Gives the totals of one epoch with their intervals, cheap enough for all epochs of a log."""

from __future__ import annotations

import numpy as np

from tfexplain.evaluation import values
from tfexplain.evaluation.evaluated import Evaluated
from tfexplain.evaluation.segmented import Segmented
from tfexplain.quality.intervals import effective_count, wilson


def with_intervals(evaluated: Evaluated | Segmented) -> dict[str, tuple[float, float, float]]:
    """Computes `Evaluated.totals` with their 95% intervals, by name: value, low, high.

    Where an interval takes long, as of a ranking, or is not asked for anywhere, its bounds are NaN.
    """
    if isinstance(evaluated, Segmented):
        return evaluated.with_intervals()
    totals, known = evaluated.totals(), _intervals(evaluated)
    return {name: (value, *known.get(name, (np.nan, np.nan))) for name, value in totals.items()}


def _intervals(evaluated: Evaluated) -> dict[str, tuple[float, float]]:
    if not evaluated.known.any():
        return {}
    if not evaluated.is_of_classes:
        return {
            "mean_absolute_error": values.score_interval(
                "mean absolute error", *evaluated.numbers()
            )
        }
    weights = evaluated.validation.weights[evaluated.known]
    count = effective_count(weights.sum(), (weights**2).sum())
    right = evaluated.right[evaluated.known]
    low, high = wilson(np.average(right, weights=weights), count)
    calibrated = evaluated.calibration()
    least, most = evaluated.hits().interval("f1", "macro")
    return {
        "accuracy": (float(low), float(high)),
        "macro_f1": (float(least), float(most)),
        "calibration_error": (calibrated.error_low, calibrated.error_high),
    }
