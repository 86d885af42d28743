"""Measures whether maps foretell what hiding random parts does: infidelity, correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tfexplain.checks import check_number, check_whole
from tfexplain.explainers.baselines import Baseline
from tfexplain.explainers.perturbation.groups import Groups, partition
from tfexplain.trust.explained import Explained, Floats
from tfexplain.trust.metric import Better, Measured, Metric, over


@dataclass(frozen=True, kw_only=True, eq=False)
class SubsetMetric(Metric):
    """Base class: hides random subsets of parts, and compares with the sums of the map over them.

    Attributes:
        subsets: How many subsets; each is a pass.
        share: Share of the parts that a subset hides.
        groups: The parts, as of `FeatureAblation`: default 7 x 7 tiles, or single features.
        baseline: Replacement of hidden values; default zeros.
    """

    subsets: int = 50
    share: float = 0.5
    groups: Groups = None
    baseline: Baseline = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("subsets", self.subsets, 2)
        check_number("share", self.share, above=0, below=1)

    def measured(self, given: Explained) -> Measured:
        """Hides the subsets of all samples."""
        masked = given.masked(baseline=self.baseline)
        parts = partition(self.groups, masked)
        kept = self._kept(parts.counts, masked.samples)
        falls = masked.scores[:, None] - masked.masked_scores(parts.kept(kept))
        ids = np.broadcast_to(parts.ids, given.evidence.shape).reshape(masked.samples, -1)
        evidence = given.evidence.reshape(ids.shape)
        by_part = np.stack(
            [np.bincount(i, e, parts.most) for i, e in zip(ids, evidence, strict=True)]
        )
        hidden = np.einsum("nmg,ng->nm", 1 - kept, by_part)
        passes = self.subsets * masked.samples * masked.baselines
        return self.found(self._compared(hidden, falls), chance=self._chance(falls), passes=passes)

    def _kept(self, counts: Floats, samples: int) -> Floats:
        """Draws which parts stay, float64 [N, subsets, parts] of zeros and ones."""
        rng = np.random.default_rng(self.seed)
        most = int(counts.max())
        counts = np.broadcast_to(counts, samples)
        order = rng.random((samples, self.subsets, most))
        # Parts that a sample does not have are drawn last.
        order[np.arange(most) >= np.broadcast_to(counts[:, None, None], order.shape)] = np.inf
        places = order.argsort(axis=2).argsort(axis=2)
        hidden = np.clip(np.round(self.share * counts), 1, None)
        return np.asarray(places >= hidden[:, None, None], np.float64)

    def _compared(self, hidden: Floats, falls: Floats) -> Floats:
        raise NotImplementedError

    def _chance(self, falls: Floats) -> Floats:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True, eq=False)
class FaithfulnessCorrelation(SubsetMetric):
    """Measures the correlation of the map's sum over hidden parts with the fall of the score.

    `values` are Pearson's correlation over the subsets, 1 at best; a map that says nothing has 0 on
    average, `chance`. NaN where the score or the sums never change.

    References:
        Bhatt et al. 2020, definition 1, https://arxiv.org/abs/2005.00631

    Example:
        >>> from tfexplain import Occlusion
        >>> rows = np.array([[3.0, 1.0, 2.0, 5.0]])
        >>> linear = lambda x: x @ np.array([1.0, -2.0, 0.5, 1.0])
        >>> FaithfulnessCorrelation()(linear, rows, None, Occlusion()).values.round(6)
        array([1.])
    """

    unit: ClassVar[str] = "correlation"
    better: ClassVar[Better] = "higher"

    def _compared(self, hidden: Floats, falls: Floats) -> Floats:
        from_mean = [x - x.mean(axis=1, keepdims=True) for x in (hidden, falls)]
        sizes = [np.sqrt((x * x).sum(axis=1)) for x in from_mean]
        # What is left of equal sums by rounding is no variation.
        least = [1e-6 * np.abs(x).max(axis=1) for x in (hidden, falls)]
        defined = (sizes[0] > least[0]) & (sizes[1] > least[1])
        product = np.where(defined, sizes[0] * sizes[1], 1.0)
        found = (from_mean[0] * from_mean[1]).sum(axis=1) / product
        return np.where(defined, np.clip(found, -1, 1), np.nan)

    def _chance(self, falls: Floats) -> Floats:
        return np.zeros(len(falls))


@dataclass(frozen=True, kw_only=True, eq=False)
class Infidelity(SubsetMetric):
    """Measures the squared error of the map as a forecast of what hiding parts does to the score.

    Of each sample the map is scaled to fit best, as in the paper, and the error is divided by what
    a map of zeros has: 0 where the map foretells every fall, 1 where it foretells nothing
    (`chance`). So maps of any unit can be compared.

    References:
        Yeh et al. 2019, definition 2.1 and section 4, https://arxiv.org/abs/1901.09392; with
        perturbations that put random parts to the baseline

    Example:
        >>> from tfexplain import Occlusion
        >>> rows = np.array([[3.0, 1.0, 2.0, 5.0]])
        >>> linear = lambda x: x @ np.array([1.0, -2.0, 0.5, 1.0])
        >>> Infidelity()(linear, rows, None, Occlusion()).values.round(6)
        array([0.])
    """

    unit: ClassVar[str] = "of the variance"
    better: ClassVar[Better] = "lower"

    def _compared(self, hidden: Floats, falls: Floats) -> Floats:
        own, total = (hidden * hidden).sum(axis=1), (falls * falls).sum(axis=1)
        both = (hidden * falls).sum(axis=1)
        fitted = np.divide(both, own, out=np.zeros(len(own)), where=own > 0)
        error = ((fitted[:, None] * hidden - falls) ** 2).sum(axis=1)
        return over(error, total)

    def _chance(self, falls: Floats) -> Floats:
        return np.ones(len(falls))
