"""Computes input x gradient (Shrikumar et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tfexplain.explainers.base import Context
from tfexplain.explainers.gradient.gradients import GradientExplainer
from tfexplain.explainers.gradient.sources import GradientSource


@dataclass(frozen=True, eq=False)
class InputXGradient(GradientExplainer):
    """Computes the input times the gradient of the score with respect to it.

    The values are contributions to the score in the linear model that touches it at the sample; for
    a linear model they are exact, and leave out its bias. `values` are float32, shaped as the
    input, in units of the explained score, signed. Indices [N, T] are explained at their
    embeddings: `values` [N, T] are the sums over each token's vector. Other whole numbers get none.
    With `layer=` it is activation times gradient at a hidden layer, [N, *sides, C]. It costs what
    `Saliency` costs.

    Attributes:
        layer, padding: See `GradientExplainer`.

    References:
        Shrikumar et al. 2016, section 2.1, https://arxiv.org/abs/1605.01713

    Example:
        >>> import keras, numpy as np
        >>> double = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(2.0)])
        >>> InputXGradient()(double, np.array([[1.0, 3.0]]), targets=[1]).values.tolist()
        [[0.0, 6.0]]
    """

    def of(self, values: Any, slopes: Any) -> Any:
        """Multiplies values and gradients."""
        return values * slopes

    def unit(self, context: Context, source: GradientSource) -> str:
        """Returns the unit of the score."""
        return context.unit
