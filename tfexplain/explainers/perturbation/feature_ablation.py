"""Computes feature ablation: how much of the score is lost without a feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from tfexplain.explainers.perturbation.groups import Groups, partition
from tfexplain.explainers.perturbation.masked import MaskedInput, Masks
from tfexplain.explainers.perturbation.perturbation import InputValues, PerturbationExplainer
from tfexplain.types import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureAblation(PerturbationExplainer):
    """Computes the fall of the score when one feature, or one group, is set to its baseline.

    `values` are float32 [N, f] for tables and tokens, [N, *sides] for inputs with positions, in
    units of the explained score; every member of a group has the group's value. They do not add
    up to a difference of scores. `passes` int32 [N] counts the groups.

    Attributes:
        groups: Which features are hidden together. Default each feature by itself; for images,
            sequences and volumes 7 tiles a side. A tuple for so many tiles on each axis; a number
            for about as many superpixels (needs scikit-image), or pieces of sequences and tables;
            an array of group numbers shaped as one sample, or without its channels; a function from
            one sample to such an array; for tables also lists of feature numbers.

    Example:
        >>> import numpy as np
        >>> total, x = lambda x: x.sum(axis=1), np.array([[1.0, 2.0, 3.0]])
        >>> FeatureAblation()(total, x).values.tolist()
        [[1.0, 2.0, 3.0]]
        >>> FeatureAblation(groups=[[0, 2]])(total, x).values.tolist()
        [[4.0, 2.0, 4.0]]
    """

    groups: Groups = None

    def of_input(self, masked: MaskedInput) -> InputValues:
        """Hides one group after the other."""
        parts = partition(self.groups, masked)
        numbers = np.arange(parts.most, dtype=np.int32)[None]
        masks = Masks([numbers], _without, "without", [parts.ids])
        lost = masked.scores[:, None] - masked.masked_scores(masks)
        return InputValues(parts.spread(lost, evenly=False), masks.count)


def _without(codes: Sequence[Tensor], beside: Sequence[Tensor]) -> Tensor:
    """Makes masks that hide the group of one number."""
    (number,), (ids,) = codes, beside
    number = tf.reshape(number, [-1, *[1] * (ids.shape.rank - 1)])
    return tf.cast(ids != number, tf.float32)
