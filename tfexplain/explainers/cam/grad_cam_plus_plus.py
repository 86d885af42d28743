"""Computes Grad-CAM++ (Chattopadhyay et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from tfexplain.explainers.cam.class_activation import ClassActivation, sides, weighted
from tfexplain.types import Tensor


@dataclass(frozen=True, eq=False)
class GradCAMPlusPlus(ClassActivation):
    """Computes the evidence for the target at each position; small and repeated objects count.

    A channel's weight is the sum over its positions of alpha * ReLU(gradient), with alpha = 1 / (2
    + gradient * the channel's sum over positions) wherever the gradient is not zero. This is eq. 19
    of the paper: if exp(score) is explained through a piecewise linear network, the second and
    third derivatives are powers of the gradient, and cancel down to this. The factor exp(score) in
    the weights, which is the same for a whole map, is left out because it overflows, so `values`
    are in units of the explained score. Settings and shapes are those of all class activation maps
    (`ClassActivation`).

    The formula assumes layers that end in a ReLU. Where a channel's sum is negative, alpha may have
    any size; where its denominator is zero, alpha is zero.

    References:
        Chattopadhyay et al. 2018, eq. 7 and 19, https://arxiv.org/abs/1710.11063

    Example:
        >>> import keras, numpy as np
        >>> conv, pool = keras.layers.ReLU(name="conv"), keras.layers.GlobalAveragePooling2D()
        >>> model = keras.Sequential([keras.Input((1, 2, 1)), conv, pool])
        >>> GradCAMPlusPlus(layer="conv")(model, np.array([[[[1.0], [3.0]]]]), 0).values.tolist()
        [[[0.25, 0.75]]]
    """

    def combine(self, values: Tensor, slopes: Tensor) -> Tensor:
        """Weights each channel by its positive gradients, each of them multiplied by alpha."""
        axes = sides(values)
        total = tf.reduce_sum(values, axis=axes, keepdims=True)
        positive = tf.math.divide_no_nan(tf.nn.relu(slopes), 2.0 + total * slopes)
        return weighted(values, tf.reduce_sum(positive, axis=axes))
