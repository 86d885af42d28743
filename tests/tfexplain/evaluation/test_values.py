"""Scores of predicted numbers against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from tfexplain.evaluation.values import SCORES, Score, errors_by_value, score, score_interval

RNG = np.random.default_rng(0)
TRUE = RNG.gamma(2, size=400)
SAID = TRUE + RNG.normal(size=400) * (0.1 + 0.3 * TRUE)
WEIGHTS = RNG.choice([1.0, 2.0], size=400)
SKLEARN = {
    "mean absolute error": metrics.mean_absolute_error,
    "root mean squared error": metrics.root_mean_squared_error,
    "R2": metrics.r2_score,
}


@pytest.mark.parametrize("name", SKLEARN)
def test_scores_are_scikit_learn_s(name: Score) -> None:
    expected = SKLEARN[name](TRUE, SAID, sample_weight=WEIGHTS)
    assert float(score(name, TRUE, SAID, WEIGHTS)) == pytest.approx(expected, rel=1e-12)


def test_the_mean_error_has_a_sign() -> None:
    assert float(score("mean error", [1, 2], [2, 4], [1, 1])) == 1.5


@pytest.mark.parametrize("name", SCORES)
def test_intervals_hold_the_score_and_shrink_with_the_rows(name: Score) -> None:
    low, high = score_interval(name, TRUE, SAID, WEIGHTS)
    assert low < float(score(name, TRUE, SAID, WEIGHTS)) < high
    few = score_interval(name, TRUE[:40], SAID[:40], WEIGHTS[:40])
    assert few[1] - few[0] > high - low


def test_true_values_that_are_all_equal_have_no_r2() -> None:
    assert np.isnan(score("R2", [1, 1], [1, 2], [1, 1]))
    assert float(score("mean absolute error", [1, 1], [1, 2], [1, 1])) == 0.5


def test_errors_by_value_are_those_of_the_rows_of_each_group() -> None:
    own = errors_by_value(TRUE, SAID, WEIGHTS)
    assert own.rows.tolist() == [50] * 8
    assert (own.least[1:] > own.most[:-1]).all()
    for group in range(8):
        inside = (own.least[group] <= TRUE) & (own.most[group] >= TRUE)
        expected = np.average(np.abs(SAID - TRUE)[inside], weights=WEIGHTS[inside])
        assert own.error[group] == pytest.approx(expected)
        assert own.low[group] <= own.error[group] <= own.high[group]
    assert own.error[-1] > own.error[0]


def test_equal_values_stand_in_one_group() -> None:
    own = errors_by_value([0, 0, 0, 0, 0, 1], [1, 1, 1, 1, 1, 1], np.ones(6))
    assert own.rows.tolist() == [5, 1]
    assert own.error.tolist() == [1, 0]
