"""Reduces activations and gradients inside the graph, so that little leaves it.

Each large tensor is read once or twice, for a pass over all activations of a network costs as much
as a tenth of training on them. What can be said of some values is said of these, outside.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.types import Tensor

# Values of a tensor that leave the graph, for shares, moments and histograms; evenly spread ones of
# more.
MOST_VALUES = 1 << 12
# Functions with no slope below zero, where a unit may get stuck.
CUT_OFF = ("relu", "relu6")
# A softmax is saturated where its largest probability is above this: the slope y (1 - y) is less
# than 5% of its largest.
SURE = (1 + math.sqrt(0.95)) / 2
_GOLDEN = (math.sqrt(5) - 1) / 2


def of_activation(tensor: Tensor, axis: int, activation: str) -> dict[str, Tensor]:
    """Reduces the output of one call.

    Args:
        tensor: [N, ..., C] or [N, C, ...], floating.
        axis: Axis of the units.
        activation: Name of its activation function.

    Returns:
        `values` float32 [at most `MOST_VALUES`]; `sums` float32, of each unit of a ReLU, else [1]
        of all; `sure` float64, share of the rows of a softmax that are saturated, NaN for other
        functions; `count` float64, of values.
    """
    wide = tf.cast(tensor, tf.float32)
    sure = tf.constant(float("nan"), tf.float64)
    if activation == "softmax":
        sure = tf.reduce_mean(tf.cast(tf.reduce_max(wide, -1) > SURE, tf.float64))
    return {
        "values": tf.cast(some_of(tensor), tf.float32),
        "sums": _sums(wide, axis, activation in CUT_OFF),
        "sure": sure,
        "count": tf.cast(tf.size(tensor, tf.int64), tf.float64),
    }


def of_gradient(gradient: Any, size: int) -> dict[str, Tensor]:
    """Reduces the gradient of one weight.

    Args:
        gradient: Tensor, `tf.IndexedSlices`, or None where the loss does not depend on the weight.
        size: How many numbers the weight has.

    Returns:
        `values` as those of activations; `squares` float64, sum over all; `count` float64, how many
        numbers have a gradient: the rows of an embedding that were read; NaN for None; `size`
        float64.
    """
    numbers = tf.constant(size, tf.float64)
    if gradient is None:
        nothing = tf.constant(float("nan"), tf.float64)
        return {"values": tf.zeros([0]), "squares": nothing, "count": nothing, "size": numbers}
    dense = _rows(gradient) if isinstance(gradient, tf.IndexedSlices) else gradient
    # Squares of large and of tiny gradients would leave the range of float32.
    squares = 2 * tf.nn.l2_loss(tf.cast(dense, tf.float64))
    return {
        "values": tf.cast(some_of(dense), tf.float32),
        "squares": squares,
        "count": tf.cast(tf.size(dense, tf.int64), tf.float64),
        "size": numbers,
    }


def some_of(tensor: Tensor, most: int = MOST_VALUES) -> Tensor:
    """Returns all values of a small tensor, flat, or `most` of a large one.

    Their places are spread evenly by steps of the golden ratio, which meet all channels.
    """
    flat = tf.reshape(tensor, [-1])
    known = flat.shape[0]
    if known is not None:
        return flat if known <= most else tf.gather(flat, _places(known, most))
    size = tf.size(flat, tf.int64)
    order = tf.range(tf.minimum(size, most))
    steps = tf.math.floormod(tf.cast(order, tf.float64) * _GOLDEN, 1.0)
    spread = tf.cast(steps * tf.cast(size, tf.float64), tf.int64)
    return tf.gather(flat, tf.where(size <= most, order, spread))


@lru_cache
def _places(size: int, most: int) -> npt.NDArray[np.integer[Any]]:
    steps = np.arange(most) * _GOLDEN % 1.0
    places = np.sort((steps * size).astype(np.int64))
    return places.astype(np.int32) if size < 1 << 31 else places


def _sums(tensor: Tensor, axis: int, by_unit: bool) -> Tensor:
    rank = tensor.shape.rank
    if not by_unit:
        return tf.reshape(tf.reduce_sum(tensor), [1])
    # The gradient of a bias is this sum, in half the time of `reduce_sum`.
    if axis % rank == rank - 1:
        return tf.raw_ops.BiasAddGrad(out_backprop=tensor)
    return tf.reduce_sum(tensor, [i for i in range(rank) if i != axis % rank])


def _rows(slices: tf.IndexedSlices) -> Tensor:
    """The rows that have a gradient, each once."""
    unique, places = tf.unique(slices.indices)
    return tf.math.unsorted_segment_sum(slices.values, places, tf.size(unique))
