"""Computes saliency, the plain gradient (Simonyan et al. 2013)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tfexplain.explainers.base import Context
from tfexplain.explainers.gradient.gradients import GradientExplainer
from tfexplain.explainers.gradient.sources import GradientSource


@dataclass(frozen=True, kw_only=True, eq=False)
class Saliency(GradientExplainer):
    """Computes the gradient of the score with respect to the input.

    It shares the pass of feature maps and Grad-CAM, so beside them it costs only the rest of one
    backward pass. `values` are float32, shaped as the input, in units of the explained score for
    each unit of the input. Indices [N, T] are explained at their embeddings: `values` [N, T] are
    the sums over each token's vector. Other whole numbers get none. With `layer=` the gradient is
    that at a hidden layer.

    Attributes:
        absolute: Whether the sign is dropped, which leaves how much the score changes, not in which
            direction.
        layer, padding: See `GradientExplainer`.

    References:
        Simonyan et al. 2013, section 3, https://arxiv.org/abs/1312.6034; there the greatest
        magnitude over the channels is shown, here `Attribution.maps` are sums over them.

    Example:
        >>> import keras, numpy as np
        >>> double = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(2.0)])
        >>> Saliency()(double, np.array([[1.0, 3.0]]), targets=[1]).values.tolist()
        [[0.0, 2.0]]
    """

    absolute: bool = False

    @property
    def signed(self) -> bool:
        """Whether the sign is kept."""
        return not self.absolute

    def of(self, values: Any, slopes: Any) -> Any:
        """Returns the gradients."""
        return abs(slopes) if self.absolute else slopes

    def unit(self, context: Context, source: GradientSource) -> str:
        """Returns the unit of the score by the unit of what is explained."""
        return f"{context.unit} per unit of {source.measure}"
