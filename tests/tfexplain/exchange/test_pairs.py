"""Pairs of rows of different classes."""

from __future__ import annotations

import numpy as np
import pytest

from tfexplain.exchange.pairs import draw_pairs


def _classes(counts: list[int]) -> np.ndarray:
    classes = np.repeat(np.arange(len(counts)), counts)
    return np.random.default_rng(1).permutation(classes)


@pytest.mark.parametrize("counts", [[10, 10], [3, 3, 3, 3], [50, 1], [1, 60, 3, 7], [0, 5, 0, 5]])
@pytest.mark.parametrize("seed", range(5))
def test_givers_are_of_other_classes_and_rows_alike_of_the_own(
    counts: list[int], seed: int
) -> None:
    classes = _classes(counts)
    pairs = draw_pairs(classes, 100, seed)
    assert len(pairs) == 100
    assert (classes[pairs.takers] != classes[pairs.givers]).all()
    assert (classes[pairs.takers] == classes[pairs.alike]).all()
    single = np.isin(classes[pairs.takers], np.flatnonzero(np.bincount(classes) == 1))
    assert ((pairs.takers == pairs.alike) == single).all()


def test_rows_take_and_give_as_seldom_as_can_be() -> None:
    pairs = draw_pairs(_classes([20, 20, 20]), 150, 0)
    for rows in (pairs.takers, pairs.givers):
        counts = np.bincount(rows, minlength=60)
        assert counts.min() >= 2
        assert counts.max() <= 3


@pytest.mark.parametrize("counts", [[7], [], [0, 4]])
def test_one_class_has_no_pairs(counts: list[int]) -> None:
    assert len(draw_pairs(_classes(counts), 10, 0)) == 0


def test_every_pair_of_classes_occurs() -> None:
    classes = _classes([10] * 5)
    pairs = draw_pairs(classes, 1000, 3)
    seen = {*zip(classes[pairs.takers], classes[pairs.givers], strict=True)}
    assert len(seen) == 20
