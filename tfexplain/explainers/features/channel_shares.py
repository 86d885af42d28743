"""Computes the share that each channel of a layer has in the explained evidence, and chooses
channels by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.attribution import Attribution, Floats
from tfexplain.explainers.concat import Explanation
from tfexplain.types import Tensor

# Of a layer, values of all channels of a sample: 1 MiB, as an input of 296 x 296 pixels takes.
MOST_HELD = 2**18


def evidence_shares(values: Tensor, slopes: Tensor) -> Tensor:
    """Computes the shares float32 [N, C] of the channels of activations [N, *sides, C].

    A channel's evidence is its weight, the mean gradient over positions, times the sum of its
    activation over them: what it adds to the sum of a Grad-CAM map before ReLU (Selvaraju et al.
    2017, eq. 1-2). Its share is that divided by the sum of the magnitudes of all channels'
    evidence: magnitudes of shares add up to 1, and the sign tells evidence against the target.
    Where no channel has any, all shares are 0.
    """
    sides = list(range(1, values.shape.rank - 1))
    evidence = tf.reduce_mean(slopes, sides) * tf.reduce_sum(values, sides)
    total = tf.reduce_sum(tf.abs(evidence), axis=-1, keepdims=True)
    return tf.math.divide_no_nan(evidence, total)


def mean_shares(shares: Floats) -> Floats:
    """Returns the mean magnitude float32 [C] of shares [N, C]; NaN counts as 0."""
    means: Floats = np.nan_to_num(np.abs(shares), posinf=0.0).mean(axis=0)
    return means


def narrowed(attribution: Attribution, most: int | None, means: Floats) -> Attribution:
    """Keeps at most `most` channels of feature maps, those of the largest `means` [C], in the order
    of their numbers."""
    channels, dead = attribution.channels, attribution.dead
    if channels is None or dead is None or most is None or len(channels) <= most:
        return attribution
    kept = np.sort(np.argsort(-means[channels], kind="stable")[:most])
    values: Floats = np.ascontiguousarray(attribution.values[..., kept], np.float32)
    return replace(attribution, values=values, channels=channels[kept], dead=dead[kept])


class ChannelChoice:
    """Chooses the channels of feature maps on the first batch, and the same ones of later batches.

    Args:
        most: How many channels to keep at most, by the number of the explainer; None for all. Other
            explainers are not among them.
    """

    def __init__(self, most: Mapping[int, int | None]) -> None:
        self._most = most
        self._means: dict[tuple[int, str], npt.NDArray[Any]] = {}

    def of(self, number: int, explanation: Explanation) -> Explanation:
        """Returns the explanation of one explainer with the chosen channels."""
        if number not in self._most:
            return explanation
        kept = {}
        for layer, attribution in explanation.attributions.items():
            kept[layer] = attribution
            if attribution.shares is not None:
                first = mean_shares(attribution.shares)
                means = self._means.setdefault((number, layer), first)
                kept[layer] = narrowed(attribution, self._most[number], means)
        return replace(explanation, attributions=kept)
