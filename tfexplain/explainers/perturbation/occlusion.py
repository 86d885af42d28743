"""Computes occlusion (Zeiler and Fergus 2013)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from tfexplain.checks import check_whole
from tfexplain.errors import TfexplainError
from tfexplain.explainers.perturbation.masked import MakeMasks, MaskedInput, Masks
from tfexplain.explainers.perturbation.perturbation import (
    InputValues,
    PerturbationExplainer,
)
from tfexplain.types import Array, Tensor

Size = int | Sequence[int] | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Occlusion(PerturbationExplainer):
    """Computes the fall of the score when a sliding window hides part of the input.

    Windows begin at 0, `stride`, 2 `stride`, ... until one reaches the end, where it is cut off. A
    window hides all channels. `values` are float32 [N, *sides] (no channels), in units of the
    explained score: the score of the input less that with the window, averaged over the windows
    that cover a position. `passes` int32 [N] counts the windows.

    Attributes:
        window: Side of the window, or one for each axis of positions; default an eighth of each, at
            least 1, and 1 for tables and tokens ([N, f]), where it is `FeatureAblation`.
        stride: Step of the window, or one for each axis; default half the window, at least 1. At
            most the window, so that nothing is left out.

    References:
        Zeiler and Fergus 2013, section 4.2, https://arxiv.org/abs/1311.2901

    Example:
        >>> import numpy as np
        >>> total, x = lambda x: x.sum(axis=1), np.array([[1.0, 2.0, 3.0, 4.0]])
        >>> Occlusion(window=2, stride=2)(total, x).values.tolist()
        [[3.0, 3.0, 7.0, 7.0]]
    """

    window: Size = None
    stride: Size = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for argument in ("window", "stride"):
            value = getattr(self, argument)
            for side in [value] if np.isscalar(value) or value is None else value:
                check_whole(argument, side, optional=True)

    def of_input(self, masked: MaskedInput) -> InputValues:
        """Slides the window over every axis of positions."""
        window, stride = self._sizes(masked)
        sizes = list(zip(masked.sides, window, stride, strict=True))
        begins = [starts(*lengths) for lengths in sizes]
        corners = np.stack([axis.ravel() for axis in np.meshgrid(*begins, indexing="ij")], axis=1)
        masks = Masks([corners[None].astype(np.int32)], *_windows(masked, window))
        lost = masked.scores[:, None] - masked.masked_scores(masks)
        total, count = lost.reshape(-1, *map(len, begins)), np.ones(())
        for begin, (side, size, _) in zip(begins, sizes, strict=True):
            behind = np.arange(side) - begin[:, None]
            covers = ((behind >= 0) & (behind < size)).astype(np.float64)
            total = np.tensordot(total, covers, axes=(1, 0))  # the next axis is now the first
            count = np.multiply.outer(count, covers.sum(axis=0))
        return InputValues(total / count, masks.count)

    def _sizes(self, masked: MaskedInput) -> tuple[list[int], list[int]]:
        one_by_one = masked.inputs.ndim == 2
        eighths = [1 if one_by_one else max(1, side // 8) for side in masked.sides]
        window = _each("window", self.window, eighths)
        window = [min(size, side) for size, side in zip(window, masked.sides, strict=True)]
        stride = _each("stride", self.stride, [max(1, size // 2) for size in window])
        if any(step > size for step, size in zip(stride, window, strict=True)):
            raise TfexplainError(
                f"stride={self.stride}: expected at most the window {tuple(window)}; got "
                f"{tuple(stride)}. Pass a smaller one, or nothing is known of what lies between."
            )
        return window, stride


def starts(side: int, size: int, step: int) -> Array:
    """Returns where windows begin along one axis, int64 [count].

    >>> starts(7, 4, 2).tolist()
    [0, 2, 4]
    """
    return step * np.arange(math.ceil((side - size) / step) + 1)


def _windows(masked: MaskedInput, window: Sequence[int]) -> tuple[MakeMasks, object]:
    """Returns a function that makes masks of a window's corner, and its key."""
    sides = masked.sides

    def make(codes: Sequence[Tensor], _: Sequence[Tensor]) -> Tensor:
        hidden = tf.ones([tf.shape(codes[0])[0], *[1] * len(sides)])
        for axis, (side, size) in enumerate(zip(sides, window, strict=True)):
            behind = tf.range(side)[None] - codes[0][:, axis, None]
            inside = tf.cast((behind >= 0) & (behind < size), tf.float32)
            shape = [-1, *[side if i == axis else 1 for i in range(len(sides))]]
            hidden = hidden * tf.reshape(inside, shape)
        return 1 - hidden

    return make, ("windows", tuple(sides), tuple(window))


def _each(argument: str, size: Size, default: list[int]) -> list[int]:
    """Returns a setting for each axis of positions."""
    if size is None:
        return default
    if isinstance(size, int | np.integer):
        return [int(size)] * len(default)
    if len(size) != len(default):
        raise TfexplainError(
            f"{argument}={size}: expected one number, or {len(default)} of them, one for each "
            f"axis of positions; got {len(size)}."
        )
    return [int(side) for side in size]
