"""Gradient ascent in the space of inputs, with steps that do not depend on a model's scales."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import tensorflow as tf

from tfexplain.model.layer_calls import LayerError
from tfexplain.types import Tensor

# (inputs, channels) -> what is maximised [C]
Objective: TypeAlias = Callable[[list[Tensor], Tensor], Tensor]


@dataclass(frozen=True)
class SearchSpace:
    """Bounds of the values of one input, and its transformations.

    Attributes:
        low, high: The box.
        contrast: The greatest root mean square distance from the middle of the box, in halves of
            its width; None for the box alone.
        axes: The axes of positions, along which a picture may be shifted and smoothed.
        shifts: The greatest shift along each of these axes.
        blur: Standard deviation, in positions, of the Gaussian that smooths each step.
    """

    low: float
    high: float
    contrast: float | None
    axes: tuple[int, ...]
    shifts: tuple[int, ...]
    blur: float

    @property
    def middle(self) -> float:
        """Middle of the box."""
        return (self.low + self.high) / 2

    @property
    def half(self) -> float:
        """Half the width of the box."""
        return (self.high - self.low) / 2

    def shifted(self, values: Tensor, seed: Tensor) -> Tensor:
        """Shifts all samples cyclically by the same few positions at random.

        It is part of the objective, so that the gradient is shifted back.
        """
        if not any(self.shifts):
            return values
        most = tf.constant(self.shifts, tf.float32)
        drawn = tf.random.stateless_uniform([len(self.axes)], seed)
        shift = tf.cast(tf.floor(drawn * (2 * most + 1)) - most, tf.int32)
        return tf.roll(values, shift, list(self.axes))

    def smoothed(self, slopes: Tensor) -> Tensor:
        """Blurs with a Gaussian along the positions, up to a factor.

        The matrix is symmetric and positive, so that a step still leads upwards.
        """
        if not self.blur:
            return slopes
        names = "nabcde"[: slopes.shape.rank]
        for axis in self.axes:
            at = tf.range(slopes.shape[axis], dtype=tf.float32)
            kernel = tf.exp(-0.5 * tf.square((at[:, None] - at) / self.blur))
            own = names[axis]
            slopes = tf.einsum(f"{names},{own}z->{names.replace(own, 'z')}", slopes, kernel)
        return slopes

    def moved(self, values: Tensor, slopes: Tensor, length: Tensor, seed: Tensor) -> Tensor:
        """Takes a step of a root mean square of `length` half boxes, and projects into the space.

        Where the gradient is not finite, or zero everywhere as behind a ReLU that is off, the step
        is random.
        """
        slopes = self.smoothed(slopes)
        size = _root_mean_square(slopes)
        stray = tf.random.stateless_normal(slopes.shape[1:], seed)
        usable = tf.math.is_finite(size) & (size > 0)
        steps = tf.where(usable, slopes / tf.where(usable, size, 1.0), stray)
        apart = values + length * self.half * steps - self.middle
        if self.contrast is not None:
            most = self.contrast * self.half
            apart *= most / tf.maximum(_root_mean_square(apart), most)
        return tf.clip_by_value(self.middle + apart, self.low, self.high)


def stepper(
    objective: Objective, spaces: Sequence[SearchSpace], moving: Sequence[int], what: str
) -> Callable[..., list[Tensor]]:
    """Returns a function of (inputs, channels, length, seed) that takes one step.

    Args:
        objective: The function to maximise.
        spaces: Search space of each input that is optimized.
        moving: Positions of these among the inputs.
        what: The objective in words, for errors.
    """

    def step(inputs: list[Tensor], channels: Tensor, length: Tensor, seed: Tensor) -> list[Tensor]:
        before = [inputs[i] for i in moving]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(before)
            seen = list(inputs)
            for i, space in zip(moving, spaces, strict=True):
                seen[i] = space.shifted(inputs[i], seed)
            total = tf.reduce_sum(objective(seen, channels))
        slopes = tape.gradient(total, before)
        if all(slope is None for slope in slopes):
            raise LayerError(
                f"{what}: expected it to depend on an input of floating-point numbers; it has no "
                "gradient there. Pass another layer, or the one around it."
            )
        return [
            x if slope is None else space.moved(x, tf.cast(slope, tf.float32), length, seed)
            for x, slope, space in zip(before, slopes, spaces, strict=True)
        ]

    return step


def _root_mean_square(values: Tensor) -> Tensor:
    """Computes the root mean square of each sample, [N, 1, ...]."""
    axes = list(range(1, values.shape.rank))
    return tf.sqrt(tf.reduce_mean(tf.square(values), axes, keepdims=True))
