"""Chooses which channels of feature maps are logged: those that mattered most so far."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tfexplain.attribution import Attribution, Floats
from tfexplain.explainers import Explainer
from tfexplain.explainers.features.channel_shares import narrowed
from tfexplain.explainers.features.feature_maps import FeatureMaps
from tfexplain.types import Array

# Of a sample's maps in float16: as many channels are logged as fit, and at least `max_channels`.
LITTLE_BYTES = 8 << 10


class ChannelLog:
    """Holds the shares of all channels, summed over the epochs that were explained so far.

    A channel that mattered is logged on when it matters no longer, such as one that was pruned.
    Each sample has channels of its own: those that mattered for most samples are few.
    """

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], Floats] = {}

    def add(self, name: str, attribution: Attribution) -> None:
        """Adds the shares of an epoch, where they are known."""
        if attribution.shares is not None:
            key = (name, attribution.layer)
            shares = np.nan_to_num(np.abs(attribution.shares), posinf=0.0)
            self._sums[key] = self._sums.get(key, np.float32(0)) + shares

    def logged(
        self, name: str, explainer: Explainer, attribution: Attribution, sample: int
    ) -> tuple[Attribution, int]:
        """Returns an attribution with what a log holds of one sample, and the sample's number
        there."""
        sums = self._sums.get((name, attribution.layer))
        if sums is None or not isinstance(explainer, FeatureMaps):
            return attribution, sample
        positions = math.prod(attribution.values.shape[1:-1])
        most = explainer.max_channels and max(
            explainer.max_channels, LITTLE_BYTES // (2 * max(positions, 1))
        )
        shares = None if attribution.shares is None else attribution.shares[sample : sample + 1]
        one = replace(attribution, values=attribution.values[sample : sample + 1], shares=shares)
        return narrowed(one, most, sums[sample]), 0

    def shown(
        self, name: str, explainer: Explainer, attribution: Attribution, sample: int = 0
    ) -> Attribution:
        """Returns feature maps with the channels of which a sample's are drawn."""
        sums = self._sums.get((name, attribution.layer))
        if sums is None or not isinstance(explainer, FeatureMaps):
            return attribution
        return narrowed(attribution, explainer.max_channels, sums[sample])

    def order(self, name: str, attribution: Attribution, sample: int = 0) -> Array | None:
        """Returns the places of channels in `values` in the order of a sample's mean shares; None
        where these are not known."""
        sums = self._sums.get((name, attribution.layer))
        if sums is None or attribution.channels is None:
            return None
        return np.argsort(-sums[sample][attribution.channels], kind="stable")
