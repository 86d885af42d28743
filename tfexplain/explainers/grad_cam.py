"""Grad-CAM: where in a layer the evidence for a class lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.explainers.base import Context, SingleExplainer
from tfexplain.explainers.feature_maps import as_tuple, check_grid, check_samples, positions
from tfexplain.passes import Passes
from tfexplain.shared_pass import Reading
from tfexplain.sites import Site
from tfexplain.tap import Tensor


@dataclass(frozen=True, eq=False)
class GradCAM(SingleExplainer):
    """Evidence for the target at each position of a layer.

    The channels of the layer, weighted by the mean gradient of the score and added up; raw
    magnitudes at the layer's own resolution, so that epochs can be compared. `values` are float32
    [N, t], [N, h, w] or [N, d, h, w], in units of the explained score; >= 0 with `relu`. All
    layers that are set come from one forward and one backward pass.

    Attributes:
        layer: Path of a layer whose output is [N, t, C], [N, h, w, C] or [N, d, h, w, C], or
            several; default the last one whose positions the explained output reads.
        relu: Whether evidence against the target is cut off at zero, as in the paper. With it a
            map can be zero everywhere: that is a result, "no positive evidence".
        grid: (h, w) of the tokens of a layer whose output is [N, T, C], any others standing in
            front; default what they come from (see `docs/models.md`).

    References:
        Selvaraju et al. 2017, eq. 1-2, https://arxiv.org/abs/1610.02391

    Example:
        >>> import keras, numpy as np
        >>> conv, head = keras.layers.Conv2D(4, 3, name="conv"), keras.layers.Dense(3)
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), conv, keras.layers.Flatten(), head])
        >>> GradCAM(layer="conv")(model, np.ones((2, 8, 8, 1)), targets=[0, 2]).values.shape
        (2, 6, 6)
    """

    layer: str | Sequence[str] | None = None
    relu: bool = True
    grid: Sequence[int] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_grid(self.grid)

    def reading(self, passes: Passes) -> Reading:
        """Activations and gradients at the layers."""
        if self.layer is None:
            sites = [passes.last(passes.head(self.head), grid=self.grid)]
        else:
            names = [self.layer] if isinstance(self.layer, str) else self.layer
            sites = [passes.site(name, grid=self.grid) for name in names]
        paths = tuple(dict.fromkeys(site.path for site in sites))
        return Reading(paths, True, self._reduce, ("cam", self.relu, as_tuple(self.grid)))

    def finish(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """The maps as they came out of the graph."""
        check_samples(reduced, context)
        return {
            path: Attribution(
                values=values,
                targets=context.result.targets,
                scores=context.result.scores,
                layer=path,
                explainer=self.name,
                unit=context.unit,
                signed=not self.relu,
            )
            for path, values in reduced.items()
        }

    def _reduce(self, activation: Tensor, gradient: Tensor | None, site: Site) -> Tensor:
        # float32 before the mean: a float16 sum over positions loses digits.
        placed = site.put(self.grid)
        values, slopes = positions(activation, placed), positions(gradient, placed)
        weights = tf.reduce_mean(slopes, axis=list(range(1, slopes.shape.rank - 1)))
        cam = tf.einsum("n...c,nc->n...", values, weights)
        return tf.nn.relu(cam) if self.relu else cam
