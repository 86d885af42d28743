"""Shapley interactions: by the definition, in closed form, by another library."""

from __future__ import annotations

import itertools
import math
from typing import Any

import keras
import numpy as np
import pytest

from tfexplain import KernelSHAP, TfexplainError, shapley_interactions


def bent(x: Any) -> Any:
    x = np.asarray(x, np.float64)
    weights = np.linspace(-1, 2, x.shape[1])
    return np.tanh(x @ weights / 2) + x[:, 0] * x[:, 1] - np.maximum(x[:, 2], 0.2) * x[:, -1]


def by_definition(function: Any, row: Any, base: Any) -> Any:
    """A loop over pairs and coalitions."""
    features = len(row)

    def worth(members: Any) -> float:
        filled = base.copy()
        filled[list(members)] = row[list(members)]
        return float(function(filled[None])[0])

    found = np.zeros((features, features))
    for i, j in itertools.permutations(range(features), 2):
        others = [k for k in range(features) if k not in (i, j)]
        for size in range(len(others) + 1):
            weight = math.factorial(size) * math.factorial(features - size - 2)
            for s in itertools.combinations(others, size):
                more = worth({*s, i, j}) - worth({*s, i}) - worth({*s, j}) + worth(s)
                found[i, j] += weight / math.factorial(features - 1) * more
    return found


def test_every_pair_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(0)
    x, base = rng.normal(size=(3, 5)).astype("f4"), rng.normal(size=5).astype("f4")
    found = shapley_interactions(bent, x, baseline=base)
    for row, pairs in zip(x, found.pairs, strict=True):
        np.testing.assert_allclose(pairs, by_definition(bent, row, base), atol=2e-6)


def test_products_and_sums_in_closed_form() -> None:
    """Of x1 x2 the pair is all of it, of x1 x2 x3 each pair is half of it."""
    x = np.array([[2.0, 3.0, 5.0, 7.0]])
    found = shapley_interactions(lambda x: x[:, 0] * x[:, 1] + 4 * x[:, 2], x)
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 0] = 6
    np.testing.assert_allclose(found.pairs[0], expected, atol=1e-6)
    np.testing.assert_allclose(found.main[0], [0, 0, 20, 0], atol=1e-5)
    three = shapley_interactions(lambda x: x[:, 0] * x[:, 1] * x[:, 2], x).pairs[0]
    np.testing.assert_allclose(three[[0, 0, 1], [1, 2, 2]], 15, atol=1e-5)
    np.testing.assert_allclose(three[3], 0, atol=1e-5)
    (pair,) = found.strongest(1)
    assert pair.names == ("column 0", "column 1")
    assert (pair.strength, pair.low, pair.high, pair.mean) == pytest.approx((6, 6, 6, 6))


def test_main_effects_and_halves_of_pairs_are_the_shapley_values_of_a_network() -> None:
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(8, "tanh"), keras.layers.Dense(3, "softmax")]
    model = keras.Sequential([keras.Input((4,)), *layers])
    rng = np.random.default_rng(1)
    x, labels = rng.normal(size=(5, 4)).astype("f4"), np.array([0, 1, 2, 0, 1])
    rows = list(rng.normal(size=(3, 4)).astype("f4"))
    found = shapley_interactions(model, x, labels, baseline=rows)
    shapley = KernelSHAP(background=np.stack(rows))(model, x, labels)
    np.testing.assert_allclose(found.values, shapley.values, atol=1e-5)
    np.testing.assert_allclose(found.main + found.pairs.sum(2) / 2, shapley.values, atol=1e-5)
    np.testing.assert_array_equal(found.pairs, found.pairs.transpose(0, 2, 1))
    assert found.unit == "logit"
    assert found.passes == 5 * 3 * 16


def test_groups_of_columns_act_as_one_feature() -> None:
    x = np.ones((2, 12), "f4") * np.array([[1.0], [2.0]], "f4")
    product = lambda x: x[:, :4].sum(1) * x[:, 4:8].sum(1)  # noqa: E731
    columns = np.repeat([0, 1, 2], 4)
    found = shapley_interactions(product, x, groups=columns, feature_names=["a", "b", "c"])
    np.testing.assert_allclose(found.pairs[:, 0, 1], [16, 64])
    np.testing.assert_allclose(found.pairs[:, 2], 0)
    assert "a x b: 40 (16 to 64), mean +40" in repr(found)


def test_what_it_cannot_enumerate_is_said() -> None:
    with pytest.raises(TfexplainError, match=r"expected 2 to 10 features.*got 11.*groups="):
        shapley_interactions(bent, np.ones((2, 11)))
    with pytest.raises(TfexplainError, match="expected 2 to 10 features"):
        shapley_interactions(lambda x: x[:, 0], np.ones((2, 1)))
    with pytest.raises(TfexplainError, match="feature_names: expected 3"):
        shapley_interactions(bent, np.ones((2, 3)), feature_names=["a"])
    with pytest.raises(TfexplainError, match="input='other'"):
        shapley_interactions(bent, np.ones((2, 3)), input="other")
    with pytest.raises(TfexplainError, match="score='log'"):
        shapley_interactions(bent, np.ones((2, 3)), score="log")  # type: ignore[arg-type]
