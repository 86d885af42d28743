"""Computes VarGrad (Adebayo et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tfexplain.explainers.base import Explainer
from tfexplain.explainers.gradient.noise import NoisyExplainer
from tfexplain.explainers.gradient.running_moments import Statistic
from tfexplain.explainers.gradient.saliency import Saliency


@dataclass(frozen=True, kw_only=True, eq=False)
class VarGrad(NoisyExplainer):
    """Computes the variance of the gradient of the score over noisy copies of each sample.

    It shows where the score is curved, not its direction: for a linear model it is 0. `values` are
    float32 >= 0, shaped as the input: the mean squared distance of the copies' gradients from their
    mean (divided by their number, not one less). Noise and chunks are those of all such methods
    (`NoisyExplainer`).

    Attributes:
        layer: Path of a hidden layer; default the inputs. See `Saliency`.

    References:
        Adebayo et al. 2018, https://arxiv.org/abs/1810.03307; Seo et al. 2018,
        https://arxiv.org/abs/1806.03000

    Example:
        >>> import keras, numpy as np
        >>> double = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(2.0)])
        >>> VarGrad(copies=5)(double, np.array([[1.0, 3.0]]), targets=[1]).values.tolist()
        [[0.0, 0.0]]
    """

    layer: str | Sequence[str] | None = None

    @property
    def inner(self) -> Explainer:
        """The explainer of the noisy copies: the gradient, with its sign."""
        return Saliency(layer=self.layer, score=self.score, output=self.output)

    @property
    def _statistic(self) -> Statistic:
        return "variance"
