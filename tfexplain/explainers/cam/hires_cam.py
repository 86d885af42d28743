"""Computes HiResCAM (Draelos and Carin 2020): what each position of a layer adds to the score, to
first order."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from tfexplain.explainers.cam.class_activation import ClassActivation
from tfexplain.types import Tensor


@dataclass(frozen=True, eq=False)
class HiResCAM(ClassActivation):
    """Computes the evidence for the target at each position from the gradient there.

    The map is gradient times activation, summed over channels. No gradient is averaged, so a map
    never shows a position that the score does not read. If the network behind the layer is linear,
    the map without `relu` is complete: it adds up to the score less the network's biases. With
    global average pooling and one dense layer behind the layer it equals `GradCAM`. Settings,
    shapes and units are those of all class activation maps (`ClassActivation`).

    References:
        Draelos & Carin 2020, https://arxiv.org/abs/2011.08891

    Example:
        >>> import keras, numpy as np
        >>> conv, pool = keras.layers.ReLU(name="conv"), keras.layers.GlobalAveragePooling2D()
        >>> model = keras.Sequential([keras.Input((1, 2, 1)), conv, pool])
        >>> HiResCAM(layer="conv")(model, np.array([[[[1.0], [3.0]]]]), 0).values.tolist()
        [[[0.5, 1.5]]]
    """

    def combine(self, values: Tensor, slopes: Tensor) -> Tensor:
        """Sums gradient times activation over the channels."""
        return tf.reduce_sum(slopes * values, axis=-1)
