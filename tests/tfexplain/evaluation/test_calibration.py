"""Calibration against scikit-learn's curve and against one computed row by row."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from support.scored_rows import ROWS, Scored

from tfexplain.evaluation.calibration import calibration
from tfexplain.quality.intervals import wilson

each_rows = pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)


@each_rows
def test_bins_are_scikit_learn_s(rows: Scored) -> None:
    confidence = rows.probabilities.max(axis=1)
    right = rows.predicted == rows.labels
    own = calibration(confidence, right, np.ones(len(right)), bins=10)
    accuracy, means = calibration_curve(right, confidence, n_bins=10)
    full = own.rows > 0
    np.testing.assert_allclose(own.accuracy[full], accuracy)
    np.testing.assert_allclose(own.confidence[full], means)
    assert np.isnan(own.accuracy[~full]).all()
    assert own.rows.sum() == len(right)


@each_rows
def test_error_is_the_mean_gap_of_the_bins(rows: Scored) -> None:
    confidence = rows.probabilities.max(axis=1)
    right = rows.predicted == rows.labels
    own = calibration(confidence, right, rows.weights)
    gap = 0.0
    for low, high in zip(own.edges[:-1], own.edges[1:], strict=True):
        inside = (confidence > low) & (confidence <= high)
        gap += abs(np.sum(rows.weights[inside] * (right[inside] - confidence[inside])))
    assert own.error == pytest.approx(gap / rows.weights.sum(), rel=1e-9)
    assert own.error_low <= own.error_high


def test_intervals_of_the_bins_are_wilson_s() -> None:
    rows = ROWS["above 0.999"]
    right = rows.predicted == rows.labels
    own = calibration(rows.probabilities.max(axis=1), right, rows.weights)
    assert own.rows[-1] == len(right)
    assert (own.low[-1], own.high[-1]) == pytest.approx(wilson(right.mean(), len(right)))


def test_probabilities_that_are_right_as_often_as_they_say_have_no_error() -> None:
    """Of 0.25 one in four is right, of 0.75 three in four."""
    said, right = [0.25] * 4 + [0.75] * 4, [1, 0, 0, 0, 1, 1, 1, 0]
    assert calibration(said, right, np.ones(8)).error == pytest.approx(0, abs=1e-12)
