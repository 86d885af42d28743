"""Computes Kernel SHAP (Lundberg and Lee 2017)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.checks import check_whole
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import SampleRange
from tfexplain.explainers.baselines import Baseline, starts
from tfexplain.explainers.perturbation.coalitions import CoalitionDesign, plan
from tfexplain.explainers.perturbation.groups import Groups, Partition, partition
from tfexplain.explainers.perturbation.masked import MaskedInput
from tfexplain.explainers.perturbation.perturbation import (
    InputValues,
    PerturbationExplainer,
)
from tfexplain.types import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class KernelSHAP(PerturbationExplainer):
    """Computes Shapley values of features or groups, whose sum is the score less the baseline's.

    Values are exact for up to 10 features or groups, where all 2^G coalitions are evaluated, and
    where `coalitions` allow it. Otherwise they come from a weighted regression on coalitions that
    are partly drawn, in pairs, with the sum held exactly. `values` are float32 [N, f] for tables
    and tokens, [N, *sides] for inputs with positions, in units of the explained score; the value of
    a group is divided evenly among its members, so that the sum stays. `completeness_gap` float32
    [N] is the sum of the values minus the difference of the scores, which is a rounding error.
    `passes` int32 [N] counts the coalitions, times the baselines.

    Attributes:
        coalitions: Greatest number of coalitions where not all are evaluated; at least two for each
            group, and two more.
        groups: The players: default single features of tables and tokens, else 7 tiles a side;
            see `FeatureAblation`.
        background: Rows [B, ...] of an input, or for models of several inputs a mapping by their
            names, that replace hidden features; scores are averaged over the rows. Each row costs
            as many passes as one baseline. For tables the usual choice: rows of the training data.
        seed: Seed of the coalitions that are drawn.

    References:
        Lundberg and Lee 2017, theorem 2, https://arxiv.org/abs/1705.07874

    Example:
        >>> import numpy as np
        >>> product, x = lambda x: x[:, 0] * x[:, 1], np.array([[2.0, 3.0, 5.0]])
        >>> KernelSHAP()(product, x).values.round(3).tolist()
        [[3.0, 3.0, -0.0]]
    """

    coalitions: int = 1024
    groups: Groups = None
    background: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("coalitions", self.coalitions)
        if self.background is not None and self.baseline is not None:
            raise TfexplainError(
                "background: expected no baseline= beside it. Leave one of them out."
            )

    def of_input(self, masked: MaskedInput) -> InputValues:
        """Evaluates the coalitions of all samples, and solves for the values."""
        parts = partition(self.groups, masked)
        plans = {
            int(count): plan(int(count), self.coalitions, np.random.default_rng(self.seed))
            for count in np.unique(parts.counts)
        }
        each = [plans[int(count)] for count in parts.counts]
        coalitions, shares = _alike(each, parts)
        worths = masked.masked_scores(parts.kept(coalitions))
        values = (shares @ worths[..., None])[..., 0]
        gap = values.sum(axis=1) - (masked.scores - worths[:, 0])
        return InputValues(parts.spread(values, evenly=True), worths.shape[1], gap)

    def _starts(
        self,
        inputs: Sequence[Array],
        names: Sequence[str],
        chosen: list[int],
        sample_range: SampleRange,
    ) -> Any:
        baseline = self.baseline if self.background is None else _rows(self.background)
        return starts(baseline, inputs, names, chosen, sample_range)


def _rows(background: npt.ArrayLike | Mapping[str, npt.ArrayLike]) -> Baseline:
    """Returns each row as a baseline."""
    if isinstance(background, Mapping):
        return {name: list(np.asarray(rows)) for name, rows in background.items()}
    return list(np.asarray(background))


def _alike(plans: Sequence[CoalitionDesign], parts: Partition) -> tuple[Array, Array]:
    """Stacks coalitions [1 or N, M, G] and shares [1 or N, G, M], padded with what counts
    nothing."""
    most = max(len(own.members) for own in plans)
    coalitions = np.zeros((len(plans), most, parts.most), np.float32)
    shares = np.zeros((len(plans), parts.most, most))
    for i, own in enumerate(plans):
        asked, players = own.members.shape
        coalitions[i, :asked, :players] = own.members
        shares[i, :players, :asked] = own.shares
    return coalitions, shares
