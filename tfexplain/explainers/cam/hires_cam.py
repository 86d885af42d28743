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

    Gradient times activation, added up over channels: no gradient is averaged, so a map never
    shows a place that the score does not read. Behind the layer's output a network that is linear
    makes the map complete: without `relu` it adds up to the score less what the network adds of
    its own (its biases). With global average pooling and one dense layer behind it is `GradCAM`.
    Settings, shapes and units are those of all class activation maps (`ClassActivation`).

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
