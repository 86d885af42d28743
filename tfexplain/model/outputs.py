"""Describes the outputs of a model: their classes, their activation, whether logits are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import tensorflow as tf

from tfexplain.errors import TfexplainError
from tfexplain.model.keras_private import keras_logits
from tfexplain.model.losses import LossKind, loss_kind, losses_of
from tfexplain.types import Model, Tensor

Score = Literal["logit", "probability"]
SCORES = get_args(Score)
Activation = Literal["softmax", "sigmoid", "none"]
Measure = Literal["logit", "probability", "output", "activation"]


class TargetError(TfexplainError):
    """A label, class index or output that the model does not have."""


@dataclass(frozen=True)
class ModelOutput:
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

    def as_values(self) -> ModelOutput:
        """This output read as values: its own numbers are explained, whatever made them."""
        return replace(self, regression=True, activation="none", applied=False, logits=False)

    def as_classes(self) -> ModelOutput:
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


def model_outputs(model: Model, outputs: Any) -> tuple[ModelOutput, ...]:
    """The outputs of one traced forward pass, in the order Keras flattens them."""
    flat = tf.nest.flatten(outputs)
    names = _output_names(model, outputs, len(flat))
    losses = losses_of(model, names)
    return tuple(
        _output(i, n, t, loss)
        for i, (n, t, loss) in enumerate(zip(names, flat, losses, strict=True))
    )


def _output(position: int, name: str, tensor: Tensor, loss: str) -> ModelOutput:
    classes = 0
    if tensor.shape.rank in (1, 2):
        classes = 1 if tensor.shape.rank == 1 else int(tensor.shape[1] or 0)
    labels = int(tensor.shape[-1] or 0) if (tensor.shape.rank or 0) > 2 else 0
    columns = classes or labels
    kept: Activation = "none"
    if keras_logits(tensor) is not None:
        kept = "sigmoid" if tensor.op.type == "Sigmoid" else "softmax"
    activation = kept
    if kept == "none" and "crossentropy" in loss:
        if "binary" in loss:
            activation = "sigmoid"
        elif columns > 1:
            activation = "softmax"
    applied = kept != "none" or (activation != "none" and "from_logits" not in loss)
    about = loss_kind(loss)
    output = ModelOutput(
        *(name, position, classes, kept != "none", activation, applied, False),
        loss=about,
        kept=kept,
        labels=labels,
    )
    # A softmax gives shares of classes whatever the loss; a sigmoid may as well be a value's range.
    values = about == "value" and kept != "softmax"
    single = activation == "none" and columns == 1
    return output.as_values() if values or single else output


def _output_names(model: Model, outputs: Any, count: int) -> list[str]:
    if isinstance(outputs, dict):
        return [str(key) for key in sorted(outputs)]
    names = list(getattr(model, "output_names", None) or [])
    return names if len(names) == count else [f"output{i}" for i in range(count)]


def choose_output(outputs: Sequence[ModelOutput], output: str | int | None) -> ModelOutput:
    """The head that `output` names; for None the first one of classes, by its loss if that says so.

    Raises:
        TargetError: no output has that name or position.
    """
    if output is None:
        return max(outputs, key=_about_classes)  # the first of equals
    for candidate in outputs:
        if output in (candidate.name, candidate.position):
            return candidate
    names = ", ".join(f"{h.name!r} ({h.position})" for h in outputs)
    raise TargetError(f"output={output!r}: no such output. Outputs: {names}. Pass one of these.")


def _about_classes(output: ModelOutput) -> tuple[bool, bool, bool]:
    classes = not output.regression
    return (
        classes and output.loss == "class",
        classes and output.activation != "none",
        output.classes > 0,
    )


def outputs_like(
    outputs: Sequence[ModelOutput], reference: Sequence[ModelOutput]
) -> tuple[ModelOutput, ...]:
    """Returns outputs that read like those of a reference.

    What was compressed is often not compiled, and then there is no loss to tell logits from
    values.

    Raises:
        TfexplainError: they have other sizes.
    """
    sizes = [[output.classes for output in several] for several in (outputs, reference)]
    if sizes[0] != sizes[1]:
        raise TfexplainError(f"expected outputs of sizes {sizes[1]}; got {sizes[0]}.")
    return tuple(_like(output, other) for output, other in zip(outputs, reference, strict=True))


def _like(output: ModelOutput, other: ModelOutput) -> ModelOutput:
    output = replace(output, name=other.name, loss=other.loss)
    if other.regression:
        return output.as_values()
    if output.activation != "none":
        return output
    return replace(
        output, activation=other.activation, applied=other.applied, regression=other.regression
    )
