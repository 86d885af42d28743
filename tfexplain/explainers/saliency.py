"""Saliency: how much the score changes with each input value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tfexplain.attribution import Attribution
from tfexplain.explainers.base import Context, SingleExplainer, floating_inputs
from tfexplain.passes import Passes
from tfexplain.shared_pass import Reading


@dataclass(frozen=True, eq=False)
class Saliency(SingleExplainer):
    """The gradient of the score with respect to the input, at the input itself.

    It rides on the pass that feature maps and Grad-CAM share, so beside them it costs the rest of
    one backward pass. `values` are float32, shaped as the input, in units of the explained score
    for each unit of the input. Inputs of whole numbers get none.

    Attributes:
        absolute: Whether the sign is dropped: how much the score changes, not in which direction.

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

    def reading(self, _: Passes) -> Reading:
        """The gradients at the inputs."""
        return Reading(inputs=True)

    def finish(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """The gradients as they came out of the graph."""
        floating_inputs(context.inputs)
        return {
            name: Attribution(
                values=(np.abs(slopes) if self.absolute else slopes).astype(np.float32),
                targets=context.result.targets,
                scores=context.result.scores,
                layer=name,
                explainer=self.name,
                unit=f"{context.unit} per unit of input",
                signed=not self.absolute,
                channel_axis=context.passes.channel_axis(slopes),
            )
            for name, slopes in reduced.items()
        }
