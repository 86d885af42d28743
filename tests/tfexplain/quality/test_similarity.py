"""Similarity of maps against scipy, loops over small maps, and closed forms."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tfexplain.quality import similarity
from tfexplain.quality.similarity import MEASURES, largest, pearson, spearman, ssim, top_overlap

SHAPES = [(3, 8, 8), (2, 7, 13), (2, 4, 5), (3, 20), (2, 5), (1, 1, 6), (2, 14, 12), (1, 4, 5, 6)]


def maps(shape: tuple[int, ...], seed: int, ties: bool) -> Any:
    values = np.random.default_rng(seed).normal(0, 1, shape)
    return np.round(values) if ties else values


def by_sample(a: Any, b: Any, function: Any) -> Any:
    return np.array([function(x.ravel(), y.ravel()) for x, y in zip(a, b, strict=True)])


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_correlations_are_those_of_scipy(shape: tuple[int, ...], ties: bool) -> None:
    a, b = maps(shape, 1, ties), maps(shape, 2, ties)
    b += a
    expected = by_sample(a, b, lambda x, y: stats.pearsonr(x, y).statistic)
    assert np.allclose(pearson(a, b), expected, rtol=0, atol=1e-12)
    expected = by_sample(a, b, lambda x, y: stats.spearmanr(x, y).statistic)
    assert np.allclose(spearman(a, b), expected, rtol=0, atol=1e-12)


def overlap_by_hand(x: Any, y: Any) -> float:
    """What the page's `topOverlap` does, sample by sample."""
    tops = []
    for values in (x, y):
        sizes = sorted(abs(v) for v in values if math.isfinite(v))
        count = max(1, math.floor(len(sizes) * 0.1 + 0.5))
        cut = sizes[len(sizes) - count] or next((s for s in sizes if s > 0), 0)
        if cut == 0:
            return math.nan
        tops.append({i for i, v in enumerate(values) if abs(v) >= cut})
    return len(tops[0] & tops[1]) / len(tops[0] | tops[1])


