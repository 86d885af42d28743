"""Chooses which channels of feature maps are logged: those that mattered most so far."""

from __future__ import annotations

import math

import numpy as np

from tfexplain.attribution import Attribution, Floats
from tfexplain.explainers import Explainer
from tfexplain.explainers.features.channel_shares import mean_shares, narrowed
from tfexplain.explainers.features.feature_maps import FeatureMaps
from tfexplain.types import Array

# Of the maps of all channels of a sample in float16: up to this, all are logged.
LITTLE_BYTES = 16 << 10


class ChannelLog:
    """Holds the mean shares of all channels over the epochs that were explained so far.

    A channel that mattered is logged on when it matters no longer, such as one that was pruned.
    """

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], Floats] = {}

    def add(self, name: str, attribution: Attribution) -> None:
        """Adds the shares of an epoch, where they are known."""
        if attribution.shares is not None:
            key = (name, attribution.layer)
            shares = np.nan_to_num(np.abs(attribution.shares), posinf=0.0)
            self._sums[key] = self._sums.get(key, np.float32(0)) + shares

    def logged(self, name: str, explainer: Explainer, attribution: Attribution) -> Attribution:
        """Returns feature maps with the channels that a log holds of them."""
        *sides, channels = attribution.values.shape[1:] or (0,)
        little = 2 * math.prod(sides) * channels <= LITTLE_BYTES
        return attribution if little else self.shown(name, explainer, attribution)

    def shown(self, name: str, explainer: Explainer, attribution: Attribution) -> Attribution:
        """Returns feature maps with at most `max_channels` channels, where shares choose them."""
        sums = self._sums.get((name, attribution.layer))
        if sums is None or not isinstance(explainer, FeatureMaps):
            return attribution
        return narrowed(attribution, explainer.max_channels, mean_shares(sums))

    def order(self, name: str, attribution: Attribution, sample: int = 0) -> Array | None:
        """Returns the places of channels in `values` in the order of a sample's mean shares; None
        where these are not known."""
        sums = self._sums.get((name, attribution.layer))
        if sums is None or attribution.channels is None:
            return None
        return np.argsort(-sums[sample][attribution.channels], kind="stable")
