"""Computes what a network answers: the predicted class of each row, or its value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.errors import TfexplainError
from tfexplain.explainers.perturbation.answers import Answer
from tfexplain.model.batching import chunk_size, run_by_chunks
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.targets import logits, predicted
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Array, Tensor

_LEAST = float(np.finfo(np.float32).tiny)


def check_answers(output: ModelOutput, *, values: bool = True) -> None:
    """Raises TfexplainError for an output without one answer a row: a class, or a value.

    Args:
        output: The output.
        values: Whether a value will do.
    """
    if output.classes and not output.several:
        if output.regression and values and output.classes == 1:
            return
        if not output.regression and output.targets > 1:
            return
    if output.several:
        has = "several labels a row"
    elif not output.classes:
        has = "a prediction for each position"
    else:
        has = f"{output.classes} values" if output.classes > 1 else "a value"
    wanted = "classes that exclude each other" + (", or one value" if values else "")
    raise TfexplainError(
        f"output={output.name!r}: expected {wanted}; it has {has}. Pass another output=."
    )


def answers(
    traced_model: TracedModel, inputs: Any, output: ModelOutput, batch_size: int | None = None
) -> Array:
    """Runs the model as in prediction: float64 [N], predicted classes, or values.

    Args:
        traced_model: The model, opened.
        inputs: Tensors [N, ...] in the structure the model takes.
        output: Its output, for which `check_answers` passes.
        batch_size: Rows that go through the model at once; default by the device.
    """

    answer = Answer(output)

    def make() -> Callable[[Any], Tensor]:
        return lambda batch: answer(traced_model.forward(batch)[0])

    size = chunk_size(traced_model, batch_size)
    chunks = run_by_chunks(
        traced_model, ("answers", output), make, inputs, size=size, any_length=True
    )
    return np.concatenate(chunks).astype(np.float64)


@dataclass(frozen=True)
class LossOfAnswer:
    """The loss of the predicted class, up to a rising function, of the model's outputs.

    It is log(sum of exp of all other logits) - logit. Cross-entropy is log(1 + exp(this)), so both
    have gradients of one direction; but in float32 the latter is zero for a sure model, and its
    sign is lost with it.
    """

    output: ModelOutput

    def __call__(self, outputs: Any) -> Tensor:
        output = self.output
        tensor = tf.nest.flatten(outputs)[output.position]
        own = predicted(tensor, output)
        if output.logits or not output.applied:
            values = tf.cast(logits(tensor), tf.float32)
        else:
            chances = tf.cast(tensor, tf.float32)
            one = output.binary
            odds = tf.math.log1p(-chances + _LEAST) if one else 0.0
            values = tf.math.log(tf.maximum(chances, _LEAST)) - odds
        values = tf.reshape(values, [-1, output.classes])
        if output.binary:
            return tf.where(own == 1, -values[:, 0], values[:, 0])
        mine = tf.one_hot(own, output.classes, on_value=True, off_value=False)
        others = tf.where(mine, values.dtype.min, values)
        return tf.reduce_logsumexp(others, axis=1) - tf.gather(values, own, batch_dims=1)
