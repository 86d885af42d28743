"""Regions of inputs where evidence should or should not lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.trust.boxes import Boxes

Mask = npt.NDArray[np.bool_]
Given: TypeAlias = str | npt.ArrayLike | Boxes
Regions: TypeAlias = Given | Callable[[Any, Any], Given] | None

# Width of edges and of the border, as a share of the side.
EDGE = 1 / 8
NAMES = ("border", "middle", "left edge", "right edge", "top edge", "bottom edge")


@dataclass(frozen=True, eq=False)
class Avoid:
    """Marks a region where evidence should not lie, such as that of a mark or of the border.

    Attributes:
        region: The region, as `region_masks` takes it.

    >>> Avoid("border").region
    'border'
    """

    region: Regions


def region_masks(
    regions: Regions, shape: Sequence[int], inputs: Any = None, targets: Any = None
) -> Mask:
    """Returns the region of each sample, bool [N, *sides].

    Args:
        regions: `"border"`, `"middle"`, `"left edge"`, `"right edge"`, `"top edge"` or `"bottom
            edge"`, an eighth of the side wide, or all but the border; a mask [*sides] for all
            samples, or masks [N, *sides]; `Boxes`; or a function of (inputs, targets) that returns
            any of these.
        shape: (N, *sides).
        inputs, targets: What a function of them is given: arrays [N, ...] and int [N].

    Raises:
        TfexplainError: another name or shape, or a sample with an empty region.

    >>> region_masks("left edge", (1, 2, 8))[0, 0].tolist()
    [True, False, False, False, False, False, False, False]
    """
    masks = located(regions, shape, inputs, targets)
    empty = np.flatnonzero(~masks.reshape(len(masks), -1).any(axis=1))
    if len(empty):
        raise TfexplainError(
            f"regions: expected some position in each; that of sample {empty[0]} is empty. Leave "
            "the sample out."
        )
    return masks


def located(
    regions: Regions, shape: Sequence[int], inputs: Any = None, targets: Any = None
) -> Mask:
    """Returns the region of each sample as `region_masks` does, those that are empty too."""
    shape = tuple(shape)
    found = regions(inputs, targets) if callable(regions) else regions
    if isinstance(found, str):
        return np.broadcast_to(_named(found, shape[1:]), shape)
    if isinstance(found, Boxes):
        return found.masks(shape)
    given = np.asarray(found)
    fits = given.shape in (shape, shape[1:])
    if not fits or (given.dtype != bool and not np.isin(given, (0, 1)).all()):
        raise TfexplainError(
            f"regions: expected masks of shape {list(shape)} or {list(shape[1:])}; got "
            f"{given.dtype.name} {list(given.shape)}. Pass True where evidence should lie."
        )
    return np.broadcast_to(given.astype(bool), shape)


def _named(name: str, sides: tuple[int, ...]) -> Mask:
    widths = [max(1, round(side * EDGE)) for side in sides]
    low = [np.arange(side) < width for side, width in zip(sides, widths, strict=True)]
    high = [own[::-1] for own in low]
    border = np.zeros(sides, bool)
    for axis, ends_of in enumerate(zip(low, high, strict=True)):
        border |= _along(ends_of[0] | ends_of[1], axis, sides)
    known = {"border": border, "middle": ~border}
    ends = {"left edge": (-1, low), "right edge": (-1, high)}
    if len(sides) > 1:
        ends |= {"top edge": (-2, low), "bottom edge": (-2, high)}
    for edge, (axis, by_axis) in ends.items():
        known[edge] = _along(by_axis[axis], axis, sides)
    if name not in known:
        raise TfexplainError(
            f"regions={name!r}: expected one of {', '.join(map(repr, known))}, or masks."
        )
    return known[name]


def _along(own: Mask, axis: int, sides: tuple[int, ...]) -> Mask:
    """Returns a mask of positions along one axis, bool [*sides]."""
    shape = [1] * len(sides)
    shape[axis] = len(own)
    return np.broadcast_to(own.reshape(shape), sides)
