"""Rankings against scikit-learn's curves and scipy's two-sample test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn import metrics
from support.scored_rows import ROWS, Scored

from tfexplain.evaluation.ranking import Ranking, ranking, ranking_interval

CASES = [(name, label) for name, rows in ROWS.items() for label in range(rows.classes)]
each_class = pytest.mark.parametrize(("name", "label"), CASES)


def both(rows: Scored, label: int) -> bool:
    return 0 < (rows.labels == label).sum() < len(rows.labels)


# scikit-learn draws no curve of one class, and scipy compares two samples.
each_of_two = pytest.mark.parametrize(
    ("name", "label"), [(name, label) for name, label in CASES if both(ROWS[name], label)]
)


def ranked(rows: Scored, label: int) -> Ranking:
    return ranking(rows.probabilities[:, label], rows.labels == label, rows.weights)


@each_class
def test_areas_are_scikit_learn_s(name: str, label: int) -> None:
    rows = ROWS[name]
    own = ranked(rows, label)
    positive, scores = rows.labels == label, rows.probabilities[:, label]
    if not both(rows, label):
        assert np.isnan(own.auc)
        assert np.isnan(own.ks)
        assert bool(np.isnan(own.average_precision)) == (not positive.any())
        return
    auc = metrics.roc_auc_score(positive, scores, sample_weight=rows.weights)
    precision = metrics.average_precision_score(positive, scores, sample_weight=rows.weights)
    assert float(own.auc) == pytest.approx(auc, rel=1e-12)
    assert float(own.average_precision) == pytest.approx(precision, rel=1e-12)


@each_of_two
def test_curves_are_scikit_learn_s(name: str, label: int) -> None:
    rows = ROWS[name]
    own = ranked(rows, label)
    given = (rows.labels == label, rows.probabilities[:, label])
    false, true, thresholds = metrics.roc_curve(
        *given, sample_weight=rows.weights, drop_intermediate=False
    )
    np.testing.assert_allclose(own.false_positive_rate, false, atol=1e-12)
    np.testing.assert_allclose(own.true_positive_rate, true, atol=1e-12)
    np.testing.assert_array_equal(own.thresholds, thresholds[1:])
    precision, recall, _ = metrics.precision_recall_curve(*given, sample_weight=rows.weights)
    # It begins with the lowest threshold, and ends with a point of its own.
    np.testing.assert_allclose(own.precision[::-1], precision[:-1], atol=1e-12)
    np.testing.assert_allclose(own.true_positive_rate[:0:-1], recall[:-1], atol=1e-12)


@each_of_two
def test_ks_is_scipy_s(name: str, label: int) -> None:
    rows = ROWS[name]
    scores, positive = rows.probabilities[:, label], rows.labels == label
    own = ranking(scores, positive, np.ones(len(scores)))
    expected = ks_2samp(scores[positive], scores[~positive]).statistic
    assert float(own.ks) == pytest.approx(expected, rel=1e-12)


def test_gains_and_lift_of_a_known_order() -> None:
    """Half of the rows are positive: two of the first three, then one of three."""
    scores, positive = [6, 5, 4, 3, 2, 1], [True, True, False, False, False, True]
    own = ranking(scores, positive, np.ones(6))
    np.testing.assert_allclose(own.taken, np.arange(7) / 6)
    np.testing.assert_allclose(own.true_positive_rate, np.array([0, 1, 2, 2, 2, 2, 3]) / 3)
    np.testing.assert_allclose(own.lift, [2, 2, 4 / 3, 1, 0.8, 1])


def test_the_interval_of_the_auc_covers_the_truth_as_often_as_it_says() -> None:
    """Normal scores one deviation apart: the true area is Phi(1 / sqrt(2)) = 0.760."""
    rng = np.random.default_rng(0)
    positive = np.arange(120) < 40
    inside = 0
    for _ in range(60):
        scores = rng.normal(size=120) + positive
        low, high = ranking_interval(lambda of: of.auc, scores, positive, np.ones(120))
        inside += low <= 0.7602 <= high
    assert 0.85 * 60 <= inside <= 60
