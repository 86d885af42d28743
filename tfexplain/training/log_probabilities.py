"""Reads log-probabilities of all classes from what a model returns in training."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tfexplain.model.keras_private import keras_logits
from tfexplain.model.losses import loss_kind, losses_of
from tfexplain.model.targets import logits
from tfexplain.training.penalty import by_row, wide
from tfexplain.types import Model, Tensor

# Below what a probability in float32 is not told from zero.
_LEAST = 1e-7


def log_probabilities(model: Model, y_pred: Any) -> list[Tensor]:
    """Returns the log-probabilities of each output that is about classes, [N, ..., K], at least
    float32; all outputs as they are where none is.

    Of the logits where Keras keeps them or the loss takes them. An output of one number for two
    classes has both, and so has each of several labels that do not exclude each other.
    """
    flat = tf.nest.flatten(y_pred)
    names = list(getattr(model, "output_names", None) or [])
    if isinstance(y_pred, dict):
        names = [str(key) for key in sorted(y_pred)]
    losses = losses_of(model, names if len(names) == len(flat) else [""] * len(flat))
    found = [_of(output, loss) for output, loss in zip(flat, losses, strict=True)]
    classes = [one for one in found if one is not None]
    return classes or [wide(output) for output in flat]


def highest_logits(model: Model, y_pred: Any) -> list[Tensor]:
    """Returns, for each output that `log_probabilities` reads, what the model says for the class it
    predicts, [N]: the largest logit of each row, summed over an output's positions."""
    flat = tf.nest.flatten(y_pred)
    return [_largest(wide(logits(output))) for output in flat]


def _largest(numbers: Tensor) -> Tensor:
    if numbers.shape[-1] == 1 or numbers.shape.rank == 1:  # its negative speaks for the other class
        largest = tf.abs(numbers)
    else:
        largest = tf.reduce_max(numbers, axis=-1)
    return by_row(largest)


def _of(output: Tensor, loss: str) -> Tensor | None:
    kept = keras_logits(output)
    about = loss_kind(loss)
    if kept is None and about != "class":
        return None
    single = output.shape.rank == 1 or output.shape[-1] == 1
    made_by = getattr(getattr(output, "op", None), "type", "")  # eager tensors have no operation
    apart = single or "binary" in loss or made_by == "Sigmoid"
    if about == "value" and (single or kept is None):
        return None
    if kept is not None or "from_logits" in loss:
        numbers = wide(output if kept is None else kept)
        if apart:
            return tf.stack([tf.math.log_sigmoid(numbers), tf.math.log_sigmoid(-numbers)], -1)
        return tf.nn.log_softmax(numbers)
    shares = tf.clip_by_value(wide(output), _LEAST, 1 - _LEAST)
    return tf.math.log(tf.stack([shares, 1 - shares], -1) if apart else shares)
