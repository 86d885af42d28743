"""Which number is explained: an output of the model, one class of it, logit or probability.

The logit is explained where the model has one, because a confident network has no probability
gradient left. Keras keeps the logits on the output of its softmax and sigmoid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.losses import LossKind, loss_kind, losses_of
from tfexplain.positions import at_positions
from tfexplain.tap import Model, Tensor
from tfexplain.unit import Unit, UnitScore

Score = Literal["logit", "probability"]
Activation = Literal["softmax", "sigmoid", "none"]
Measure = Literal["logit", "probability", "output", "activation"]
ScoreFunction: TypeAlias = Callable[[Any], Tensor]
Targets: TypeAlias = npt.ArrayLike | ScoreFunction | Unit | None

PREDICTED = -1  # a target to be replaced by the predicted class


class TargetError(ValueError):
    """A label, class index or output that the model does not have."""


@dataclass(frozen=True)
class Head:
    """One output of a model, and how its numbers read.

    `classes` is K of an output [N, K] (1 for [N, 1] and [N]). `logits` says whether Keras keeps
    the logits; `activation` is what turns logits into probabilities; `applied` whether the
    output already went through it. `regression` marks outputs that are values, not classes.
    `loss` says what the loss is about, `kept` which activation Keras keeps the logits of. Of an
    output with positions [N, *sides, K] `classes` is 0 and `labels` is K; `tokens` says that it
    continues a text.
    """

    name: str
    position: int
    classes: int
    logits: bool
    activation: Activation
    applied: bool
    regression: bool
    loss: LossKind = ""
    kept: Activation = "none"
    labels: int = 0
    tokens: bool = False

    @property
    def binary(self) -> bool:
        """One logit for two classes: class 0 is explained by the negated logit."""
        return (self.classes or self.labels) == 1 and self.activation == "sigmoid"

    @property
    def several(self) -> bool:
        """Labels that do not exclude each other: those above 0.5 are predicted."""
        return (self.classes or self.labels) > 1 and self.activation == "sigmoid"

    @property
    def targets(self) -> int:
        """How many different targets there are."""
        return 2 if self.binary else self.classes or self.labels

    def as_values(self) -> Head:
        """This output read as values: its own numbers are explained, whatever made them."""
        return replace(self, regression=True, activation="none", applied=False, logits=False)

    def as_classes(self) -> Head:
        """This output read as classes, by the activation that Keras keeps the logits of."""
        kept = self.kept != "none"
        return replace(self, regression=False, activation=self.kept, applied=kept, logits=kept)

    def unit(self, score: Score) -> Measure:
        """What a score of this head is measured in."""
        if self.activation == "none":
            return "output"
        if score == "probability" or (self.applied and not self.logits):
            return "probability"
        return "logit"


def heads(model: Model, outputs: Any) -> tuple[Head, ...]:
    """The outputs of one traced forward pass, in the order Keras flattens them."""
    flat = tf.nest.flatten(outputs)
    names = _output_names(model, outputs, len(flat))
    losses = losses_of(model, names)
    return tuple(
        _head(i, n, t, loss) for i, (n, t, loss) in enumerate(zip(names, flat, losses, strict=True))
    )


def _head(position: int, name: str, tensor: Tensor, loss: str) -> Head:
    classes = 0
    if tensor.shape.rank in (1, 2):
        classes = 1 if tensor.shape.rank == 1 else int(tensor.shape[1] or 0)
    labels = int(tensor.shape[-1] or 0) if (tensor.shape.rank or 0) > 2 else 0
    columns = classes or labels
    kept: Activation = "none"
    if hasattr(tensor, "_keras_logits"):
        kept = "sigmoid" if tensor.op.type == "Sigmoid" else "softmax"
    activation = kept
    if kept == "none" and "crossentropy" in loss:
        if "binary" in loss:
            activation = "sigmoid"
        elif columns > 1:
            activation = "softmax"
    applied = kept != "none" or (activation != "none" and "from_logits" not in loss)
    about = loss_kind(loss)
    head = Head(
        *(name, position, classes, kept != "none", activation, applied, False),
        loss=about,
        kept=kept,
        labels=labels,
    )
    # A softmax gives shares of classes whatever the loss; a sigmoid may as well be a value's range.
    values = about == "value" and kept != "softmax"
    single = activation == "none" and columns == 1
    return head.as_values() if values or single else head


def _output_names(model: Model, outputs: Any, count: int) -> list[str]:
    if isinstance(outputs, dict):
        return [str(key) for key in sorted(outputs)]
    names = list(getattr(model, "output_names", None) or [])
    return names if len(names) == count else [f"output{i}" for i in range(count)]


def choose_head(found: Sequence[Head], head: str | int | None) -> Head:
    """The head that `head` names; for None the first one of classes, by its loss if that says so.

    Raises:
        TargetError: no output has that name or position.
    """
    if head is None:
        return max(found, key=_about_classes)  # the first of equals
    for one in found:
        if head in (one.name, one.position):
            return one
    names = ", ".join(f"{h.name!r} ({h.position})" for h in found)
    raise TargetError(f"head={head!r}: no such output. Outputs: {names}. Pass one of these.")


def _about_classes(head: Head) -> tuple[bool, bool, bool]:
    classes = not head.regression
    return (
        classes and head.loss == "class",
        classes and head.activation != "none",
        head.classes > 0,
    )


def logits(output: Tensor) -> Tensor:
    """What one output was before its softmax or sigmoid, where Keras keeps that; else the output.

    For functions that are passed as `targets=`, which get the model's outputs.

    >>> import keras
    >>> softmax = keras.layers.Softmax()
    >>> logits(softmax(tf.constant([[1.0, 3.0]]))).numpy().tolist()
    [[1.0, 3.0]]
    """
    return getattr(output, "_keras_logits", output)


def rule(targets: Any) -> ScoreFunction | UnitScore | None:
    """What says which number is explained where no class does: the targets themselves, hashable."""
    return targets if callable(targets) or isinstance(targets, UnitScore) else None


def measure(targets: Any, head: Head, score: Score) -> Measure:
    """What the explained number is measured in."""
    if isinstance(targets, (Unit, UnitScore)):
        return "activation"
    return "output" if callable(targets) else head.unit(score)


def explained(
    outputs: Any,
    head: Head,
    targets: Tensor | ScoreFunction | UnitScore,
    score: Score,
    activations: Mapping[str, Tensor],
    padding: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """(scores float32 [N], targets int32 [N]) of a traced forward pass.

    `Passes.scores` runs the pass as well, and is what most callers want. Targets of `PREDICTED`
    become the predicted class. A callable gets the model's outputs and returns the scores; a hidden
    unit reads `activations` by path. The targets of these two stay `PREDICTED`. `padding` is 0
    where a token is none, of models that are told so by an input.
    """
    if isinstance(targets, UnitScore):
        scores = targets.of(activations[targets.site.path])
        return scores, tf.fill(tf.shape(scores), PREDICTED)
    if callable(targets):
        scores = tf.convert_to_tensor(targets(outputs))
        if scores.shape.rank != 1:
            raise TargetError(
                f"targets={targets!r}: expected a function of the outputs that returns one number "
                f"a sample, shape [N]; got shape {scores.shape}."
            )
        return tf.cast(scores, tf.float32), tf.fill(tf.shape(scores), PREDICTED)
    tensor = tf.nest.flatten(outputs)[head.position]
    if not head.targets:
        raise TargetError(_no_class(head))
    probability = score == "probability"
    values = logits(tensor) if head.logits and not probability else tensor
    values = tf.cast(values, tf.float32)
    if probability and not head.applied:
        values = activate(values, head.activation)
    if not head.classes:
        if head.binary:
            other = 1.0 - values if _is_probability(head, score) else -values
            values = tf.concat([other, values], axis=-1)
        return at_positions(values, tensor, head, targets, padding)
    values = tf.reshape(values, [-1, head.classes])
    chosen = tf.where(targets < 0, predicted(tensor, head), targets)
    if head.binary:
        other = 1.0 - values if _is_probability(head, score) else -values
        return tf.where(chosen == 1, values[:, 0], other[:, 0]), chosen
    return tf.gather(values, chosen, batch_dims=1), chosen


def _no_class(head: Head) -> str:
    return (
        f"head={head.name!r}: its output has no axis of classes, so none can be picked. "
        "Pass targets= a function of the outputs that returns one number a sample."
    )


def _is_probability(head: Head, score: Score) -> bool:
    return head.unit(score) == "probability"


def predicted(tensor: Tensor, head: Head) -> Tensor:
    """int32 [N]: the predicted class of an output; 0 where the output is a value, not a class."""
    flat = tf.cast(tf.reshape(tensor, [-1, head.classes]), tf.float32)
    if head.binary:
        return tf.cast(flat[:, 0] > (0.5 if head.applied else 0.0), tf.int32)
    if head.regression:
        return tf.zeros(tf.shape(flat)[:1], tf.int32)
    return tf.argmax(flat, axis=1, output_type=tf.int32)


def activate(values: Tensor, activation: Activation) -> Tensor:
    """Logits to probabilities."""
    if activation == "softmax":
        return tf.nn.softmax(values)
    return tf.sigmoid(values) if activation == "sigmoid" else values


def as_targets(
    targets: npt.ArrayLike | ScoreFunction | None, head: Head, count: int
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
    if not head.targets:
        raise TargetError(_no_class(head))
    indices = class_indices(np.asarray(targets), head.targets)
    if indices.ndim == 0:
        indices = np.full(count, indices)
    if indices.shape != (count,):
        raise TargetError(f"targets: expected {count} of them, one a sample; got {indices.shape}.")
    wrong = np.flatnonzero((indices < PREDICTED) | (indices >= head.targets))
    if len(wrong):
        raise TargetError(
            f"targets: expected class indices in 0..{head.targets - 1} for output {head.name!r}; "
            f"got {indices[wrong[0]]} (sample {wrong[0]}). "
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
