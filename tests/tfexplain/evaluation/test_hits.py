"""Rates of classes against scikit-learn's, their intervals against scipy's and the bootstrap's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn import metrics
from support.scored_rows import ROWS, Scored

from tfexplain.evaluation.hits import (
    AVERAGES,
    RATES,
    Average,
    Rate,
    RowHits,
    confusion,
    of_classes,
    of_labels,
)
from tfexplain.quality.intervals import wilson
from tfexplain.types import Array

SKLEARN = {
    "precision": metrics.precision_score,
    "recall": metrics.recall_score,
    "f1": metrics.f1_score,
    "iou": metrics.jaccard_score,
}
each_rows = pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)


def hits_of(rows: Scored) -> RowHits:
    return of_classes(rows.labels, rows.predicted, rows.classes, rows.weights)


@each_rows
def test_confusion_is_scikit_learn_s(rows: Scored) -> None:
    expected = metrics.confusion_matrix(
        rows.labels, rows.predicted, labels=range(rows.classes), sample_weight=rows.weights
    )
    own = confusion(rows.labels, rows.predicted, rows.classes, rows.weights)
    np.testing.assert_allclose(own, expected, rtol=1e-12)


@each_rows
@pytest.mark.parametrize("name", RATES)
def test_rates_of_classes_are_scikit_learn_s(rows: Scored, name: Rate) -> None:
    expected = SKLEARN[name](
        rows.labels,
        rows.predicted,
        labels=range(rows.classes),
        average=None,
        sample_weight=rows.weights,
        zero_division=np.nan if name != "iou" else 0.0,
    )
    own = hits_of(rows).total().rate(name)
    if name == "iou":  # scikit-learn has no NaN for it
        own = np.nan_to_num(own)
    np.testing.assert_allclose(own, expected, rtol=1e-12)


@each_rows
@pytest.mark.parametrize("how", AVERAGES)
@pytest.mark.parametrize("name", RATES)
def test_averages_are_scikit_learn_s(rows: Scored, name: Rate, how: Average) -> None:
    expected = SKLEARN[name](
        rows.labels, rows.predicted, average=how, sample_weight=rows.weights, zero_division=0.0
    )
    assert float(hits_of(rows).total().average(name, how)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("how", AVERAGES)
@pytest.mark.parametrize("name", RATES)
def test_averages_of_many_labels_are_scikit_learn_s(name: Rate, how: Average) -> None:
    rng = np.random.default_rng(0)
    true, said = rng.random((2, 80, 5)) < np.array([0.5, 0.4, 0.3, 0.1, 0.05])
    own = of_labels(true, said, np.ones(80)).total()
    expected = SKLEARN[name](true, said, average=how, zero_division=0.0)
    assert float(own.average(name, how)) == pytest.approx(expected, rel=1e-12)


def test_intervals_of_rates_are_wilson_s() -> None:
    """Of whole weights the trials are rows; weights that are all alike change nothing."""
    rows = ROWS["above 0.999"]
    hits = hits_of(rows)
    counts = confusion(rows.labels, rows.predicted, rows.classes, rows.weights)
    for name, trials in (("precision", counts.sum(axis=0)), ("recall", counts.sum(axis=1))):
        expected = wilson(counts.diagonal() / trials, trials)
        heavy = RowHits(hits.hits, hits.false_alarms, hits.misses, 7 * hits.weights)
        for own in (hits.interval(name), heavy.interval(name)):
            np.testing.assert_allclose(own, expected, rtol=1e-12)


def test_weights_that_differ_widen_intervals() -> None:
    rows = ROWS["usual"]
    widths = []
    for weights in (rows.weights, np.ones_like(rows.weights)):
        hits = of_classes(rows.labels, rows.predicted, rows.classes, weights)
        low, high = hits.interval("recall")
        widths.append(high - low)
    assert (widths[0] > widths[1]).all()


@pytest.mark.parametrize("name", ["precision", "recall", "f1", "iou"])
def test_closed_intervals_are_near_the_bootstrap_s(name: Rate) -> None:
    rows = ROWS["above 0.999"]
    hits = hits_of(rows)
    np.testing.assert_allclose(
        hits.interval(name), hits.interval(name, by_rows=False), atol=0.01, rtol=0
    )


def test_bootstrap_of_an_average_is_scipy_s() -> None:
    rows = ROWS["usual"]

    def macro(labels: Array, predicted: Array) -> float:
        return float(metrics.f1_score(labels, predicted, average="macro"))

    plain = of_classes(rows.labels, rows.predicted, rows.classes, np.ones(len(rows.labels)))
    expected = bootstrap(
        (rows.labels, rows.predicted),
        macro,
        paired=True,
        vectorized=False,
        n_resamples=500,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    np.testing.assert_allclose(plain.interval("f1", "macro"), expected, atol=0.012)


def test_pixels_of_one_picture_are_no_independent_trials() -> None:
    """Ten pictures of 100 pixels, each all right or all wrong, tell as much as ten rows."""
    right = np.arange(10) % 2
    hits = RowHits(
        100.0 * right[:, None], np.zeros((10, 1)), 100.0 * (1 - right)[:, None], np.ones(10)
    )
    low, high = hits.interval("iou", by_rows=False)
    assert float(high[0] - low[0]) > 0.5
