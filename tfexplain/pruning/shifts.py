"""Finds what shifts the feature map of a filter: without it a filter of zeros gives zeros."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.compression import LayerWeights
from tfexplain.compression.buffers import Variable
from tfexplain.model import tap
from tfexplain.model.keras_private import graph_calls
from tfexplain.pruning.masks import Mask
from tfexplain.types import Array, Layer, Model

# Activations that leave a zero what it is.
_KEEPING = ("linear", "relu")
_NORMALIZED = "BatchNormalization"


def shifts(model: Model, kernels: Sequence[LayerWeights]) -> dict[str, list[Variable]]:
    """Finds variables with a number for each filter of a kernel, that shift its feature map.

    These are the bias of its layer, and offset and moving mean of a batch normalization that reads
    nothing but the layer's output, in a graph of Keras. With a filter that is zero they are what
    its feature map is: the filter is gone where they are zero, too.

    Args:
        model: A built model of Keras 3 or tf_keras.
        kernels: Of this model; of layers with several kernels, such as recurrent ones, nothing is
            known.

    Returns:
        Variables by the kernel's name, for every kernel.
    """
    layers = tap.layers_by_path(model)
    behind = _normalizations([model, *layers.values()])
    found: dict[str, list[Variable]] = {}
    for kernel in kernels:
        layer = layers.get(kernel.path)
        able: list[Any] = []
        if layer is not None and kernel.alone:
            able.append(getattr(layer, "bias", None))
            for normalization in behind.get(id(layer), ()):
                if _by_filter(normalization, layer):
                    able += [normalization.beta, normalization.moving_mean]
        outputs = kernel.layout.outputs
        found[kernel.name] = [v for v in able if v is not None and prod(v.shape) == outputs]
    return found


def filters_kept(kernel: LayerWeights, mask: Mask) -> Mask:
    """Returns which filters a mask of the kernel's shape keeps, bool [outputs]."""
    kept: Mask = np.any(kernel.layout.to_cube(mask), axis=(0, 1))
    return kept


def without(values: Array, kept: Mask) -> Array:
    """Returns values with a zero for each filter that is not kept, in their shape."""
    changed: Array = values * kept.reshape(values.shape).astype(values.dtype)
    return changed


def _normalizations(models: Sequence[Any]) -> Mapping[int, list[Layer]]:
    """Returns the batch normalizations that read nothing but the output of a layer, by its id."""
    graphs = [calls for one in models if (calls := graph_calls(one))]
    times = Counter(id(layer) for calls in graphs for layer, _, _ in calls)
    found: dict[int, list[Layer]] = {}
    for calls in graphs:
        made = {id(tensor): layer for layer, _, given in calls for tensor in tf.nest.flatten(given)}
        for layer, fed, _ in calls:
            if type(layer).__name__ == _NORMALIZED and times[id(layer)] == 1 and len(fed) == 1:
                source = made.get(id(fed[0]))
                if source is not None:
                    found.setdefault(id(source), []).append(layer)
    return found


def _by_filter(normalization: Any, layer: Any) -> bool:
    """Whether a normalization has a mean for each filter of the layer before it, and reads zeros
    of a filter of zeros."""
    activation = getattr(layer, "activation", None)
    if activation is not None and getattr(activation, "__name__", "") not in _KEEPING:
        return False
    axis = normalization.axis
    axis = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
    rank = len(layer.output.shape)
    first = getattr(layer, "data_format", None) == "channels_first"
    return bool(axis in ((1, 1 - rank) if first else (-1, rank - 1)))