@given(st.integers(0, 2**32 - 1), st.sampled_from(SHAPES), st.booleans(), st.booleans())
def test_the_overlap_is_that_of_the_page(
    seed: int, shape: tuple[int, ...], ties: bool, odd: bool
) -> None:
    a, b = maps(shape, seed, ties), maps(shape, seed // 2, ties)
    if odd:
        a[0].flat[0], b[0].flat[-1] = np.nan, np.inf
    expected = by_sample(a, b, overlap_by_hand)
    assert np.array_equal(top_overlap(a, b), expected, equal_nan=True)


def test_the_overlap_of_known_sets() -> None:
    a = np.zeros((1, 40))
    a[0, :4] = [4, -3, 2, -1]
    b = np.roll(a, 2)
    assert top_overlap(a, b).tolist() == [2 / 6]
    # Fewer than a tenth are above zero: zeros never count.
    one = np.zeros((1, 40))
    one[0, 0] = 1e-30
    assert top_overlap(one, a).tolist() == [1 / 4]


def ssim_by_hand(x: Any, y: Any, scale: float) -> float:
    """Equation 13 of the paper, window by window; x and y have two axes."""
    size = [min(11, n if n % 2 else n - 1) for n in x.shape]
    reach = [np.arange(n) - n // 2 for n in size]
    window = np.exp(-(reach[0][:, None] ** 2 + reach[1][None] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    c1, c2 = (0.01 * scale) ** 2, (0.03 * scale) ** 2
    found = []
    for i, j in itertools.product(*(range(n - s + 1) for n, s in zip(x.shape, size, strict=True))):
        u, v = (z[i : i + size[0], j : j + size[1]] for z in (x, y))
        mu, mv = (window * u).sum(), (window * v).sum()
        uu, vv = (window * (u - mu) ** 2).sum(), (window * (v - mv) ** 2).sum()
        uv = (window * (u - mu) * (v - mv)).sum()
        found.append((2 * mu * mv + c1) * (2 * uv + c2) / ((mu**2 + mv**2 + c1) * (uu + vv + c2)))
    return float(np.mean(found))


@pytest.mark.parametrize("scale", [0.5, 3.0])
@pytest.mark.parametrize("shape", SHAPES[:-1])
def test_ssim_is_that_of_the_formula(shape: tuple[int, ...], scale: float) -> None:
    a, b = maps(shape, 3, False), maps(shape, 4, False)
    b += 0.5 * a
    two = [z.reshape(len(z), -1 if z.ndim == 3 else 1, z.shape[-1]) for z in (a, b)]
    expected = [ssim_by_hand(x, y, scale) for x, y in zip(*two, strict=True)]
    assert np.allclose(ssim(a, b, scale), expected, rtol=0, atol=1e-12)


def test_ssim_is_on_one_scale_for_all_samples() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, (2, 1, 9, 9))
    strong, faint = np.concatenate([a, 1e-4 * a]), np.concatenate([b, 1e-4 * b])
    found = similarity(strong, faint)[:, MEASURES.index("ssim")]
    assert np.allclose(found, ssim(strong, faint, float(max(abs(a).max(), abs(b).max()))))
    # Beside the strong sample there is nothing to see in the faint one; correlations see it.
    assert found[1] > 0.99 > found[0]
    assert np.allclose(np.diff(similarity(strong, faint)[:, :3], axis=0), 0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("factor", [1.0, 1e-42, 1e30])
def test_equal_maps_are_exactly_one_and_negated_ones_minus_one(
    shape: tuple[int, ...], factor: float
) -> None:
    a = (factor * maps(shape, 5, False)).astype(np.float32)
    assert (similarity(a, a) == 1).all()
    opposed = similarity(a, -a)
    assert np.allclose(opposed[:, :2], -1, rtol=0, atol=1e-12)
    assert (opposed[:, 2] == 1).all()
    assert (opposed[:, 3] < 1).all()


def test_independent_maps_are_near_zero() -> None:
    a, b = maps((4, 200, 200), 6, False), maps((4, 200, 200), 7, False)
    found = similarity(a, b)
    assert (abs(found[:, [0, 1, 3]]) < 0.03).all()
    assert np.allclose(found[:, 2], 0.1 / 1.9, atol=0.01)


def test_order_and_straight_lines() -> None:
    a = maps((2, 6, 6), 8, False)
    assert np.allclose(pearson(a, 3 * a - 7), 1, rtol=0, atol=1e-12)
    assert (spearman(a, np.exp(a)) == 1).all()
    assert (pearson(a, np.exp(a)) < 0.95).all()


def test_what_is_not_defined_is_nan() -> None:
    flat, ramp = np.full((1, 3, 3), 0.1), np.arange(9.0).reshape(1, 3, 3)
    assert np.isnan(similarity(flat, ramp)[0, :2]).all()
    assert np.isnan(similarity(flat, flat)[0, :2]).all()
    assert similarity(flat, flat)[0, 2:].tolist() == [1, 1]
    # The mean of equal numbers is not always that number: rounding is no variation.
    for size in range(2, 40):
        flat = np.full((1, size), 0.1)
        assert np.isnan(pearson(flat, np.arange(size)[None]))
    nothing = np.zeros((1, 3, 3))
    assert np.isnan(similarity(nothing, nothing)).all()
    assert np.isnan(top_overlap(nothing, ramp)).all()
    empty = np.full((1, 3, 3), np.nan)
    assert np.isnan(similarity(empty, ramp)).all()


def test_positions_that_are_not_finite_are_left_out() -> None:
    a, b = maps((2, 4, 5), 9, True), maps((2, 4, 5), 10, True)
    kept = np.ones(20, bool)
    kept[[3, 11]] = False
    a[0].flat[3], b[0].flat[11] = np.nan, np.inf
    x, y = a[0].ravel()[kept], b[0].ravel()[kept]
    found = similarity(a, b)
    assert math.isclose(found[0, 0], stats.pearsonr(x, y).statistic, abs_tol=1e-12)
    assert math.isclose(found[0, 1], stats.spearmanr(x, y).statistic, abs_tol=1e-12)
    assert np.isnan(found[0, 3])
    assert np.isfinite(found[1]).all()
    assert largest(a, b) == max(abs(a[np.isfinite(a)]).max(), abs(b[np.isfinite(b)]).max())


@pytest.mark.parametrize("shapes", [((2, 3, 3), (2, 3, 4)), ((3,), (3,))])
def test_maps_of_other_shapes_are_refused(shapes: Any) -> None:
    with pytest.raises(ValueError, match=r"a, b: expected maps of one shape.*Compare the same"):
        similarity(*map(np.ones, shapes))
