"""Chooses the sizes of the windows that are exchanged."""

from __future__ import annotations

from collections.abc import Sequence

from tfexplain.explainers.perturbation.windows import Size, each_axis

SMALL = 32  # up to so many positions a side, windows take half of it


def window_sizes(
    sides: Sequence[int], window: Size, stride: Size, axes: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Returns (window, stride) for each axis of positions.

    Args:
        sides: Sides of the input, without channels.
        window, stride: As `Exchange` takes them.
        axes: How many axes the input has, the batch among them; tables have 2.

    Raises:
        TfexplainError: sizes for another number of axes.

    >>> window_sizes((8, 8), None, None, 4), window_sizes((224, 224), None, None, 4)
    (((4, 4), (1, 1)), ((56, 56), (28, 28)))
    """
    if axes == 2:
        sizes, steps = [1] * len(sides), [1] * len(sides)
    else:
        sizes = [max(1, side // 2 if side <= SMALL else side // 4) for side in sides]
        steps = [max(1, side // 8) for side in sides]
    size = each_axis("window", window, sizes)
    size = tuple(min(*pair) for pair in zip(size, sides, strict=True))
    default = [min(*pair) for pair in zip(steps, size, strict=True)]
    return size, each_axis("stride", stride, default)
