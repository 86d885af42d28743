"""Masks by magnitude, against loops over single weights and against tfmot's rule."""

from __future__ import annotations

import numpy as np
import pytest

from tfexplain.errors import SettingError
from tfexplain.pruning.masks import block_mask, filter_mask, magnitude_mask, n_m_mask

RNG = np.random.default_rng(0)
CUBE = RNG.normal(size=(3, 8, 5)).astype(np.float32)


@pytest.mark.parametrize("sparsity", [0, 0.1, 0.5, 0.7, 0.95, 0.999])
def test_the_smallest_magnitudes_go(sparsity: float) -> None:
    mask = magnitude_mask(CUBE, sparsity)
    kept = max(1, round(CUBE.size * (1 - sparsity)))
    assert mask.sum() == kept
    assert np.abs(CUBE[mask]).min() >= np.abs(CUBE[~mask]).max(initial=0)


def test_ties_with_the_last_one_stay() -> None:
    assert magnitude_mask(np.array([1.0, -1.0, 1.0, 0.5]), 0.5).tolist() == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(("n", "m"), [(2, 4), (1, 2), (3, 8)])
def test_of_m_neighbours_the_n_largest_stay(n: int, m: int) -> None:
    mask = n_m_mask(CUBE, n, m)
    for k in range(3):
        for o in range(5):
            for start in range(0, 8, m):
                sizes = np.abs(CUBE[k, start : start + m, o])
                largest = set(np.argsort(sizes)[-n:])
                assert set(np.flatnonzero(mask[k, start : start + m, o])) == largest


def test_of_equal_neighbours_the_first_stay() -> None:
    assert n_m_mask(np.ones((1, 4, 1)))[0, :, 0].tolist() == [True, True, False, False]


def test_whole_filters_go() -> None:
    mask = filter_mask(CUBE, 0.4)
    sums = [np.abs(CUBE[:, :, o]).sum() for o in range(5)]
    for rank, o in enumerate(np.argsort(sums)):
        assert mask[:, :, o].all() if rank >= 2 else not mask[:, :, o].any()


@pytest.mark.parametrize("sparsity", [1, 1.5, -0.1, float("nan"), True, "0.5"])
def test_no_sparsity_of_one_or_more(sparsity: object) -> None:
    with pytest.raises(SettingError, match="expected a share from 0 to below 1"):
        magnitude_mask(CUBE, sparsity)  # type: ignore[arg-type]


@pytest.mark.parametrize(("n", "m"), [(2, 3), (4, 4), (0, 4)])
def test_no_pattern_that_does_not_fit(n: int, m: int) -> None:
    with pytest.raises(SettingError, match="n, m"):
        n_m_mask(CUBE, n, m)


@pytest.mark.parametrize("block", [(4, 4), (2, 3), (8, 1), (16, 16)])
def test_whole_blocks_go(block: tuple[int, int]) -> None:
    mask = block_mask(CUBE, 0.5, block)
    tall, wide = block
    places = [
        (k, slice(i, i + tall), slice(o, o + wide))
        for k in range(3)
        for i in range(0, 8, tall)
        for o in range(0, 5, wide)
    ]
    means = [np.abs(CUBE[place]).mean() for place in places]
    kept = max(1, round(len(places) * 0.5))
    largest = set(np.argsort(means)[-kept:])
    for number, place in enumerate(places):
        assert mask[place].all() if number in largest else not mask[place].any()
