"""Measures faithfulness by deletion and insertion (Petsiuk et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from tfexplain.checks import check_whole
from tfexplain.explainers.baselines import Baseline
from tfexplain.explainers.perturbation.masked import MakeMasks, MaskedInput, Masks
from tfexplain.model.outputs import Score
from tfexplain.trust.explained import Explained, Floats
from tfexplain.trust.metric import Better, Measured, Metric
from tfexplain.trust.orders import Ranks, chance_ranks, edges, ranks
from tfexplain.types import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Deletion(Metric):
    """Measures how fast the score falls when the strongest positions are hidden first.

    `values` are the area under the score over the share of positions that are hidden, in units of
    the score: lower is better. `chance` is that of a random order of each sample, and
    `beside["edges"]`, of inputs of numbers in space or time, that of the input's own edges: a map
    that is no better than these says nothing that needs the model. Maps are never rescaled; equal
    values are hidden in random order.

    Attributes:
        score: Default the probability, as in the paper.
        steps: At how many shares, evenly from 0 to 1, the score is computed; each is a pass, thrice
            with both orders beside.
        baseline: Replacement of hidden values, as of `Occlusion`; default zeros.

    References:
        Petsiuk et al. 2018, section 4.2, https://arxiv.org/abs/1806.07421

    Example:
        >>> from tfexplain import Occlusion
        >>> rows = np.array([[3.0, 1.0, 0.0, 0.0]])
        >>> print(Deletion(steps=4)(lambda x: x.sum(axis=1), rows, None, Occlusion()).values)
        [0.75]
    """

    unit: ClassVar[str] = "score"
    better: ClassVar[Better] = "lower"
    inserts: ClassVar[bool] = False

    score: Score = "probability"
    steps: int = 20
    baseline: Baseline = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("steps", self.steps)

    def measured(self, given: Explained) -> Measured:
        """Hides positions in the order of the maps, of chance and of edges."""
        masked = given.masked(baseline=self.baseline)
        orders = {
            "map": ranks(given.evidence, given.real, self.seed),
            "chance": chance_ranks(given.real, self.seed + 1),
        }
        if masked.inputs.dtype.kind == "f" and masked.inputs.ndim > 2:
            drawn = edges(masked.inputs, masked.channel_axis)
            orders["edges"] = ranks(drawn, given.real, self.seed)
        shares = np.linspace(0, 1, self.steps + 1)
        counts = given.real.reshape(len(given.real), -1).sum(axis=1)
        curves = {
            name: self._curve(masked, order, np.round(counts[:, None] * shares))
            for name, order in orders.items()
        }
        areas = {name: area_under(curve, shares) for name, curve in curves.items()}
        return self.found(
            areas.pop("map"),
            unit=given.context.unit,
            chance=areas.pop("chance"),
            beside=areas,
            curves=curves,
            shares=shares,
            passes=len(orders) * (self.steps + 1) * masked.samples * masked.baselines,
        )

    def _curve(self, masked: MaskedInput, order: Ranks, counts: Floats) -> Floats:
        make: MakeMasks = _first if self.inserts else _rest
        key = "inserted" if self.inserts else "deleted"
        return masked.masked_scores(Masks([counts.astype(np.int32)], make, key, [order]))


@dataclass(frozen=True, kw_only=True, eq=False)
class Insertion(Deletion):
    """Measures how fast the score rises when the strongest positions are shown first.

    As `Deletion`, beginning with the baseline alone: `values` are the area under the score over the
    share of positions that are shown, and higher is better.

    References:
        Petsiuk et al. 2018, section 4.2, https://arxiv.org/abs/1806.07421

    Example:
        >>> from tfexplain import Occlusion
        >>> rows = np.array([[3.0, 1.0, 0.0, 0.0]])
        >>> print(Insertion(steps=4)(lambda x: x.sum(axis=1), rows, None, Occlusion()).values)
        [3.25]
    """

    better: ClassVar[Better] = "higher"
    inserts: ClassVar[bool] = True


def area_under(curves: Floats, shares: Floats) -> Floats:
    """Computes the area under curves [N, K] by the trapezoidal rule, float64 [N]."""
    widths = np.diff(shares)
    return np.asarray(((curves[:, 1:] + curves[:, :-1]) / 2 * widths).sum(axis=1))


def _first(codes: Sequence[Tensor], beside: Sequence[Tensor]) -> Tensor:
    """Keeps the positions of the first ranks."""
    (counts,), (order,) = codes, beside
    shape = [-1, *[1] * (order.shape.rank - 1)]
    return tf.cast(order < tf.reshape(counts, shape), tf.float32)


def _rest(codes: Sequence[Tensor], beside: Sequence[Tensor]) -> Tensor:
    """Hides the positions of the first ranks."""
    return 1 - _first(codes, beside)
