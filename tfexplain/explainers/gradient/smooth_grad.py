"""Computes SmoothGrad (Smilkov et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tfexplain.explainers.base import Explainer
from tfexplain.explainers.gradient.noise import NoisyExplainer
from tfexplain.explainers.gradient.running_moments import Statistic
from tfexplain.explainers.gradient.saliency import Saliency


@dataclass(frozen=True, kw_only=True, eq=False)
class SmoothGrad(NoisyExplainer):
    """Computes the mean gradient of the score over noisy copies of each sample.

    This is `Smooth(Saliency())` by its usual name. Differences between copies average out, so that
    maps of networks whose gradient jumps everywhere become readable. `values` are float32, shaped
    as the input, in units of the explained score for each unit of the input. Noise and chunks are
    those of all such methods (`NoisyExplainer`).

    Attributes:
        absolute: Whether the sign of each gradient is dropped before the mean is taken.
        layer: Path of a hidden layer; default the inputs. See `Saliency`.

    References:
        Smilkov et al. 2017, section 3, https://arxiv.org/abs/1706.03825

    Example:
        >>> import keras, numpy as np
        >>> double = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(2.0)])
        >>> SmoothGrad(copies=5)(double, np.array([[1.0, 3.0]]), targets=[1]).values.tolist()
        [[0.0, 2.0]]
    """

    absolute: bool = False
    layer: str | Sequence[str] | None = None

    @property
    def inner(self) -> Explainer:
        """The explainer of the noisy copies: the gradient."""
        return Saliency(
            absolute=self.absolute, layer=self.layer, score=self.score, output=self.output
        )

    @property
    def _statistic(self) -> Statistic:
        return "mean"
