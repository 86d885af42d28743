"""Deletion, insertion, ROAD, infidelity and correlation on models whose answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tfexplain import FeatureAblation, InputXGradient, Occlusion, explain
from tfexplain.attribution import Attribution
from tfexplain.errors import TfexplainError
from tfexplain.trust import (
    ROAD,
    Deletion,
    FaithfulnessCorrelation,
    Infidelity,
    Insertion,
)
from tfexplain.trust.road import imputed

RNG = np.random.default_rng(0)
WEIGHTS = RNG.normal(size=(5, 6))
X = RNG.uniform(0.5, 1, (4, 5, 6, 1)).astype("f4")


def linear(x: Any) -> Any:
    """A weighted sum of the pixels."""
    return (x[..., 0] * WEIGHTS).sum(axis=(1, 2))


def as_map(values: Any) -> Attribution:
    """Evidence at the input of a function that gives one number."""
    maps = np.asarray(values, np.float32)
    none = np.full(len(maps), -1, np.int32)
    return Attribution(maps, none, linear(X).astype("f4"), "input", "Mine", "output", True)


CONTRIBUTIONS = X[..., 0] * WEIGHTS


def by_hand(maps: Any, keep_first: bool, steps: int) -> Any:
    """The area under the score with the first k positions shown, or hidden, in a loop."""
    areas = []
    for values, own in zip(maps, CONTRIBUTIONS, strict=True):
        order = np.argsort(-values.ravel())
        scores = []
        for share in np.linspace(0, 1, steps + 1):
            first = order[: int(np.round(30 * share))]
            rest = np.setdiff1d(order, first)
            scores.append(own.ravel()[first if keep_first else rest].sum())
        areas.append(np.trapezoid(scores, dx=1 / steps))
    return areas


@pytest.mark.parametrize(("metric", "keep"), [(Deletion, False), (Insertion, True)])
def test_the_curves_are_those_of_a_loop(metric: Any, keep: bool) -> None:
    found = metric(steps=10)(linear, X, None, as_map(CONTRIBUTIONS))
    np.testing.assert_allclose(found.values, by_hand(CONTRIBUTIONS, keep, 10), rtol=1e-5)
    assert found.unit == "output"
    ends = found.curves["map"][:, [0, -1]]
    expected = np.stack([linear(X), np.zeros(4)], axis=1)
    np.testing.assert_allclose(ends, expected[:, ::-1] if keep else expected, atol=1e-5)
    assert found.passes == 3 * 11 * 4


def test_the_order_of_contributions_is_the_best_and_their_opposite_the_worst() -> None:
    best, worst = (Deletion()(linear, X, None, as_map(s * CONTRIBUTIONS)) for s in (1, -1))
    assert best.chance is not None
    assert (best.values < best.chance).all()
    assert (worst.values > best.chance).all()
    assert (best.values < best.beside["edges"]).all()
    np.testing.assert_array_equal(best.chance, worst.chance)


def test_scaling_a_map_of_one_sample_changes_nothing_but_its_order_would() -> None:
    scaled = as_map(CONTRIBUTIONS * np.array([1, 10, 0.1, 3])[:, None, None])
    found = [Deletion()(linear, X, None, one).values for one in (as_map(CONTRIBUTIONS), scaled)]
    np.testing.assert_array_equal(*found)


def test_equal_values_are_hidden_in_random_order_not_in_that_of_pixels() -> None:
    level = as_map(np.zeros_like(CONTRIBUTIONS))
    found = [Deletion(seed=seed)(linear, X, None, level).values for seed in range(2)]
    assert (found[0] != found[1]).all()
    by_pixels = by_hand(-np.arange(30).reshape(1, 5, 6).repeat(4, 0), False, 20)
    assert not np.isclose(found[0], by_pixels).any()


def test_padding_is_no_position() -> None:
    ids = np.array([[3, 1, 0, 0, 0, 0], [2, 1, 4, 5, 0, 0]], np.int32)
    count = lambda x: (x != 0).sum(axis=1).astype("f4")  # noqa: E731
    found = Deletion(steps=2)(count, ids, None, Occlusion(window=1, stride=1))
    # Half of the words of each text, not half of its places.
    assert found.curves["map"].tolist() == [[2, 1, 0], [4, 2, 0]]


def test_maps_of_contributions_foretell_all_and_others_what_they_can() -> None:
    exact = FeatureAblation(groups=(5, 6))
    for metric, perfect in ((FaithfulnessCorrelation(), 1), (Infidelity(), 0)):
        np.testing.assert_allclose(metric(linear, X, None, exact).values, perfect, atol=1e-5)
        tenfold = metric(linear, X, None, as_map(10 * CONTRIBUTIONS))
        np.testing.assert_allclose(tenfold.values, perfect, atol=1e-5)
    zeros = as_map(np.zeros_like(CONTRIBUTIONS))
    assert np.isnan(FaithfulnessCorrelation()(linear, X, None, zeros).values).all()
    np.testing.assert_allclose(Infidelity()(linear, X, None, zeros).values, 1, rtol=1e-12)
    opposite = FaithfulnessCorrelation()(linear, X, None, as_map(-CONTRIBUTIONS)).values
    np.testing.assert_allclose(opposite, -1, atol=1e-5)


def test_both_are_what_a_loop_over_subsets_of_single_pixels_gives() -> None:
    maps = RNG.normal(size=CONTRIBUTIONS.shape)
    metrics = [m(groups=(5, 6), subsets=30) for m in (FaithfulnessCorrelation, Infidelity)]
    correlation, infidelity = (m(linear, X, None, as_map(maps)).values for m in metrics)
    hidden = 1 - metrics[0]._kept(np.array([30]), 4)
    assert (hidden.sum(axis=2) == 15).all()
    for i in range(4):
        sums = hidden[i] @ maps[i].ravel()
        falls = hidden[i] @ CONTRIBUTIONS[i].ravel()
        assert correlation[i] == pytest.approx(np.corrcoef(sums, falls)[0, 1], abs=1e-5)
        fitted = np.linalg.lstsq(sums[:, None], falls, rcond=None)[0]
        error = np.sum((sums[:, None] @ fitted - falls) ** 2) / np.sum(falls**2)
        assert infidelity[i] == pytest.approx(error, abs=1e-4)


@pytest.mark.parametrize("band", [0, 64])
def test_removed_pixels_are_what_their_neighbours_say(
    monkeypatch: pytest.MonkeyPatch, band: int
) -> None:
    """Solved as a banded system of several pictures at once, and as a sparse one of each."""
    monkeypatch.setattr("tfexplain.trust.road._BAND", band)
    several = RNG.random((2, 7, 8)) < 0.6
    pictures = RNG.normal(size=(2, 7, 8, 2))
    removed, values = several[1], pictures[1]
    filled = imputed(pictures, several)[1]
    np.testing.assert_array_equal(filled[~removed], values[~removed])
    for row, column in np.argwhere(removed):
        total, weights = 0.0, 0.0
        for y in range(max(row - 1, 0), min(row + 2, 7)):
            for x in range(max(column - 1, 0), min(column + 2, 8)):
                weight = {0: 0, 1: 2, 2: 1}[abs(y - row) + abs(x - column)]
                total, weights = total + weight * filled[y, x], weights + weight
        np.testing.assert_allclose(filled[row, column], total / weights, rtol=1e-9)
    slope = np.add.outer(np.arange(7.0), np.arange(8.0))[None, ..., None]
    inside = np.zeros((1, 7, 8), bool)
    inside[:, 2:5, 2:6] = True
    np.testing.assert_allclose(imputed(slope, inside), slope, rtol=1e-9)


def test_road_tells_contributions_from_their_opposite() -> None:
    bright = 5 * X
    bright[:, 2, 3] += 5  # a spot that its surroundings do not have
    spot = lambda x: x[:, 2, 3, 0]  # noqa: E731
    at, away = np.zeros((2, 4, 5, 6))
    at[:, 2, 3], away[:, 0, 0] = 1, 1
    right = ROAD(removed=(0.1,), noise=0)(spot, bright, None, as_map(at))
    assert (right.values < bright[:, 2, 3, 0] - 4).all()
    neighbours = bright[:, 1:4, 2:5, 0]
    assert (right.values <= neighbours.max(axis=(1, 2))).all()
    kept = ROAD(removed=(0.1,), noise=0)(spot, bright, None, as_map(away))
    assert kept.values[0] >= right.values[0]


def test_what_cannot_be_measured_is_said() -> None:
    rows = np.ones((2, 4), "f4")
    total = lambda x: x.sum(axis=1)  # noqa: E731
    with pytest.raises(TfexplainError, match="expected pictures or volumes"):
        ROAD()(total, rows, None, Occlusion())
    with pytest.raises(TfexplainError, match="expected an explainer such as GradCAM"):
        Deletion()(total, rows)
    two = Occlusion()(total, rows)
    with pytest.raises(TfexplainError, match="expected a map of each of 3 samples"):
        Deletion()(total, np.ones((3, 4), "f4"), None, two)
    with pytest.raises(TfexplainError, match="steps=0: expected a whole number"):
        Deletion(steps=0)


def test_an_explainer_and_its_result_are_judged_alike() -> None:
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((5, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    explainer = InputXGradient()
    result = explain(model, X, [0, 1, 2, 0], explainers=explainer)["InputXGradient"]
    own, given = (Deletion()(model, X, [0, 1, 2, 0], one) for one in (explainer, result))
    np.testing.assert_array_equal(own.values, given.values)
    assert own.unit == "probability"
    assert str(own).startswith("Deletion: ")
    assert "lower is better; chance " in str(own)
