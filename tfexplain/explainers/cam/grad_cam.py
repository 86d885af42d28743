"""Computes Grad-CAM (Selvaraju et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from tfexplain.explainers.cam.class_activation import ClassActivation, sides, weighted
from tfexplain.types import Tensor


@dataclass(frozen=True, eq=False)
class GradCAM(ClassActivation):
    """Computes the evidence for the target at each position of a layer, one weight a channel.

    The map is the sum of the layer's channels, each weighted by its mean gradient. Settings, shapes
    and units are those of all class activation maps (`ClassActivation`); `values` are >= 0 with
    `relu`, as in the paper.

    References:
        Selvaraju et al. 2017, eq. 1-2, https://arxiv.org/abs/1610.02391

    Example:
        >>> import keras, numpy as np
        >>> conv, head = keras.layers.Conv2D(4, 3, name="conv"), keras.layers.Dense(3)
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), conv, keras.layers.Flatten(), head])
        >>> GradCAM(layer="conv")(model, np.ones((2, 8, 8, 1)), targets=[0, 2]).values.shape
        (2, 6, 6)
    """

    def combine(self, values: Tensor, slopes: Tensor) -> Tensor:
        """Weights each channel by its mean gradient."""
        return weighted(values, tf.reduce_mean(slopes, axis=sides(slopes)))
