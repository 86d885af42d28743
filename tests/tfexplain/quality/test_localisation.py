"""Complexity and localisation of maps against loops, SciPy and hand-made cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tfexplain.errors import TfexplainError
from tfexplain.quality.complexity import effective_share, entropy, gini
from tfexplain.quality.localisation import (
    area,
    mass_accuracy,
    pointing_game,
    rank_accuracy,
    top_k_intersection,
)

RNG = np.random.default_rng(0)
MAPS = RNG.normal(size=(6, 4, 5))
REGIONS = RNG.random((6, 4, 5)) < 0.4


def test_entropy_is_scipys_and_gini_the_mean_difference() -> None:
    for maps, of, share, index in zip(
        MAPS, entropy(MAPS), effective_share(MAPS), gini(MAPS), strict=True
    ):
        sizes = np.abs(maps).ravel()
        assert of == pytest.approx(stats.entropy(sizes), rel=1e-12)
        assert share == pytest.approx(np.exp(stats.entropy(sizes)) / 20, rel=1e-12)
        differences = np.abs(sizes[:, None] - sizes).sum()
        assert index == pytest.approx(differences / (2 * 20 * sizes.sum()), rel=1e-12)


def test_where_evidence_lies_is_what_a_loop_over_positions_finds() -> None:
    mass, ranked = mass_accuracy(MAPS, REGIONS), rank_accuracy(MAPS, REGIONS)
    top, pointed = top_k_intersection(MAPS, REGIONS, 0.25), pointing_game(MAPS, REGIONS)
    for i, (maps, region) in enumerate(zip(MAPS, REGIONS, strict=True)):
        evidence = [(max(v, 0.0), own) for v, own in zip(maps.flat, region.flat, strict=True)]
        assert mass[i] == pytest.approx(
            sum(v for v, own in evidence if own) / sum(v for v, _ in evidence)
        )
        strongest = sorted(evidence, reverse=True)
        size = int(region.sum())
        # Positions without evidence tie: those that are left of the cut count by their share.
        if strongest[size - 1][0] > 0:
            assert ranked[i] == pytest.approx(sum(own for _, own in strongest[:size]) / size)
        assert top[i] == pytest.approx(sum(own for _, own in strongest[:5]) / 5)
        assert pointed[i] == strongest[0][1]
    assert area(REGIONS).tolist() == REGIONS.reshape(6, -1).mean(axis=1).tolist()


def test_maps_of_noise_reach_the_area_of_the_region() -> None:
    maps = np.abs(RNG.normal(size=(4000, 40)))
    regions = np.zeros(maps.shape, bool)
    regions[:, :10] = True
    for metric in (mass_accuracy, rank_accuracy, top_k_intersection, pointing_game):
        assert np.mean(metric(maps, regions)) == pytest.approx(0.25, abs=0.02), metric


def test_ties_count_by_their_share() -> None:
    level = np.ones((1, 8))
    region = np.arange(8)[None] < 2
    for metric in (mass_accuracy, rank_accuracy, top_k_intersection, pointing_game):
        assert metric(level, region).tolist() == [0.25], metric


def test_nothing_is_said_of_maps_without_evidence() -> None:
    maps = np.array([[0.0, 0.0], [np.nan, 1.0], [-1.0, -2.0], [1.0, 0.0]])
    regions = np.ones(maps.shape, bool)
    regions[3] = False
    for metric in (mass_accuracy, rank_accuracy, top_k_intersection, pointing_game):
        assert np.isnan(metric(maps, regions)).all(), metric
    for of in (entropy, gini, effective_share):
        assert np.isnan(of(maps)).tolist() == [True, True, False, False], of


def test_regions_of_another_shape_are_refused() -> None:
    with pytest.raises(TfexplainError, match=r"expected bool of the maps' shape \[6, 4, 5\]"):
        mass_accuracy(MAPS, REGIONS[:, :2])
    with pytest.raises(TfexplainError, match="got float64"):
        pointing_game(MAPS, REGIONS * 1.0)
