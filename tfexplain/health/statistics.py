"""Reduces activations and gradients inside the graph, so that little leaves it."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from tfexplain.types import Tensor

# Values of a tensor that leave the graph, for moments and histograms; evenly spread ones of more.
MOST_VALUES = 1 << 14
# A function is saturated where its slope is less than this share of its largest.
FLAT = 0.05
_TANH = math.sqrt(1 - FLAT)  # the slope is 1 - y^2
_SIGMOID = (1 + math.sqrt(1 - FLAT)) / 2  # the slope is y (1 - y), at most 1/4
# Functions with no slope below zero, where a unit may get stuck.
_CUT_OFF = ("relu", "relu6")
_GOLDEN = (math.sqrt(5) - 1) / 2


def of_activation(tensor: Tensor, axis: int, activation: str) -> dict[str, Tensor]:
    """Reduces the output of one call.

    Args:
        tensor: [N, ..., C] or [N, C, ...], floating.
        axis: Axis of the units.
        activation: Name of its activation function.

    Returns:
        `values` float32 [at most `MOST_VALUES`]; `dead` bool [C], units of a ReLU that are never
        above zero, [0] for other functions; `finite` bool; `saturated` float32, share of values,
        NaN for functions that do not saturate; `count` float32, of values.
    """
    tensor = tf.cast(tensor, tf.float32)
    others = [i for i in range(tensor.shape.rank) if i != axis % tensor.shape.rank]
    cut_off = activation in _CUT_OFF
    dead = tf.reduce_max(tensor, others) <= 0 if cut_off else tf.zeros([0], tf.bool)
    return {
        "values": some_of(tensor),
        "dead": dead,
        "finite": _finite(tensor),
        "saturated": _saturated(tensor, activation),
        "count": tf.cast(tf.size(tensor), tf.float32),
    }


def of_gradient(gradient: Any, scale: Tensor, size: int) -> dict[str, Tensor]:
    """Reduces the gradient of one weight.

    Args:
        gradient: Tensor, `tf.IndexedSlices`, or None where the loss does not depend on the weight.
        scale: What the loss was multiplied with.
        size: How many numbers the weight has.

    Returns:
        `norm` float32, L2; NaN where no gradient reaches. `zeros` float32, count; `nonfinite`
        float32, count; `underflow` float32, count of those that are not zero but would be in
        float16; `values` as those of activations.
    """
    if gradient is None:
        nothing = tf.constant(float("nan"))
        counts = dict.fromkeys(("norm", "zeros", "nonfinite", "underflow"), nothing)
        return {**counts, "values": tf.zeros([0])}
    dense = _rows(gradient) if isinstance(gradient, tf.IndexedSlices) else gradient
    dense = tf.cast(dense, tf.float32)
    own = dense / scale
    largest = tf.reduce_max(tf.abs(own))
    # Squares of large and of tiny gradients would leave the range of float32.
    unit = tf.where(largest > 0, largest, 1.0)
    norm = unit * tf.sqrt(tf.reduce_sum(tf.square(own / unit)))
    nonzero = tf.math.count_nonzero(own, dtype=tf.float32)
    tiny = (tf.abs(dense) < _LEAST_HALF) & tf.not_equal(dense, 0)
    return {
        "norm": norm,
        "zeros": float(size) - nonzero,
        "nonfinite": tf.math.count_nonzero(~tf.math.is_finite(own), dtype=tf.float32),
        "underflow": tf.math.count_nonzero(tiny, dtype=tf.float32),
        "values": some_of(own),
    }


# Half of float16's least number: what is less becomes zero.
_LEAST_HALF = 2.0**-25


def some_of(tensor: Tensor, most: int = MOST_VALUES) -> Tensor:
    """Returns all values of a small tensor, flat, or `most` of a large one.

    Their places are spread evenly by steps of the golden ratio, which meet all channels.
    """
    flat = tf.reshape(tensor, [-1])
    if flat.shape[0] is not None and flat.shape[0] <= most:
        return flat
    size = tf.shape(flat, tf.int64)[0]
    steps = tf.math.floormod(tf.range(most, dtype=tf.float64) * _GOLDEN, 1.0)
    places = tf.cast(steps * tf.cast(size, tf.float64), tf.int64)
    return tf.gather(flat, places)


def _finite(tensor: Tensor) -> Tensor:
    """Whether all values are finite. Where their sum is, which takes no memory, they are."""
    return tf.cond(
        tf.math.is_finite(tf.reduce_sum(tensor)),
        lambda: tf.constant(True),
        lambda: tf.reduce_all(tf.math.is_finite(tensor)),
    )


def _saturated(tensor: Tensor, activation: str) -> Tensor:
    if activation == "tanh":
        flat = tf.abs(tensor) > _TANH
    elif activation in ("sigmoid", "hard_sigmoid"):
        flat = tf.abs(tensor - 0.5) > _SIGMOID - 0.5
    elif activation == "softmax":
        flat = tf.reduce_max(tensor, -1) > _SIGMOID
    else:
        return tf.constant(float("nan"))
    return tf.reduce_mean(tf.cast(flat, tf.float32))


def _rows(slices: tf.IndexedSlices) -> Tensor:
    """The rows that have a gradient, each once."""
    unique, places = tf.unique(slices.indices)
    return tf.math.unsorted_segment_sum(slices.values, places, tf.size(unique))
