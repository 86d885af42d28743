"""Groups of positions or features that are hidden together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.checks import check_whole
from tfexplain.errors import TfexplainError
from tfexplain.explainers.perturbation.masked import MaskedInput, Masks
from tfexplain.explainers.perturbation.superpixels import superpixels
from tfexplain.types import Array, Tensor

Groups: TypeAlias = int | Sequence[Any] | npt.NDArray[Any] | Callable[[Array], npt.ArrayLike] | None

TILES = 7  # on each axis, where nothing else is said


@dataclass(frozen=True, eq=False)
class Partition:
    """Assigns each position to a group.

    Attributes:
        ids: int32 [1, ...] for all samples the same, or [N, ...], group numbers from 0 on; without
            channels, or with them.
        counts: int64 [1] or [N], the number of groups.
    """

    ids: Array
    counts: Array

    @property
    def most(self) -> int:
        """Number of groups of the sample that has most."""
        return int(self.counts.max())

    def kept(self, coalitions: Array) -> Masks:
        """Returns masks that keep the groups in coalitions [1 or N, M, G] of ones and zeros."""
        return Masks([np.asarray(coalitions, np.float32)], _keep, "groups", [self.ids])

    def spread(self, values: Array, *, evenly: bool) -> Array:
        """Returns the value of each position's group, [N, ...], from [N, G].

        With `evenly` a group's value is divided among its positions, so that sums stay.
        """
        flat = np.broadcast_to(self.ids.reshape(len(self.ids), -1), (len(values), _size(self.ids)))
        if evenly:
            sizes = np.stack([np.bincount(row, minlength=self.most) for row in flat])
            values = values / np.maximum(sizes, 1)
        spread = np.take_along_axis(values, flat, axis=1)
        return spread.reshape(len(values), *self.ids.shape[1:])


def partition(groups: Groups, masked: MaskedInput, argument: str = "groups") -> Partition:
    """Returns the groups of one input's positions.

    Args:
        groups: None for single features in tables and tokens ([N, f]), else for `TILES` tiles a
            side; a tuple for so many tiles on each axis; a number for about as many superpixels
            of images and volumes, or pieces of sequences and tables; an array of group numbers,
            shaped as one sample or without its channels; a function from one sample to such an
            array; for tables also lists of feature numbers, any others standing alone.
        masked: The input.
        argument: The argument that `groups` were passed as, for errors.

    Raises:
        TfexplainError: they do not fit the input.
    """
    sides = masked.sides
    if callable(groups):
        return _of_each([groups(sample) for sample in masked.inputs], masked, argument)
    if isinstance(groups, (int, float, str, np.number)):
        check_whole(argument, groups)
        groups = int(groups)
        if len(sides) > 1:
            axis = masked.channel_axis
            by_sample = [superpixels(sample, groups, axis) for sample in masked.inputs]
            return _of_each(by_sample, masked, argument)
        groups = (groups,)
    if groups is None:
        groups = sides if masked.inputs.ndim == 2 else (TILES,) * len(sides)
    if isinstance(groups, tuple):
        return _of_each([_tiles(groups, sides, argument)], masked, argument)
    if masked.inputs.ndim == 2 and any(isinstance(group, (list, tuple)) for group in groups):
        return _of_each([_listed(list(groups), sides[0], argument)], masked, argument)
    return _of_each([np.asarray(groups)], masked, argument)


def _keep(codes: Sequence[Tensor], beside: Sequence[Tensor]) -> Tensor:
    (coalitions,), (ids,) = codes, beside
    if ids.shape[0] == 1:
        return tf.gather(coalitions, ids[0], axis=1)
    return tf.gather(coalitions, ids, batch_dims=1)


def _of_each(by_sample: Sequence[Any], masked: MaskedInput, argument: str) -> Partition:
    """Checks the group numbers of each sample and counts them from 0."""
    rows, counts = [], []
    for ids in map(np.asarray, by_sample):
        if ids.shape not in (masked.sides, masked.inputs.shape[1:]) or ids.dtype.kind not in "iu":
            raise TfexplainError(
                f"{argument}: expected whole numbers of shape {masked.sides}, or "
                f"{masked.inputs.shape[1:]} to hide channels apart; got {ids.dtype.name} of shape "
                f"{ids.shape}."
            )
        names, numbered = np.unique(ids, return_inverse=True)
        rows.append(numbered.reshape(ids.shape).astype(np.int32))
        counts.append(len(names))
    return Partition(np.stack(rows), np.array(counts))


def _tiles(tiles: Sequence[Any], sides: Sequence[int], argument: str) -> Array:
    """Divides the positions into a regular grid of so many tiles on each axis."""
    if len(tiles) != len(sides) or any(int(count) < 1 for count in tiles):
        raise TfexplainError(
            f"{argument}={tuple(tiles)}: expected how many tiles on each of {len(sides)} axes of "
            "positions. Pass a list or an array for group numbers."
        )
    ids = np.zeros(tuple(sides), np.int64)
    for axis, (count, side) in enumerate(zip(tiles, sides, strict=True)):
        own = np.arange(side) * min(int(count), side) // side
        ids = ids * side + own.reshape([-1 if i == axis else 1 for i in range(len(sides))])
    return ids


def _listed(groups: Sequence[Any], features: int, argument: str) -> Array:
    """Converts lists of feature numbers to group numbers."""
    ids = np.arange(features) + len(groups)
    named = [int(feature) for group in groups for feature in group]
    if len(set(named)) != len(named) or not all(0 <= number < features for number in named):
        raise TfexplainError(
            f"{argument}={list(groups)}: expected feature numbers in 0..{features - 1}, each in "
            "one group at most."
        )
    for number, group in enumerate(groups):
        ids[list(group)] = number
    return ids


def _size(ids: Array) -> int:
    return int(np.prod(ids.shape[1:]))
