"""Base class of penalties, and what one step of training hands to them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from tfexplain.checks import check_number
from tfexplain.errors import SettingError
from tfexplain.types import Model, Tensor


@dataclass(eq=False)
class Step:
    """Holds one step of training: what went into the model and what came out.

    Attributes:
        model: The model.
        x, y: What the model and its loss are given.
        regions: The masks that came with the labels; None where none did.
        tape: Records the forward pass, for one gradient.
        layer: Path of the layer whose output the gradient is taken of; None for inputs.
        watched: Tensors that the gradient is taken of: inputs, or outputs of a layer.
        y_pred: What the model returned.
        loss: The loss as training takes it, a scalar.
        weights: The weight of each row [N]; None where rows weigh the same or a weight belongs to
            less than a row.
        done: Whether the penalty was added.
    """

    model: Model
    x: Any
    y: Any
    regions: Tensor | None
    tape: tf.GradientTape
    layer: str | None
    watched: list[Tensor] = field(default_factory=list)
    y_pred: Any = None
    loss: Tensor | None = None
    weights: Tensor | None = None
    done: bool = False

    @property
    def rows(self) -> Tensor:
        """How many rows the batch has, a scalar."""
        return tf.shape(tf.nest.flatten(self.x)[0])[0]

    def watch(self, tensors: Sequence[Tensor]) -> None:
        """Lets the gradient be taken of these."""
        for tensor in tensors:
            self.tape.watch(tensor)
            self.watched.append(tensor)

    def gradients(self, number: Tensor) -> list[Tensor]:
        """Returns the gradient of a sum over the rows at each watched tensor, at least float32.

        Raises:
            SettingError: nothing was watched, or the number does not depend on it.
        """
        found = self.tape.gradient(number, self.watched) if self.watched else []
        known = [wide(tf.convert_to_tensor(one)) for one in found if one is not None]
        if len(known) != len(found) or not known:
            if self.layer:
                raise SettingError(
                    f"layer={self.layer!r}: expected a layer that the model's logits depend on. "
                    "Name one before its last."
                )
            raise SettingError(
                f"penalise: expected inputs that the loss has a gradient at; got {_told(self.x)}. "
                "Pass numbers as floats, and indices as whole numbers, which the model's "
                "Embedding layers take as they are."
            )
        return known


def wide(tensor: Tensor) -> Tensor:
    """Returns a tensor in float32, or in float64 where it is: squares are lost in less."""
    return tensor if tensor.dtype == tf.float64 else tf.cast(tensor, tf.float32)


def _told(x: Any) -> str:
    return ", ".join(
        f"{tf.as_dtype(part.dtype).name} {[*part.shape]}" for part in tf.nest.flatten(x)
    )


@dataclass(frozen=True, eq=False)
class Penalty(ABC):
    """Base class of penalties: settings, and a number for each row of a batch.

    Attributes:
        weight: Lambda, what the mean penalty of a batch is multiplied with before it is added to
            the loss.
    """

    weight: float

    def __post_init__(self) -> None:
        check_number("weight", self.weight, least=0)

    @property
    def layer_path(self) -> str | None:
        """The layer whose output the gradient is taken of; None for the inputs."""
        return None

    @abstractmethod
    def of(self, step: Step) -> Tensor:
        """Returns the penalty of each row, times the row's weight, float [N]."""


def by_row(values: Tensor) -> Tensor:
    """Sums over all but the first axis, [N].

    >>> by_row(tf.ones((2, 3, 4))).numpy().tolist()
    [12.0, 12.0]
    """
    return tf.reduce_sum(tf.reshape(values, (tf.shape(values)[0], -1)), axis=1)
