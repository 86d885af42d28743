"""How constants pass layers that leave channels where they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.compression.shrinking.channels import Channels, Ties
from tfexplain.types import Layer

# Of a constant they make the same constant.
SAME = (
    {"Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianNoise"}
    | {"GaussianDropout", "AlphaDropout", "ActivityRegularization", "Identity"}
    | {f"{kind}Pooling{n}D" for n in (1, 2, 3) for kind in ("Max", "Average")}
    | {f"Global{kind}Pooling{n}D" for n in (1, 2, 3) for kind in ("Max", "Average")}
    | {f"{kind}{n}D" for n in (1, 2, 3) for kind in ("UpSampling", "Cropping")}
)
PADDING = {"ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"}
# Each value by itself.
FUNCTIONS = {"Activation", "ReLU", "LeakyReLU", "ELU", "ThresholdedReLU"}
_BY_VALUE = (
    {"linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish"}
    | {"sigmoid", "hard_sigmoid", "log_sigmoid", "tanh", "hard_tanh", "tanh_shrink", "mish"}
    | {"softplus", "softsign", "hard_silu", "hard_swish", "exponential", "threshold"}
    | {"soft_shrink", "hard_shrink", "squareplus", "sparse_plus"}
)
MERGING: dict[str, Callable[..., Any]] = {
    "Add": lambda stacked: stacked.sum(0),
    "Subtract": lambda stacked: stacked[0] - stacked[1],
    "Multiply": lambda stacked: np.where((stacked == 0).any(0), 0.0, stacked.prod(0)),
    "Average": lambda stacked: stacked.mean(0),
    "Maximum": lambda stacked: stacked.max(0),
    "Minimum": lambda stacked: stacked.min(0),
}


def by_value(function: Any) -> bool:
    """Returns whether a function of Keras computes each value by itself."""
    module = str(getattr(function, "__module__", "")).split(".")[0]
    ours = module in ("keras", "tf_keras", "tensorflow")
    return function is None or (ours and getattr(function, "__name__", "") in _BY_VALUE)


def computed(function: Callable[[Any], Any] | None, channels: Channels) -> Channels:
    """Applies a function of single values."""
    if function is None:
        return channels
    known = ~np.isnan(channels.values)
    if not known.any():
        return channels
    start = np.where(known, channels.values, 0.0)[None].astype(np.float32)
    values = np.asarray(function(tf.constant(start)))[0].astype(np.float64)
    return channels.valued(np.where(known, values, np.nan))


def padded(layer: Layer, channels: Channels) -> Channels:
    """Puts zeros around, so that a constant varies unless it is zero."""
    values = np.where(channels.values == 0, 0.0, np.nan)
    why = f"it is constant there and not zero, and {layer.name} puts zeros around it"
    return channels.valued(values, why)


def normalized(layer: Layer, channels: Channels) -> Channels:
    """Normalizes by the moving statistics; a scale of zero makes a constant of anything."""
    weights = [np.asarray(array, np.float64) for array in layer.get_weights()]
    scale = weights.pop(0) if layer.scale else np.ones(len(channels))
    shift = weights.pop(0) if layer.center else np.zeros(len(channels))
    mean, variance = weights
    slope = scale / np.sqrt(variance + layer.epsilon)
    values = np.where(slope == 0, shift, (channels.values - mean) * slope + shift)
    return channels.valued(values)


def sloped(layer: Layer, channels: Channels) -> Channels | None:
    """Applies a PReLU whose slopes are shared by all positions; None for another."""
    slopes = np.asarray(layer.get_weights()[0], np.float64)
    if slopes.size not in (1, len(channels)):
        return None
    below = np.minimum(channels.values, 0) * slopes.reshape(-1)
    return channels.valued(np.maximum(channels.values, 0) + below)


def merged(layer: Layer, inputs: Sequence[Channels], ties: Ties) -> Channels:
    """Ties channels of the same place, which are computed into one."""
    first = inputs[0]
    for other in inputs[1:]:
        ties.tie(first.ids, other.ids)
    stacked = np.stack([channels.values for channels in inputs])
    values = MERGING[type(layer).__name__](stacked)
    part = ~np.isnan(stacked).all(0)
    why = np.where(part, f"another input of {layer.name} is not constant there", first.why)
    for other in inputs[1:]:
        why = np.where(why == "", other.why, why)
    return Channels(first.ids, values, np.where(np.isnan(values), why, ""))


def concatenated(inputs: Sequence[Channels]) -> Channels:
    """Puts channels behind each other."""
    return Channels(
        np.concatenate([channels.ids for channels in inputs]),
        np.concatenate([channels.values for channels in inputs]),
        np.concatenate([channels.why for channels in inputs]),
    )
