"""Feature maps: what each channel of a layer responds to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.explainers.base import Context, Explainer
from tfexplain.explainers.together import explain
from tfexplain.passes import Passes
from tfexplain.shared_pass import Reading
from tfexplain.tap import LayerError, Site, Tensor, spatial_sites, usable
from tfexplain.targets import Targets


@dataclass(frozen=True, eq=False)
class FeatureMaps(Explainer):
    """Activations of chosen layers, channel by channel.

    Attributes:
        layers: Paths of layers whose output is [N, h, w, C]; default the first, the middle and
            the last one of the model.
        channels: At most this many channels of each layer, evenly spaced over its channel
            numbers (0 and C - 1 always among them), so that the choice depends on nothing that
            changes in training; None for all.

    Example:
        >>> import keras, numpy as np
        >>> conv = keras.layers.Conv2D(4, 3, name="conv")
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), conv])
        >>> FeatureMaps(layers=["conv"])(model, np.ones((2, 8, 8, 1)))["conv"].values.shape
        (2, 6, 6, 4)
    """

    layers: Sequence[str] | None = None
    channels: int | None = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.layers, str):
            raise ValueError(f"layers={self.layers!r}: expected a list. Pass [{self.layers!r}].")
        if self.channels is not None and self.channels < 1:
            raise ValueError(f"channels={self.channels}: expected at least 1, or None for all.")

    def __call__(self, model: Any, inputs: Any, targets: Targets = None) -> dict[str, Attribution]:
        """The feature maps of each layer.

        Args:
            model: A built Keras model.
            inputs: The batch, scaled as in training.
            targets: Only decides which class' score is reported beside the maps.

        Returns:
            An `Attribution` for each layer, `values` float32 [N, h, w, c] of the channels named
            in `channels`; `dead` marks channels never above zero on this whole batch.

        Raises:
            LayerError: a layer is missing or has no spatial output.
        """
        return explain(model, [self], inputs, targets)[0].attributions

    def reading(self, passes: Passes) -> Reading:
        """Activations only."""
        found = [site.path for site in self._sites(passes)]
        return Reading(tuple(dict.fromkeys(found)), False, self._reduce, ("maps", self.channels))

    def finish(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Name the channels and flag the dead ones."""
        sites = {site.path: site for site in context.passes.sites}
        return {
            path: Attribution(
                values=values,
                targets=context.result.targets,
                scores=context.result.scores,
                layer=path,
                explainer=self.name,
                unit="activation",
                signed=bool((values < 0).any()),
                channels=self._chosen(sites[path].channels),
                dead=~(highest > 0),
                total_channels=sites[path].channels,
            )
            for path, (values, highest) in reduced.items()
        }

    def _sites(self, passes: Passes) -> list[Site]:
        if self.layers is None:
            spatial = spatial_sites(passes.sites)
            if not spatial:
                raise LayerError(f"layers=None: {usable(passes.sites)}")
            return [spatial[0], spatial[len(spatial) // 2], spatial[-1]]
        found = [passes.site(name, argument="layers") for name in self.layers]
        for site in found:
            check_spatial(site, passes, "layers")
        return found

    def _chosen(self, total: int) -> Any:
        count = total if self.channels is None else min(self.channels, total)
        return np.round(np.linspace(0, total - 1, count)).astype(np.int32)

    def _reduce(self, activation: Tensor, _: Tensor | None, site: Site) -> tuple[Tensor, Tensor]:
        values = channels_last(tf.cast(activation, tf.float32), site)
        # Gathering along the last axis would copy numbers one by one.
        by_channel = tf.gather(tf.transpose(values, [3, 0, 1, 2]), self._chosen(site.channels))
        highest = tf.reduce_max(by_channel, axis=[1, 2, 3])
        return tf.transpose(by_channel, [1, 2, 3, 0]), highest


def channels_last(values: Tensor, site: Site) -> Tensor:
    """[N, h, w, C] whatever the layer's data format."""
    return tf.transpose(values, [0, 2, 3, 1]) if site.channels_first else values


def check_spatial(site: Site, passes: Passes, argument: str) -> None:
    """Raises `LayerError` for a site whose output is no grid of positions with channels."""
    if len(site.shape) != 3:
        shape = ", ".join(map(str, ("N", *site.shape)))
        raise LayerError(
            f"{argument}={site.path!r}: expected an output of shape [N, h, w, C]; got [{shape}]. "
            f"{usable(passes.sites)}"
        )
