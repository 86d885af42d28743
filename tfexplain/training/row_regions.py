"""Regions of rows in training: as masks in the graph, at an input's sides or at a layer's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.errors import SettingError
from tfexplain.training.penalty import Step
from tfexplain.trust.boxes import Boxes
from tfexplain.trust.regions import Avoid, region_masks
from tfexplain.types import Array, Tensor


def forbidden(regions: Any, step: Step, shape: tf.TensorShape, first: bool) -> Tensor:
    """Returns where evidence should not lie, float32 [N or 1, *sides], 1 there.

    Args:
        regions: As `RightReasons` takes them.
        step: What a function of the rows is given, and the masks that came with the labels.
        shape: [N, ...] of the input that the regions are of.
        first: Whether channels come before the sides.

    Raises:
        SettingError: masks that do not fit the input.
    """
    avoid = isinstance(regions, Avoid)
    given = regions.region if avoid else regions
    given = step.regions if given is None else given
    if given is None:
        raise SettingError(
            "regions=None: expected labels that bring regions. Pass WithRegions(y, masks) in place "
            "of y, or name the regions."
        )
    if callable(given):
        given = given(step.x, step.y)
    if tf.is_tensor(given):
        return _turned(_of_rows(given, shape, first), avoid)
    if isinstance(given, str) and shape.rank == 3:
        raise SettingError(
            f"regions={given!r}: expected a mask for inputs of shape {_told(shape)}, which may be "
            "sequences or pictures. Pass one, True where evidence should lie."
        )
    return _turned(tf.constant(_of_all(given, shape, first), tf.float32), avoid)


def _of_all(given: Any, shape: tf.TensorShape, first: bool) -> Array:
    """Returns one mask for all rows, bool [1, *sides]."""
    axes = None if isinstance(given, (str, Boxes)) else np.ndim(given)
    sides = [shape[axis] for axis in _axes(shape, axes, first)]
    if not sides:
        raise _unfit(np.shape(given), shape)
    if None in sides:
        raise SettingError(
            f"regions={given!r}: expected a function of (x, y) for inputs of any size, "
            f"{_told(shape)}. It returns masks [N, *sides]."
        )
    return region_masks(given, (1, *map(int, sides)))


def _of_rows(masks: Tensor, shape: tf.TensorShape, first: bool) -> Tensor:
    """Returns masks in the graph, float32 [N or 1, *sides], 1 inside."""
    rank = masks.shape.rank or 0
    for leading in (1, 0):
        sides = [shape[axis] for axis in _axes(shape, rank - leading, first)]
        if sides and masks.shape[leading:].is_compatible_with(sides):
            whole = masks if leading else masks[None]
            return tf.cast(tf.cast(whole, tf.bool), tf.float32)
    raise _unfit([*masks.shape], shape)


def _turned(inside: Tensor, avoid: bool) -> Tensor:
    """Returns where evidence should not lie; nowhere in a row whose mask is empty."""
    if avoid:
        return inside
    known = tf.reduce_max(inside, axis=list(range(1, len(inside.shape))), keepdims=True)
    return (1.0 - inside) * known


def _axes(shape: tf.TensorShape, count: int | None, first: bool) -> Sequence[int]:
    """Returns the axes of an input [N, ...] that a mask of so many axes lies along, None for all
    but the channels'; none where they do not fit."""
    rank = shape.rank or 0
    whole = list(range(2, rank)) if first else list(range(1, rank - 1))
    plain = list(range(1, rank))  # columns of a table, or a grey picture without channels
    default = whole if rank > 2 else plain
    if count is None or count == len(default):
        return default
    return plain if count == len(plain) and rank <= 3 else ()


def _unfit(given: Sequence[int | None], shape: tf.TensorShape) -> SettingError:
    return SettingError(
        f"regions: expected a mask [*sides] for all rows of inputs of shape {_told(shape)}; got "
        f"{[*given]}. Masks of each row come from a function of (x, y), or with the labels: "
        "WithRegions(y, masks)."
    )


def _told(shape: tf.TensorShape) -> str:
    return str([None, *shape[1:]]).replace("None", "N", 1)
