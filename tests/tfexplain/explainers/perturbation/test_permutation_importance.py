"""Permutation importance: closed forms, and scikit-learn's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tfexplain import PermutationImportance
from tfexplain.explainers.perturbation.permutation_importance import partners

RNG = np.random.default_rng(0)
WEIGHTS = np.array([2.0, 0.0, -1.0])


def test_all_others_of_a_linear_model() -> None:
    x = RNG.normal(size=(6, 3)).astype("float32")
    found = PermutationImportance(repeats=5)(lambda rows: rows @ WEIGHTS, x)
    others = (x.sum(axis=0) - x) / 5
    assert np.allclose(found.values, WEIGHTS * (x - others), atol=1e-5)
    assert found.passes is not None
    assert found.passes.tolist() == [15] * 6


def test_drawn_others_of_a_linear_model() -> None:
    """Over a whole cycle a linear function loses nothing on average."""
    x = RNG.normal(size=(20, 3)).astype("float32")
    found = PermutationImportance(repeats=3)(lambda rows: rows @ WEIGHTS, x).values
    assert np.allclose(found.mean(axis=0), 0, atol=1e-6)
    orders = partners(20, 3, np.random.default_rng(0))
    wanted = WEIGHTS * (x - np.mean([x[order] for order in orders], axis=0))
    assert np.allclose(found, wanted, atol=1e-5)


def test_no_sample_is_its_own_partner() -> None:
    for samples, repeats in ((2, 5), (7, 3), (50, 4)):
        found = partners(samples, repeats, np.random.default_rng(1))
        assert len(found) == min(repeats, samples - 1)
        for order in found:
            assert sorted(order) == list(range(samples))
            assert (order != np.arange(samples)).all()


def test_the_mean_is_scikit_learns_importance() -> None:
    """Of the mean probability of the true class, as far as so many repeats tell."""
    data = load_wine()
    x = StandardScaler().fit_transform(data.data)[:, :6]
    model = LogisticRegression().fit(x, data.target)

    def certainty(model: Any, rows: Any, labels: Any) -> float:
        return float(model.predict_proba(rows)[np.arange(len(rows)), labels].mean())

    theirs = permutation_importance(
        model, x, data.target, scoring=certainty, n_repeats=60, random_state=0
    )
    ours = PermutationImportance(repeats=60)(model.predict_proba, x, data.target)
    means = ours.values.mean(axis=0)
    assert np.allclose(means, theirs.importances_mean, atol=0.01)
    assert means.max() > 0.1


def test_features_in_groups_are_exchanged_together() -> None:
    x = np.array([[1.0, 2.0], [3.0, 5.0]], "float32")
    found = PermutationImportance(groups=[[0, 1]])(lambda rows: rows.prod(axis=1), x)
    assert found.values.tolist() == [[-13, -13], [13, 13]]


def test_tables_alone_are_explained() -> None:
    batch = {"image": np.ones((3, 4, 4, 1)), "row": RNG.normal(size=(3, 2)).astype("float32")}
    found = PermutationImportance().each(lambda x: x["row"].sum(axis=1), batch)
    assert list(found) == ["row"]


def test_the_same_seed_gives_the_same_bits() -> None:
    x = RNG.normal(size=(30, 3)).astype("float32")
    one, same, other = (
        PermutationImportance(seed=s)(lambda rows: np.tanh(rows @ WEIGHTS), x).values
        for s in (1, 1, 2)
    )
    assert one.tobytes() == same.tobytes()
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("shape", [(1, 3), (4, 8, 8, 1)])
def test_other_inputs_are_refused(shape: Any) -> None:
    with pytest.raises(ValueError, match="expected at least two samples of a table"):
        PermutationImportance()(lambda x: x.reshape(len(x), -1).sum(axis=1), np.ones(shape))


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="repeats=0: expected a whole number of at least 1"):
        PermutationImportance(repeats=0)
    with pytest.raises(ValueError, match="baseline: expected None"):
        PermutationImportance(baseline=0.0)
