"""The explained number as functions of arrays and tensors, as other libraries call a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.explainers.base import Context
from tfexplain.model.batching import default_chunk_size, run_by_chunks
from tfexplain.types import Array, Tensor


class Scores:
    """Computes the number that is explained, of rows that a library makes of the samples.

    By the model's own compiled passes, so that a library's number is ours: logit or probability, a
    class, a unit or a function. They are compiled once for all epochs, and leave the model as it
    was.

    Args:
        context: The batch on its way through the explainer, of a model with one input.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        (spec,) = tf.nest.flatten(context.traced_model.specs)
        (given,) = tf.nest.flatten(context.inputs)
        self._dtype, self.shape = spec.dtype, tuple(given.shape[1:])

    def of(self, rows: Any, classes: Any) -> Array:
        """Returns the scores of rows in any shape of the right size, float64 [n]."""
        (scores,) = self._run("adapter", _scores, rows, classes)
        return scores.astype(np.float64)

    def of_class(self, chosen: int) -> Callable[[Any], Array]:
        """Returns a function of rows [n, ...] that computes the scores of a class, float64 [n]."""
        return lambda rows: self.of(rows, chosen)

    def graded(self, rows: Any, classes: Any) -> tuple[Array, Array]:
        """Returns scores float32 [n] and their gradients at the rows, shaped as these."""
        scores, gradients = self._run("adapter gradient", _graded, rows, classes)
        return scores, gradients

    def differentiable(self, rows: Tensor, classes: Tensor) -> Tensor:
        """Computes scores float32 [n] of tensors, in a graph or not, with their first gradient."""
        scores, gradients = tf.numpy_function(
            self.graded, [rows, classes], [tf.float32, tf.float32], stateful=True
        )
        # Of the score and its gradient as constants, a function with this value and this gradient.
        # A custom gradient would be asked for those of the weights as well.
        count = tf.shape(rows)[0]
        moved = tf.cast(rows - tf.stop_gradient(rows), tf.float32)
        slope = tf.reshape(tf.stop_gradient(gradients), tf.shape(rows))
        along = tf.reduce_sum(tf.reshape(slope * moved, [count, -1]), axis=1)
        return tf.reshape(tf.stop_gradient(scores), [count]) + along

    def _run(self, key: str, make: Any, rows: Any, classes: Any) -> list[Array]:
        array = np.asarray(rows).reshape(-1, *self.shape)
        chosen = np.broadcast_to(np.asarray(classes, np.int32), len(array))
        traced_model = self._context.traced_model
        found = run_by_chunks(
            traced_model,
            (key, self._context.key),
            lambda: make(self._context),
            tf.cast(tf.constant(array), self._dtype),
            tf.constant(chosen),
            size=default_chunk_size(traced_model),
            any_length=True,
        )
        return [np.concatenate(parts) for parts in zip(*found, strict=True)]


def _scores(context: Context) -> Callable[..., tuple[Tensor]]:
    scorer, structure = context.scorer(), _structure(context)

    def scores(rows: Tensor, classes: Tensor) -> tuple[Tensor]:
        return (scorer(tf.nest.pack_sequence_as(structure, [rows]), classes),)

    return scores


def _graded(context: Context) -> Callable[..., tuple[Tensor, Tensor]]:
    scorer, structure = context.scorer(), _structure(context)

    def graded(rows: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(rows)
            scores = scorer(tf.nest.pack_sequence_as(structure, [rows]), classes)
        slope = tape.gradient(scores, rows, unconnected_gradients="zero")
        return scores, tf.cast(slope, tf.float32)

    return graded


def _structure(context: Context) -> Any:
    """Returns the structure of the inputs; compiled functions must not hold a batch."""
    return tf.nest.map_structure(lambda _: 0, context.inputs)
