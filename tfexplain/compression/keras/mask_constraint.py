"""Defines `MaskConstraint`, which holds weights at zero within the optimizer's own step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import tensorflow as tf

from tfexplain.compression.buffers import Variable
from tfexplain.model.keras_private import moving_average, set_constraint
from tfexplain.types import Tensor


class MaskConstraint:
    """Represents a mask as the constraint of a variable: Keras applies it in each training step.

    It is traced with the step, so weights are masked wherever they are read: in the next of several
    steps that Keras runs at once, and on each replica. The optimizer takes its moving average
    before constraints, so that is masked here too.

    Args:
        variable: The variable that is masked.
        mask: bool, False where a weight is held at zero; a variable, of which each replica has its
            own copy where it has one of `variable`.
        optimizers: Returns the optimizers, whose moving averages are known only once they are
            built.
        own: The constraint that the variable had before; it sees masked weights, and keeps its
            place.
    """

    def __init__(
        self,
        variable: Variable,
        mask: tf.Variable,
        optimizers: Callable[[], Iterable[Any]] = tuple,
        own: Callable[[Any], Any] | None = None,
    ) -> None:
        self.variable, self.mask, self.own = variable, mask, own
        self._optimizers = optimizers

    def __call__(self, value: Any) -> Tensor:
        """Returns the constrained value, with zeros where the mask has them."""
        self._mask_averages()
        masked = self.masked(value)
        return masked if self.own is None else self.masked(self.own(masked))

    def masked(self, value: Any) -> Tensor:
        """Returns the value with zeros where the mask has them, be it finite there or not."""
        tensor = tf.convert_to_tensor(value)
        return tf.where(self.mask, tensor, tf.zeros_like(tensor))

    def apply(self) -> None:
        """Masks the variable and its moving averages now, between two steps."""
        self.variable.assign(self.masked(self.variable))
        self._mask_averages()

    def put_on(self) -> None:
        """Makes this the constraint of the variable; a step that was traced before knows nothing
        of it."""
        set_constraint(self.variable, self)

    def take_off(self) -> None:
        """Gives the variable its own constraint back."""
        set_constraint(self.variable, self.own)

    def _mask_averages(self) -> None:
        for optimizer in self._optimizers():
            average = moving_average(optimizer, self.variable)
            if average is not None:
                average.assign(self.masked(average))


def mask_constraint(variable: Variable) -> MaskConstraint | None:
    """Returns the mask that a variable is held to, if it is."""
    constraint = getattr(variable, "constraint", None)
    return constraint if isinstance(constraint, MaskConstraint) else None
