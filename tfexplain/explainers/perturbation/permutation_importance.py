"""Computes permutation importance (Breiman 2001), with values of other samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfexplain.checks import check_whole
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Context, SampleRange
from tfexplain.explainers.baselines import starts
from tfexplain.explainers.perturbation.feature_ablation import FeatureAblation
from tfexplain.model.tokens import embedded_words
from tfexplain.types import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class PermutationImportance(FeatureAblation):
    """Computes the fall of the score when a feature has the value of another sample of the batch.

    The method is for tables and tokens ([N, f]). The batch is its own background, so give it many
    samples. `values` are float32 [N, f], each sample's own part in units of the explained score;
    their mean over the samples is the importance of a feature. With labels as targets that is how
    much of the true class' score the feature holds. `passes` int32 [N] counts features times
    repeats.

    Attributes:
        groups: Features that are exchanged together; see `FeatureAblation`.
        repeats: How many other samples each sample takes the feature from. From N - 1 on these
            are all others, and nothing is drawn.
        seed: Seed of the order in which samples take features from each other; no sample keeps its
            own.

    References:
        Breiman 2001, section 10, https://doi.org/10.1023/A:1010933404324; Fisher et al. 2019,
        eq. 3, https://arxiv.org/abs/1801.01489

    Example:
        >>> import numpy as np
        >>> x = np.array([[1.0, 7.0], [3.0, 7.0]])
        >>> PermutationImportance()(lambda x: x.sum(axis=1), x).values.tolist()
        [[-2.0, 0.0], [2.0, 0.0]]
    """

    repeats: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("repeats", self.repeats)
        if self.baseline is not None:
            raise TfexplainError("baseline: expected None, for other samples take its place.")

    @property
    def needs_all_samples(self) -> bool:
        """Whether all samples are needed at once, as features are taken from any of them."""
        return True

    def _chosen(self, context: Context, inputs: Sequence[Array]) -> list[int]:
        # Of a text that is split, another sample's words are no values of the same features.
        positions = [
            i
            for i in super()._chosen(context, inputs)
            if inputs[i].ndim <= 2 and embedded_words(context.traced_model, i) is None
        ]
        if not positions or len(inputs[0]) < 2:
            raise TfexplainError(
                "inputs: expected at least two samples of a table, [N, f]; got shapes "
                f"{[x.shape for x in inputs]}. Pass more samples, or use FeatureAblation."
            )
        return positions

    def _starts(
        self,
        inputs: Sequence[Array],
        names: Sequence[str],
        chosen: list[int],
        sample_range: SampleRange,
    ) -> Any:
        others = partners(len(inputs[0]), self.repeats, np.random.default_rng(self.seed))
        # One input is exchanged at a time, each with the same partners.
        rows = {names[i]: [inputs[i][order] for order in others] for i in chosen}
        return starts(rows, inputs, names, chosen)


def partners(samples: int, repeats: int, rng: np.random.Generator) -> list[Array]:
    """Returns another sample for each sample, int64 [N], for each repeat.

    >>> [order.tolist() for order in partners(3, 2, np.random.default_rng(0))]
    [[1, 2, 0], [2, 0, 1]]
    """
    own = np.arange(samples)
    if repeats >= samples - 1:
        return [np.roll(own, -shift) for shift in range(1, samples)]
    by_sample = []
    for _ in range(repeats):
        order, partner = rng.permutation(samples), own.copy()
        partner[order] = np.roll(order, -1)
        by_sample.append(partner)
    return by_sample
