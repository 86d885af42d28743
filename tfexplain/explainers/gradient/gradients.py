"""Base class of explainers that read the gradient at the sample itself, without a path."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.explainers.base import Context, Explainer
from tfexplain.explainers.features.feature_maps import check_samples
from tfexplain.explainers.gradient.sources import (
    GradientSource,
    attribution,
    padded,
    spots,
    without_spot,
)
from tfexplain.model.layer_calls import LayerCall
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class GradientExplainer(Explainer):
    """Computes a map from the gradient at the inputs or at a hidden layer, in the shared pass.

    Attributes:
        layer: Path of a hidden layer, `conv@1` for the second call of one that is called twice, or
            several; default the inputs. `values` then are [N, *sides, C], or as the layer's output
            is.
        padding: Index of the tokens that only fill up, which get zero; default 0 where an embedding
            masks it (`mask_zero=True`), else none.
    """

    layer: str | Sequence[str] | None = None
    padding: int | None = None

    @property
    def signed(self) -> bool:
        """Whether values below zero mean something."""
        return True

    @abstractmethod
    def of(self, values: Any, slopes: Any) -> Any:
        """Computes the map from values and their gradients, arrays or tensors of one shape,
        float32."""

    @abstractmethod
    def unit(self, context: Context, spot: GradientSource) -> str:
        """Returns the unit of the map."""

    def omits(self, passes: TracedModel) -> dict[str, str]:
        """Returns, by name, why inputs have no gradient; empty where layers are explained."""
        return {} if self.layer else without_spot(passes)

    def reading(self, passes: TracedModel, targets: Any = None) -> LayerReads:
        """Plans to read gradients at the inputs, or activations and gradients at layers."""
        found = spots(passes, self.layer)
        paths = tuple(site.path for spot in found for site in spot.sites)
        return LayerReads(
            paths,
            gradient=bool(paths),
            reduce=self._reduce,
            key=(self.name, *self.settings().items()),
            inputs=any(not spot.sites for spot in found),
            zeros=self.layer is None,
        )

    def finish(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Returns the maps by input or layer."""
        return {
            spot.name: attribution(
                context,
                self.name,
                spot,
                self._map(context, spot, reduced),
                unit=self.unit(context, spot),
                signed=self.signed,
            )
            for spot in spots(context.passes, self.layer)
        }

    def _map(self, context: Context, spot: GradientSource, reduced: dict[str, Any]) -> Any:
        inputs = tf.nest.flatten(context.inputs)
        if not spot.sites and spot.input is not None:
            values, slopes = inputs[spot.input].numpy(), reduced[spot.name]
            return self.of(values.astype(np.float32), slopes.astype(np.float32))
        parts = {site.path: reduced[site.path] for site in spot.sites}
        check_samples(parts, context)
        total = np.sum(list(parts.values()), axis=0)
        filling = padded(context.passes, spot, context.inputs, self.padding)
        return total if filling is None else np.where(filling, 0, total)

    def _reduce(self, activation: Tensor, gradient: Tensor | None, site: LayerCall) -> Tensor:
        embedded = site.embeds if self.layer is None else None
        spot = GradientSource(site.path, embedded, (site,))
        values, slopes = (tf.cast(tensor, tf.float32) for tensor in (activation, gradient))
        return spot.laid_out(self.of(values, slopes))
