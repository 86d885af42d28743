"""Regions of rows in training: as masks in the graph, at an input's sides or at a layer's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.errors import SettingError
from tfexplain.training.penalty import Step
from tfexplain.trust.regions import region_masks
from tfexplain.types import Tensor


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
    given = step.regions if regions is None else regions
    if given is None:
        raise SettingError(
            "regions=None: expected labels that bring regions. Pass WithRegions(y, masks) in place "
            "of y, or name the regions."
        )
    if callable(given):
        given = given(step.x, step.y)
    if tf.is_tensor(given):
        return _outside(given, shape, first)
    if isinstance(given, str) and shape.rank == 3:
        raise SettingError(
            f"regions={given!r}: expected a mask for inputs of shape {_told(shape)}, which may be "
            "sequences or pictures. Pass one, True where evidence should lie."
        )
    return _constant(given, shape, first)


def _constant(given: Any, shape: tf.TensorShape, first: bool) -> Tensor:
    """Returns one mask for all rows, [1, *sides]."""
    axes = None if isinstance(given, str) else np.ndim(given)
    sides = [shape[axis] for axis in _axes(shape, axes, first, given)]
    if None in sides:
        raise SettingError(
            f"regions={given!r}: expected a function of (x, y) for inputs of any size, "
            f"{_told(shape)}. It returns masks [N, *sides]."
        )
    mask = region_masks(given, (1, *map(int, sides)))
    return tf.constant(~mask, tf.float32)


def _outside(masks: Tensor, shape: tf.TensorShape, first: bool) -> Tensor:
    """Returns masks of rows, or one for all, turned; a row whose mask is empty has none."""
    fits = {tuple(_axes(shape, n, first, masks)) for n in range(1, (shape.rank or 2))} - {()}
    sides = {axes: [shape[axis] for axis in axes] for axes in fits}
    for axes in fits:
        if masks.shape.rank == len(axes) and masks.shape.is_compatible_with(sides[axes]):
            masks = masks[None]
            break
        if masks.shape.rank == len(axes) + 1 and masks.shape[1:].is_compatible_with(sides[axes]):
            break
    else:
        raise _unfit(masks, shape)
    kept = tf.cast(tf.cast(masks, tf.bool), tf.float32)
    known = tf.reduce_max(kept, axis=list(range(1, len(kept.shape))), keepdims=True)
    return (1.0 - kept) * known


def _axes(shape: tf.TensorShape, count: int | None, first: bool, given: Any) -> Sequence[int]:
    """Returns the axes of an input [N, ...] that a mask of so many axes lies along; default all
    but the channels'."""
    rank = shape.rank or 0
    whole = list(range(2, rank)) if first else list(range(1, rank - 1))
    plain = list(range(1, rank))  # columns of a table, or a grey picture without channels
    default = whole if rank > 2 else plain
    if count is None or count == len(default):
        return default
    return plain if count == len(plain) and rank <= 3 else ()


def _unfit(masks: Any, shape: tf.TensorShape) -> SettingError:
    return SettingError(
        f"regions: expected masks [N, *sides] of inputs of shape {_told(shape)}, or one [*sides]; "
        f"got {[*masks.shape]}. Pass True where evidence should lie."
    )


def _told(shape: tf.TensorShape) -> str:
    return str([None, *shape[1:]]).replace("None", "N", 1)
