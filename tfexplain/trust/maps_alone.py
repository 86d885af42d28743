"""Metrics that need no pass: how concentrated maps are, where they lie, what they add up to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tfexplain.errors import TfexplainError
from tfexplain.quality import complexity, localisation
from tfexplain.trust.explained import Explained
from tfexplain.trust.metric import Better, Measured, Metric, over
from tfexplain.trust.regions import Regions, region_masks


@dataclass(frozen=True, kw_only=True, eq=False)
class Entropy(Metric):
    """Computes the entropy of the map's magnitudes; see `tfexplain.quality.entropy`."""

    unit: ClassVar[str] = "nats"
    better: ClassVar[Better] = "lower"

    def measured(self, given: Explained) -> Measured:
        """Computes it of the maps as they are."""
        maps = given.attribution.maps
        uniform = np.full(len(maps), np.log(maps[0].size))
        return self.found(complexity.entropy(maps), chance=uniform)


@dataclass(frozen=True, kw_only=True, eq=False)
class Gini(Metric):
    """Computes the Gini index of the map's magnitudes; see `tfexplain.quality.gini`."""

    unit: ClassVar[str] = "of 1"
    better: ClassVar[Better] = "higher"

    def measured(self, given: Explained) -> Measured:
        """Computes it of the maps as they are."""
        maps = given.attribution.maps
        return self.found(complexity.gini(maps), chance=np.zeros(len(maps)))


@dataclass(frozen=True, kw_only=True, eq=False)
class EffectiveShare(Metric):
    """Computes which share of the positions holds the evidence; see
    `tfexplain.quality.effective_share`."""

    unit: ClassVar[str] = "of the positions"
    better: ClassVar[Better] = "lower"

    def measured(self, given: Explained) -> Measured:
        """Computes it of the maps as they are."""
        maps = given.attribution.maps
        return self.found(complexity.effective_share(maps), chance=np.ones(len(maps)))


@dataclass(frozen=True, kw_only=True, eq=False)
class RegionMetric(Metric):
    """Base class: how much of the evidence lies in a region; `chance` is the region's area.

    Attributes:
        regions: Masks, or names such as `"border"`; see `tfexplain.trust.region_masks`.
    """

    better: ClassVar[Better] = "higher"
    function: ClassVar[Callable[..., Any]]

    regions: Regions = None

    def measured(self, given: Explained) -> Measured:
        """Computes it at the positions of the input."""
        maps = given.evidence
        masks = region_masks(self.regions, maps.shape, given.input, given.context.result.targets)
        return self.found(type(self).function(maps, masks), chance=localisation.area(masks))


@dataclass(frozen=True, kw_only=True, eq=False)
class MassAccuracy(RegionMetric):
    """Computes the share of evidence in the region; see `tfexplain.quality.mass_accuracy`."""

    unit: ClassVar[str] = "of the evidence"
    function: ClassVar[Callable[..., Any]] = staticmethod(localisation.mass_accuracy)


@dataclass(frozen=True, kw_only=True, eq=False)
class RankAccuracy(RegionMetric):
    """Computes the share of the strongest positions in the region; see
    `tfexplain.quality.rank_accuracy`."""

    unit: ClassVar[str] = "of the region"
    function: ClassVar[Callable[..., Any]] = staticmethod(localisation.rank_accuracy)


@dataclass(frozen=True, kw_only=True, eq=False)
class TopKIntersection(RegionMetric):
    """Computes the share of the strongest tenth in the region; see
    `tfexplain.quality.top_k_intersection`."""

    unit: ClassVar[str] = "of the strongest tenth"
    function: ClassVar[Callable[..., Any]] = staticmethod(localisation.top_k_intersection)


@dataclass(frozen=True, kw_only=True, eq=False)
class PointingGame(RegionMetric):
    """Computes whether the strongest position lies in the region; see
    `tfexplain.quality.pointing_game`."""

    unit: ClassVar[str] = "of 1"
    function: ClassVar[Callable[..., Any]] = staticmethod(localisation.pointing_game)


@dataclass(frozen=True, kw_only=True, eq=False)
class Completeness(Metric):
    """Computes by how much a map's sum misses the difference of scores that it should have.

    `values` are the size of the gap by that of the difference: 0 at best. Methods that promise no
    sum have none.

    References:
        Sundararajan et al. 2017, proposition 1, https://arxiv.org/abs/1703.01365
    """

    unit: ClassVar[str] = "of the difference of scores"
    better: ClassVar[Better] = "lower"

    def measured(self, given: Explained) -> Measured:
        """Computes it of the gap that the method tells."""
        own = given.attribution
        if own.completeness_gap is None:
            raise TfexplainError(
                f"attribution={own!r}: expected values that add up to a difference of scores. Pass "
                "IntegratedGradients, KernelSHAP or FeatureAblation."
            )
        gap = own.completeness_gap.astype(np.float64)
        total = own.values.reshape(len(own.values), -1).sum(axis=1, dtype=np.float64)
        difference = np.abs(total - gap)
        return self.found(over(np.abs(gap), difference))
