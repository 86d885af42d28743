"""Windows that slide over the positions of an input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from tfexplain.checks import check_whole
from tfexplain.errors import TfexplainError
from tfexplain.explainers.perturbation.masked import MakeMasks, Masks
from tfexplain.types import Array, Tensor

Size = int | Sequence[int] | None


@dataclass(frozen=True)
class Windows:
    """Holds where windows of one size stand on an input.

    Along each axis they begin at 0, `step`, 2 `step`, ... until one reaches the end, where it is
    cut off.

    Attributes:
        sides: Sides of the input, without channels.
        size: Side of the window, one for each axis.
        step: Step of the window, one for each axis, at most `size`.

    >>> Windows((7,), (4,), (2,)).corners.tolist()
    [[0], [2], [4]]
    """

    sides: tuple[int, ...]
    size: tuple[int, ...]
    step: tuple[int, ...]

    def __post_init__(self) -> None:
        if any(far > side for far, side in zip(self.step, self.size, strict=True)):
            raise TfexplainError(
                f"stride={self.step}: expected at most the window {self.size}, or nothing is known "
                "of what lies between. Pass a smaller stride."
            )

    @property
    def corners(self) -> Array:
        """int64 [M, axes], the first position of each window."""
        axes = np.meshgrid(*self._begins(), indexing="ij")
        return np.stack([axis.ravel() for axis in axes], axis=1)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many windows stand along each axis."""
        return tuple(len(begins) for begins in self._begins())

    def masks(self) -> Masks:
        """Returns a mask for each window, which hides what lies inside."""
        key = ("windows", self.sides, self.size)
        return Masks([self.corners[None].astype(np.int32)], self._make(), key)

    def mean(self, values: Array) -> Array:
        """Averages values of windows, float64 [N, M], at each position over the windows that cover
        it: [N, *sides].

        >>> Windows((3,), (2,), (1,)).mean(np.array([[1.0, 3.0]])).tolist()
        [[1.0, 2.0, 3.0]]
        """
        begins = self._begins()
        total, count = values.reshape(-1, *map(len, begins)), np.ones(())
        for begin, side, size in zip(begins, self.sides, self.size, strict=True):
            behind = np.arange(side) - begin[:, None]
            covers = ((behind >= 0) & (behind < size)).astype(np.float64)
            total = np.tensordot(total, covers, axes=(1, 0))  # the next axis is now the first
            count = np.multiply.outer(count, covers.sum(axis=0))
        return np.asarray(total / count)

    def _begins(self) -> list[Array]:
        axes = zip(self.sides, self.size, self.step, strict=True)
        return [starts(side, size, step) for side, size, step in axes]

    def _make(self) -> MakeMasks:
        sides, window = self.sides, self.size

        def make(codes: Sequence[Tensor], _: Sequence[Tensor]) -> Tensor:
            hidden = tf.ones([tf.shape(codes[0])[0], *[1] * len(sides)])
            for axis, (side, size) in enumerate(zip(sides, window, strict=True)):
                behind = tf.range(side)[None] - codes[0][:, axis, None]
                inside = tf.cast((behind >= 0) & (behind < size), tf.float32)
                shape = [-1, *[side if i == axis else 1 for i in range(len(sides))]]
                hidden = hidden * tf.reshape(inside, shape)
            return 1 - hidden

        return make


def starts(side: int, size: int, step: int) -> Array:
    """Returns where windows begin along one axis, int64 [count].

    >>> starts(7, 4, 2).tolist()
    [0, 2, 4]
    """
    return step * np.arange(math.ceil((side - size) / step) + 1)


def check_sizes(argument: str, size: Size) -> None:
    """Raises TfexplainError for a size that is no whole number of at least 1."""
    for side in size if isinstance(size, Sequence | np.ndarray) else [size]:
        check_whole(argument, side, optional=True)


def each_axis(argument: str, size: Size, default: Sequence[int]) -> tuple[int, ...]:
    """Returns a size for each axis of positions.

    Raises:
        TfexplainError: sizes for another number of axes.
    """
    if size is None:
        return tuple(default)
    if isinstance(size, int | np.integer):
        return (int(size),) * len(default)
    if len(size) != len(default):
        raise TfexplainError(
            f"{argument}={size}: expected one number, or {len(default)} of them, one for each "
            f"axis of positions; got {len(size)}."
        )
    return tuple(int(side) for side in size)
