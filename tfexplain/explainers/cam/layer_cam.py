"""Computes LayerCAM (Jiang et al. 2021), which suits early layers too."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from tfexplain.explainers.cam.class_activation import ClassActivation
from tfexplain.types import Tensor


@dataclass(frozen=True, eq=False)
class LayerCAM(ClassActivation):
    """Computes the evidence for the target at each position from positive gradients there.

    The map is ReLU(gradient) times activation, summed over channels. Negative gradients are left
    out value by value, which keeps maps of early layers clean; maps add up to nothing in
    particular. Settings, shapes and units are those of all class activation maps
    (`ClassActivation`); behind a ReLU, `values` are >= 0 with and without `relu`.

    References:
        Jiang et al. 2021, section 3, https://doi.org/10.1109/TIP.2021.3089943

    Example:
        >>> import keras, numpy as np
        >>> conv, pool = keras.layers.ReLU(name="conv"), keras.layers.GlobalAveragePooling2D()
        >>> model = keras.Sequential([keras.Input((1, 2, 1)), conv, pool])
        >>> LayerCAM(layer="conv")(model, np.array([[[[1.0], [3.0]]]]), 0).values.tolist()
        [[[0.5, 1.5]]]
    """

    def combine(self, values: Tensor, slopes: Tensor) -> Tensor:
        """Sums positive gradient times activation over the channels."""
        return tf.reduce_sum(tf.nn.relu(slopes) * values, axis=-1)
