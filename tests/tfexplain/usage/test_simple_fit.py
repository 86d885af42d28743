"""Simple models are those of scikit-learn and of closed forms, and say what they cannot say."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from tfexplain.errors import TfexplainError
from tfexplain.quality.intervals import wilson
from tfexplain.usage.simple_fit import MOST_CLASSES, fit_simple_models

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(600, 4)) * [1, 10, 0.1, 1] + [0, 5, 0, 0]
ROWS[:, 3] = 2.0  # a column that says nothing
SAID = (ROWS[:, 0] + (ROWS[:, 1] > 5) > 0.5).astype(int)
NAMES = ["a", "b", "c", "d"]


def halves(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(seed).permutation(len(ROWS))
    return order[:300], order[300:]


def test_fidelity_is_the_share_of_held_out_rows_that_are_answered_alike() -> None:
    labels = np.where(RNG.random(600) < 0.2, 1 - SAID, SAID).astype(float)
    labels[:7] = np.nan
    found = fit_simple_models(ROWS, SAID, labels, of_classes=True, names=NAMES)
    fitted, held = halves()
    scaler = StandardScaler().fit(ROWS[fitted])
    model = LogisticRegression(max_iter=1000).fit(scaler.transform(ROWS[fitted]), SAID[fitted])
    answers = model.predict(scaler.transform(ROWS[held]))
    share = (answers == SAID[held]).mean()
    assert found.rows == 300
    assert found.fidelity["linear"].value == pytest.approx(share)
    assert found.fidelity["linear"][1:] == pytest.approx(wilson(share, 300))
    np.testing.assert_allclose(found.coefficients, model.coef_, rtol=1e-6)
    assert found.classes.tolist() == [1]
    tree = found.tree.answers(ROWS[held])
    assert found.fidelity["tree"].value == (tree == SAID[held]).mean()
    assert found.constant == max(SAID[held].mean(), 1 - SAID[held].mean())
    known = np.isfinite(labels[held])
    assert known.sum() < 300
    for name, own in (("network", SAID[held]), ("linear", answers), ("tree", tree)):
        right = (own == labels[held])[known]
        assert found.on_labels[name].value == pytest.approx(right.mean())
    assert found.explains("tree")
    assert found.explains("linear")


def test_the_tree_asks_first_what_separates_best() -> None:
    found = fit_simple_models(ROWS, SAID, of_classes=True, names=NAMES)
    fitted, held = halves()
    # Gini impurity by hand, over all features and all places between two rows.
    best = (np.inf, 0, 0.0)
    for feature in range(4):
        values = np.unique(ROWS[fitted, feature])
        for bound in (values[:-1] + values[1:]) / 2:
            below = ROWS[fitted, feature] <= bound
            sides = [SAID[fitted][below], SAID[fitted][~below]]
            if min(map(len, sides)) < 5:
                continue
            gini = sum(len(s) * 2 * s.mean() * (1 - s.mean()) for s in sides)
            best = min(best, (gini, feature, bound))
    assert found.tree.feature[0] == best[1]
    assert found.tree.threshold[0] == pytest.approx(best[2])
    # Each rule says the rows at its leaf, and in how many of them the network answers so.
    reached = found.tree.reached(ROWS[held])
    for leaf, rule in zip(found.tree.leaves, found.rules, strict=True):
        own = SAID[held][reached == leaf]
        share = (own == found.tree.value[leaf]).mean()
        assert rule.endswith(f": {found.tree.value[leaf]:.0f} ({share:.0%} of {len(own)} rows)")


def test_values_are_answered_by_a_ridge_and_scored_by_r2() -> None:
    said = 3 * ROWS[:, 0] + ROWS[:, 1] ** 2
    found = fit_simple_models(ROWS, said, said + 1, of_classes=False, names=NAMES)
    fitted, held = halves()
    middle, spread = ROWS[fitted].mean(axis=0), ROWS[fitted].std(axis=0)
    scaled = (ROWS - middle) / np.where(spread > 0, spread, 1)
    x, y = scaled[fitted], said[fitted]
    weights = np.linalg.solve(x.T @ x + np.eye(4), x.T @ (y - y.mean()))
    np.testing.assert_allclose(found.coefficients, weights[None], atol=1e-6)
    assert len(found.classes) == 0
    linear = scaled[held] @ weights + y.mean()
    assert found.fidelity["linear"].value == pytest.approx(r2_score(said[held], linear))
    tree = found.tree.answers(ROWS[held])
    assert found.fidelity["tree"].value == pytest.approx(r2_score(said[held], tree))
    assert found.constant == 0.0
    assert found.on_labels["network"].value == pytest.approx(r2_score(said[held] + 1, said[held]))
    low, high = found.fidelity["tree"][1:]
    assert low < found.fidelity["tree"].value < high
    leaf = found.tree.leaves[0]
    at = found.tree.reached(ROWS[held]) == leaf
    away = np.sqrt(((said[held][at] - found.tree.value[leaf]) ** 2).mean())
    assert found.tree_agree[leaf] == pytest.approx(away)


def test_where_nothing_is_explained_that_is_said() -> None:
    found = fit_simple_models(ROWS, RNG.integers(3, size=600), of_classes=True)
    assert not found.explains("tree")
    assert "it explains nothing" in found.sentences["tree"]
    assert "if " not in found.text
    # Above the constant answer, but not clearly so.
    value, low, _ = found.fidelity["linear"]
    assert not replace(found, constant=(low + value) / 2).explains("linear")
    assert replace(found, constant=low - 0.01).explains("linear")
    # A network with one answer is told by a constant.
    one = fit_simple_models(ROWS, np.full(600, 2), of_classes=True)
    assert one.fidelity["linear"].value == one.constant == 1.0
    assert one.rules == ["always: 2 (100% of 300 rows)"]
    assert not one.explains("linear")
    values = fit_simple_models(ROWS, np.full(600, 2.5), of_classes=False)
    assert np.isnan(values.fidelity["tree"].value)
    assert not values.explains("tree")


def test_simple_models_say_the_most_frequent_of_many_classes() -> None:
    said = np.minimum(np.abs(ROWS[:, 0] * 100).astype(int), 200)
    found = fit_simple_models(ROWS, said, of_classes=True, class_names=[f"#{i}" for i in range(9)])
    assert len(found.classes) <= MOST_CLASSES
    fitted, _ = halves()
    counts = np.bincount(said[fitted])
    assert counts[found.classes].min() >= np.sort(counts)[-MOST_CLASSES]


def test_too_few_rows_and_no_scikit_learn_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TfexplainError, match="expected at least 40 rows"):
        fit_simple_models(ROWS[:39], SAID[:39], of_classes=True)
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(ImportError, match=r"tfexplain\[simple\]"):
        fit_simple_models(ROWS, SAID, of_classes=True)
