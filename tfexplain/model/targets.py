"""Which number is explained: an output of the model, one class of it, logit or probability.

The logit is explained where the model has one, because a confident network has no probability
gradient left. Keras keeps the logits on the output of its softmax and sigmoid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.model.keras_private import keras_logits
from tfexplain.model.output_positions import at_positions
from tfexplain.model.outputs import Activation, Measure, ModelOutput, Score, TargetError
from tfexplain.model.unit import Unit, UnitScore
from tfexplain.types import Tensor

ScoreFunction: TypeAlias = Callable[[Any], Tensor]
Targets: TypeAlias = npt.ArrayLike | ScoreFunction | Unit | None

PREDICTED = -1  # a target to be replaced by the predicted class


def logits(output: Tensor) -> Tensor:
    """What one output was before its softmax or sigmoid, where Keras keeps that; else the output.

    For functions that are passed as `targets=`, which get the model's outputs.

    >>> import keras
    >>> softmax = keras.layers.Softmax()
    >>> logits(softmax(tf.constant([[1.0, 3.0]]))).numpy().tolist()
    [[1.0, 3.0]]
    """
    kept = keras_logits(output)
    return output if kept is None else kept


def rule(targets: Any) -> ScoreFunction | UnitScore | None:
    """What says which number is explained where no class does: the targets themselves, hashable."""
    return targets if callable(targets) or isinstance(targets, UnitScore) else None


def measure(targets: Any, output: ModelOutput, score: Score) -> Measure:
    """What the explained number is measured in."""
    if isinstance(targets, (Unit, UnitScore)):
        return "activation"
    return "output" if callable(targets) else output.unit(score)


def explained(
    outputs: Any,
    output: ModelOutput,
    targets: Tensor | ScoreFunction | UnitScore,
    score: Score,
    activations: Mapping[str, Tensor],
    padding: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """(scores float32 [N], targets int32 [N]) of a traced forward pass.

    `TracedModel.scores` runs the pass as well, and is what most callers want. For `PREDICTED` the
    predicted class is taken. A callable gets the model's outputs and returns the scores; a hidden
    unit reads `activations` by path. The targets of these two stay `PREDICTED`. `padding` is 0
    where a token is none, of models that are told so by an input.
    """
    if isinstance(targets, UnitScore):
        scores = targets.of(activations[targets.call.path])
        return scores, tf.fill(tf.shape(scores), PREDICTED)
    if callable(targets):
        scores = tf.convert_to_tensor(targets(outputs))
        if scores.shape.rank != 1:
            raise TargetError(
                f"targets={targets!r}: expected a function of the outputs that returns one number "
                f"a sample, shape [N]; got shape {scores.shape}."
            )
        return tf.cast(scores, tf.float32), tf.fill(tf.shape(scores), PREDICTED)
    tensor = tf.nest.flatten(outputs)[output.position]
    if not output.targets:
        raise TargetError(_no_class(output))
    values = scores_of_all(tensor, output, score)
    if not output.classes:
        if output.binary:
            other = 1.0 - values if _is_probability(output, score) else -values
            values = tf.concat([other, values], axis=-1)
        return at_positions(values, tensor, output, targets, padding)
    values = tf.reshape(values, [-1, output.classes])
    chosen = tf.where(targets < 0, predicted(tensor, output), targets)
    if output.binary:
        other = 1.0 - values if _is_probability(output, score) else -values
        return tf.where(chosen == 1, values[:, 0], other[:, 0]), chosen
    return tf.gather(values, chosen, batch_dims=1), chosen


def scores_of_all(tensor: Tensor, output: ModelOutput, score: Score) -> Tensor:
    """Scores of all classes or values of one output, float32, shaped as the output."""
    probability = score == "probability"
    values = logits(tensor) if output.logits and not probability else tensor
    values = tf.cast(values, tf.float32)
    if probability and not output.applied:
        values = activate(values, output.activation)
    return values


def _no_class(output: ModelOutput) -> str:
    return (
        f"output={output.name!r}: its output has no axis of classes, so none can be picked. "
        "Pass targets= a function of the outputs that returns one number a sample."
    )


def _is_probability(output: ModelOutput, score: Score) -> bool:
    return output.unit(score) == "probability"


def predicted(tensor: Tensor, output: ModelOutput) -> Tensor:
    """int32 [N]: the predicted class of an output; 0 where the output is a value, not a class."""
    flat = tf.cast(tf.reshape(tensor, [-1, output.classes]), tf.float32)
    if output.binary:
        return tf.cast(flat[:, 0] > (0.5 if output.applied else 0.0), tf.int32)
    if output.regression:
        return tf.zeros(tf.shape(flat)[:1], tf.int32)
    return tf.argmax(flat, axis=1, output_type=tf.int32)


def activate(values: Tensor, activation: Activation) -> Tensor:
    """Logits to probabilities."""
    if activation == "softmax":
        return tf.nn.softmax(values)
    return tf.sigmoid(values) if activation == "sigmoid" else values


def as_targets(
    targets: npt.ArrayLike | ScoreFunction | None, output: ModelOutput, count: int
) -> npt.NDArray[np.int32] | ScoreFunction:
    """What a caller passed, as class indices int32 [count] or the callable itself.

    Takes None (the predicted class), one index for all, indices [N] or [N, 1], or one-hot rows
    [N, K].

    Raises:
        TargetError: a wrong length, or an index outside the model's outputs.
    """
    if callable(targets):
        return targets
    if targets is None:
        return np.full(count, PREDICTED, np.int32)
    if not output.targets:
        raise TargetError(_no_class(output))
    indices = class_indices(np.asarray(targets), output.targets)
    if indices.ndim == 0:
        indices = np.full(count, indices)
    if indices.shape != (count,):
        raise TargetError(f"targets: expected {count} of them, one a sample; got {indices.shape}.")
    wrong = np.flatnonzero((indices < PREDICTED) | (indices >= output.targets))
    if len(wrong):
        raise TargetError(
            f"targets: expected class indices in 0..{output.targets - 1} for output "
            f"{output.name!r}; got {indices[wrong[0]]} (sample {wrong[0]}). "
            "Check the labels, or the model's number of outputs."
        )
    return cast("npt.NDArray[np.int32]", indices.astype(np.int32))


def class_indices(labels: npt.NDArray[Any], classes: int) -> npt.NDArray[np.int64]:
    """Class indices of labels in any of the usual forms; -1 for a row of all zeros.

    >>> class_indices(np.array([[0, 1, 0], [0, 0, 0]]), 3)
    array([ 1, -1])
    """
    if labels.ndim == 2 and labels.shape[1] > 1:
        if labels.shape[1] != classes:
            raise TargetError(
                f"targets: expected one-hot rows of {classes} classes; got {labels.shape[1]}."
            )
        largest = labels.max(axis=1, keepdims=True)
        several = np.flatnonzero((largest[:, 0] > 0) & ((labels == largest).sum(axis=1) > 1))
        if len(several):
            raise TargetError(
                f"targets: expected one-hot rows; row {several[0]} has several labels. Pass the "
                "index of the one that is meant, for all or for each sample."
            )
        return np.where(labels.any(axis=1), labels.argmax(axis=1), PREDICTED)
    flat = labels[:, 0] if labels.ndim == 2 else labels
    whole = flat.astype(np.int64)
    if not np.array_equal(whole, flat):
        raise TargetError(f"targets: expected whole class indices; got {flat.ravel()[:5]}.")
    return whole
