"""The number that is explained at an output with positions [N, *sides, K]: masks, tags, forecasts,
boxes and words, which are many numbers for each sample.

A class is explained in its region, the positions where it is predicted; of what continues a text,
the next token.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tfexplain.model.keras_private import keras_mask
from tfexplain.model.outputs import ModelOutput
from tfexplain.types import Tensor

# What inputs that say which tokens count are called.
PADDING_MASKS = ("padding_mask", "attention_mask")


def at_positions(
    values: Tensor,
    tensor: Tensor,
    output: ModelOutput,
    targets: Tensor,
    padding: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """(scores float32 [N], classes int32 [N]) of an output with positions.

    Args:
        values: float32 [N, *sides, classes], logits or probabilities.
        tensor: [N, *sides, K] as the model gives it.
        output: The output.
        targets: int32 [N], negative for what the model says itself.
        padding: [N, T], 0 where a token is padding; default what Keras masks.
    """
    kept = keras_mask(tensor)
    mask = padding if kept is None else kept
    values, tensor = _in_line(values), _in_line(tf.cast(tensor, tf.float32))
    count = tf.ones_like(values[:, :, 0])
    if mask is not None and mask.shape[1:] == count.shape[1:]:
        count = tf.cast(tf.cast(mask, tf.bool), tf.float32)
    if output.tokens:
        return _next_token(values, targets, count)
    return _in_region(values, tensor, output, targets, count[:, :, None])


def _next_token(values: Tensor, targets: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """The logit of a token, by default the likeliest, behind the last one that is no padding."""
    places = tf.range(tf.shape(count)[1])[None]
    last = tf.reduce_max(tf.where(count > 0, places, 0), axis=1)
    there = tf.gather(values, last, axis=1, batch_dims=1)
    chosen = tf.where(targets < 0, tf.argmax(there, axis=1, output_type=tf.int32), targets)
    return tf.gather(there, chosen, axis=1, batch_dims=1), chosen


def _in_region(
    values: Tensor, tensor: Tensor, output: ModelOutput, targets: Tensor, count: Tensor
) -> tuple[Tensor, Tensor]:
    """The mean of a class over the positions that are given to it, or over all where none is.

    A negative target is the class that most positions are given to, other than the background 0;
    where all are background, that. Of values, a target is a column, and its mean over all.
    """
    if output.regression:
        chosen, given = tf.maximum(targets, 0), tf.ones_like(values) * count
    else:
        marks, default = _given(tensor, output, count)
        chosen = tf.where(targets < 0, default, targets)
        anywhere = tf.reduce_sum(marks, axis=1, keepdims=True) > 0
        given = tf.where(anywhere, marks, tf.ones_like(marks) * count)
    own = tf.gather(tf.stop_gradient(given), chosen, axis=2, batch_dims=1)
    total = tf.reduce_sum(own * tf.gather(values, chosen, axis=2, batch_dims=1), axis=1)
    return total / tf.maximum(tf.reduce_sum(own, axis=1), 1.0), chosen


def _given(tensor: Tensor, output: ModelOutput, count: Tensor) -> tuple[Tensor, Tensor]:
    """(float32 [N, P, classes]: 1 where a position is given to a class, int32 [N]: the default)."""
    middle = 0.5 if output.applied else 0.0
    if output.binary:
        above = tf.cast(tensor > middle, tf.float32)
        marks = tf.concat([1.0 - above, above], axis=-1) * count
        return marks, tf.fill([tf.shape(marks)[0]], 1)
    if output.several:
        marks = tf.cast(tensor > middle, tf.float32) * count
        return marks, tf.argmax(tf.reduce_sum(marks, axis=1), axis=1, output_type=tf.int32)
    marks = tf.one_hot(tf.argmax(tensor, axis=-1), output.labels) * count
    background = tf.one_hot(0, output.labels)
    often = tf.reduce_sum(marks, axis=1) * (1.0 - background)
    return marks, tf.argmax(often, axis=1, output_type=tf.int32)


def _in_line(values: Any) -> Any:
    """[N, P, K]: all positions in a row."""
    return tf.reshape(values, [tf.shape(values)[0], -1, values.shape[-1]])
