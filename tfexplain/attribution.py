"""Attribution: what every explainer returns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Attribution:
    """The result of one explainer at one layer or input, for a batch of samples.

    Attributes:
        values: float32 [N, ...], raw magnitudes, never rescaled per image. [N, h, w] for a class
            activation map, [N, h, w, c] for feature maps, the input's own shape for gradients
            with respect to the input.
        targets: int32 [N], the explained class; -1 where a function was explained.
        scores: float32 [N], the explained number.
        layer: Path of the layer, or the name of the input.
        explainer: Name of the method.
        unit: What `values` add up to or are measured in: logit, probability, output, activation.
        signed: Whether values below zero mean something (evidence against the target).
        channel_axis: The axis of `values` that `maps` sums over, or None.
        completeness_gap: float32 [N]: sum of the map minus the difference of scores, where the
            method promises completeness. It does not bound the error of the map.
        error: float32 [N]: how far the map may be off, relative to the largest magnitude of the
            sample's `values` (over all inputs of the model), where the method estimates it: what
            the greatest error of any value is expected to be at most, and at least the share of
            all magnitudes that their sum is off by. NaN if they are not finite.
        passes: int32 [N]: how many forward and backward passes each sample took, where that is a
            property of the method.
        channels: int32 [c], the layer's channels that `values` holds, for feature maps.
        dead: bool [c], channels never above zero on the whole batch, for feature maps.
        total_channels: How many channels the layer has, for feature maps.
        attention_heads: int32 [h], the attention heads that `values` [N, h, q, k] holds: how much
            each query attends to each key.
    """

    values: Floats
    targets: npt.NDArray[np.int32]
    scores: Floats
    layer: str
    explainer: str
    unit: str
    signed: bool
    channel_axis: int | None = None
    completeness_gap: Floats | None = None
    error: Floats | None = None
    passes: npt.NDArray[np.int32] | None = None
    channels: npt.NDArray[np.int32] | None = None
    dead: npt.NDArray[np.bool_] | None = None
    total_channels: int = 0
    attention_heads: npt.NDArray[np.int32] | None = None

    @property
    def kind(self) -> Literal["map", "channels", "matrix"]:
        """What one sample's values are: evidence at places, channels of a layer, or attention."""
        if self.attention_heads is not None:
            return "matrix"
        return "map" if self.channels is None else "channels"

    @cached_property
    def maps(self) -> Floats:
        """float32 [N, h, w] ([N, f], [N, d, h, w]): `values` summed over channels, sign kept.

        Of an input of one number a sample, [N], they are [N, 1].
        """
        if self.channel_axis is None:
            return self.values[:, None] if self.values.ndim == 1 else self.values
        summed: Floats = self.values.sum(axis=self.channel_axis, dtype=np.float64).astype("f4")
        return summed

    @property
    def planes(self) -> Floats:
        """`maps` on at most two axes, as pictures show them: [N, h, w] or [N, f].

        Of a volume the middle slice is shown. Feature maps are [N, h, w, c]; those of sequences
        have one row.
        """
        values, own = self.maps, 2 if self.channels is None else 3
        if self.channels is not None and values.ndim == 3:
            return values[:, None]
        while self.kind != "matrix" and values.ndim - 1 > own:
            values = values[:, values.shape[1] // 2]
        return values

    def plot(self, images: npt.ArrayLike | None = None, **options: Any) -> Figure:
        """A matplotlib figure: each sample beside its map, on one scale that is written beside it.

        Args:
            images: [N, H, W], [N, H, W, C]: drawn under the maps where given.
            **options: See `tfexplain.rendering.figure`.
        """
        from tfexplain.rendering import figure

        return figure(self, images, **options)
