"""Base class of path methods (Integrated Gradients, Expected Gradients)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tfexplain.attribution import Attribution
from tfexplain.explainers.base import Context, Explainer
from tfexplain.explainers.gradient.sources import (
    attribution,
    gradient_sources,
    without_gradient_source,
)
from tfexplain.explainers.path.paths import Paths
from tfexplain.model.batching import chunk_size
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel


@dataclass(frozen=True, kw_only=True, eq=False)
class PathExplainer(Explainer):
    """Base class: computes maps from gradients along paths that lead to each sample.

    Attributes:
        batch_size: How many points of paths go through the model at once, for all samples together.
            None (default) chooses by the size of the layers' outputs and the device: at most 128 on
            a CPU, 256 on a GPU. It changes memory and time, not the result.
        layer: Path of a hidden layer, `conv@1` for the second call of a layer that is called twice,
            or several paths, one after the other; default the inputs. The path leads from the
            layer's output for an origin's inputs to that for the sample's, while the inputs stay
            the sample's. `values` are then [N, *sides, C], or shaped as the layer's output.
        padding: Index of padding tokens, which never move and get zero; default 0 where an
            embedding masks it (`mask_zero=True`), else none.
    """

    batch_size: int | None = None
    layer: str | Sequence[str] | None = None
    padding: int | None = None

    def omits(self, traced_model: TracedModel) -> dict[str, str]:
        """Returns, by name, why inputs have no gradient; empty where layers are explained."""
        return {} if self.layer else without_gradient_source(traced_model)

    def divided(self) -> list[Explainer]:
        """Returns one explainer for each layer."""
        if self.layer is None or isinstance(self.layer, str):
            return [self]
        return [replace(self, layer=name) for name in self.layer]

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Plans to read nothing: paths have passes of their own."""
        gradient_sources(traced_model, self.layer)  # what cannot be explained is an error now
        return LayerReads()

    def paths(self, context: Context, origins: Sequence[Any]) -> Paths:
        """Returns the paths from origins, arrays [S, ...] of each input."""
        size = chunk_size(context.traced_model, self.batch_size)
        return Paths(
            context, origins, gradient_sources(context.traced_model, self.layer), size, self.padding
        )

    def _by_source(
        self, context: Context, maps: Sequence[Any], gap: Any, passes: Any, error: Any = None
    ) -> dict[str, Attribution]:
        """Returns the maps of each gradient source by its name.

        Args:
            context: The batch.
            maps: Maps of each source, [N, ...].
            gap: [N], the sum of all maps minus the difference of the scores.
            passes: int32 [N].
            error: See `Attribution.error`.
        """
        return {
            source.name: attribution(
                context,
                self.name,
                source,
                values,
                unit=context.unit,
                signed=True,
                completeness_gap=np.asarray(gap, np.float32),
                error=error,
                passes=passes,
            )
            for source, values in zip(
                gradient_sources(context.traced_model, self.layer), maps, strict=True
            )
        }
