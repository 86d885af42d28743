"""Kernel SHAP: Shapley values by their axioms, by all orders, by another framework and library."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.twin import gap_to

from tfexplain import KernelSHAP

GOLDEN = Path(__file__).parents[3] / "golden"
RNG = np.random.default_rng(0)
MANY = 12  # features: more than are enumerated by default


def bent(x: Any) -> Any:
    """No linear function, and not the same in any two features."""
    x = np.asarray(x, np.float64).reshape(len(x), -1)
    weights = np.linspace(-1, 2, x.shape[1])
    return np.tanh(x @ weights / 2) + x[:, 0] * x[:, 1] - np.maximum(x[:, 2], 0.2) * x[:, -1]


def by_all_orders(function: Any, x: Any, base: Any) -> Any:
    """The definition."""
    features = x.shape[1]
    values = np.zeros(x.shape)
    for order in itertools.permutations(range(features)):
        filled = np.broadcast_to(base, x.shape).copy()
        before = function(filled)
        for feature in order:
            filled[:, feature] = x[:, feature]
            after = function(filled)
            values[:, feature] += after - before
            before = after
    return values / math.factorial(features)


def test_golden() -> None:
    model = keras.models.load_model(GOLDEN / "tabular_mlp.keras")
    given = np.load(GOLDEN / "tabular_mlp.npz")
    expected = np.load(GOLDEN / "tabular_mlp.expected.npz")["shapley_exact"]
    found = KernelSHAP(baseline=given["baseline"])(model, given["x"], given["target"])
    assert gap_to(expected, found.values) < 1e-5
    assert found.passes is not None
    assert found.passes.tolist() == [64] * 6


def test_all_orders() -> None:
    x = RNG.normal(size=(3, 6)).astype("float32")
    found = KernelSHAP(baseline=0.5, coalitions=1)(bent, x)
    assert gap_to(by_all_orders(bent, x, 0.5), found.values) < 1e-5


@pytest.mark.parametrize("samples", [2 * MANY + 2, 100, 2000, 2**MANY])
def test_linear_models_are_exact_however_few_the_samples(samples: int) -> None:
    x, weights = RNG.normal(size=(2, MANY)).astype("float32"), RNG.normal(size=MANY)
    found = KernelSHAP(coalitions=samples, baseline=0.3)(lambda rows: rows @ weights, x)
    assert np.allclose(found.values, weights * (x - np.float32(0.3)), atol=1e-4)


@pytest.mark.parametrize("features", [5, MANY])
def test_efficiency(features: int) -> None:
    x = RNG.normal(size=(4, features)).astype("float32")
    found = KernelSHAP(coalitions=200, baseline=-0.2)(bent, x)
    wanted = bent(x) - bent(np.full_like(x, -0.2))
    assert np.allclose(found.values.sum(axis=1), wanted, atol=1e-5)
    assert found.completeness_gap is not None
    assert np.abs(found.completeness_gap).max() < 1e-5


@pytest.mark.parametrize("samples", [1000, 2**MANY])
def test_symmetry_and_dummy(samples: int) -> None:
    """Exact where all coalitions are asked; near it where they are drawn."""
    x = np.random.default_rng(3).normal(size=(2, MANY)).astype("float32")
    x[:, 1] = x[:, 0]

    def function(rows: Any) -> Any:  # does not read the last feature
        total = rows[:, 0] + rows[:, 1]
        return np.tanh(total) * rows[:, 2] + np.sin(rows[:, 3:-1].sum(axis=1) / 3)

    found = KernelSHAP(coalitions=samples)(function, x).values
    tolerance = 1e-5 if samples == 2**MANY else 0.05
    assert np.allclose(found[:, 0], found[:, 1], atol=tolerance)
    assert np.allclose(found[:, -1], 0, atol=tolerance)
    assert np.abs(found).max() > 0.2


def test_drawn_coalitions_come_close_to_all_of_them() -> None:
    x = RNG.normal(size=(3, MANY)).astype("float32")
    exact = KernelSHAP(coalitions=2**MANY)(bent, x).values
    few, more = (gap_to(exact, KernelSHAP(coalitions=n)(bent, x).values) for n in (60, 4000))
    assert more < 0.02 < few < 0.5


def test_the_same_seed_gives_the_same_bits() -> None:
    x = RNG.normal(size=(2, MANY)).astype("float32")
    one, same, other = (KernelSHAP(coalitions=100, seed=s)(bent, x).values for s in (1, 1, 2))
    assert one.tobytes() == same.tobytes()
    assert not np.array_equal(one, other)


def test_groups_share_their_value_evenly() -> None:
    image = RNG.normal(size=(2, 4, 4, 1)).astype("float32")
    found = KernelSHAP(groups=(2, 2))(bent, image)
    assert found.values.shape == (2, 4, 4)
    tiles = found.values.reshape(2, 2, 2, 2, 2)
    assert np.allclose(tiles, tiles[:, :, :1, :, :1])
    difference = bent(image) - bent(np.zeros_like(image))
    assert np.allclose(found.values.sum(axis=(1, 2)), difference, atol=1e-5)


def test_samples_with_other_numbers_of_groups() -> None:
    x = RNG.normal(size=(3, 5)).astype("float32")
    groups = {float(x[0, 0]): [0, 0, 1, 1, 2], float(x[1, 0]): [0, 1, 2, 3, 4]}

    def own(row: Any) -> Any:
        return np.array(groups.get(float(row[0]), [0] * 5))

    found = KernelSHAP(groups=own)(bent, x).values
    for i in range(3):
        alone = KernelSHAP(groups=own(x[i]))(bent, x[i : i + 1]).values[0]
        assert np.allclose(found[i], alone, atol=1e-5)
    assert np.allclose(found[2], (bent(x[2:]) - bent(0 * x[2:])) / 5, atol=1e-5)


@pytest.mark.filterwarnings("ignore")  # its own, on import
def test_the_shap_package_agrees_on_a_table_with_a_background() -> None:
    shap = pytest.importorskip("shap")
    x, background = (RNG.normal(size=(n, 6)).astype("float32") for n in (4, 7))
    # Asked for more than the 62 coalitions there are, it takes them all. (Its other exact
    # explainers first compile for most of a minute.)
    explainer = shap.KernelExplainer(bent, background)
    theirs = explainer.shap_values(x, nsamples=1000, l1_reg=False, silent=True)
    ours = KernelSHAP(background=background)(bent, x)
    assert gap_to(theirs, ours.values) < 1e-5
    assert ours.passes is not None
    assert ours.passes.tolist() == [64 * 7] * 4


def test_a_background_for_each_input() -> None:
    a, b = np.array([[2.0, 3.0]], "float32"), np.array([[5.0]], "float32")
    background = {"a": np.array([[0.0, 0.0], [4.0, 2.0]]), "b": np.array([[1.0], [3.0]])}
    method = KernelSHAP(background=background)
    found = method.each(lambda x: x["a"].sum(axis=1) * x["b"][:, 0], {"a": a, "b": b})
    assert np.allclose(found["a"].values, [[0, 10]])
    assert np.allclose(found["b"].values, [[15]])


def test_wrong_settings_are_refused() -> None:
    x = np.ones((1, MANY), "float32")
    with pytest.raises(ValueError, match=r"coalitions=20: expected at least 26 for 12 features"):
        KernelSHAP(coalitions=20)(bent, x)
    with pytest.raises(ValueError, match="background: expected no baseline= beside it"):
        KernelSHAP(background=x, baseline=0.0)
    with pytest.raises(ValueError, match="baseline: expected a finite number, or an array"):
        KernelSHAP(background=np.ones((3, 2)))(bent, x)
