"""Holds the masks of a model in training: puts them on its variables, and chooses them anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from itertools import chain
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.compression import LayerWeights
from tfexplain.compression.buffers import Variable, view
from tfexplain.compression.keras.mask_constraint import MaskConstraint, mask_constraint
from tfexplain.compression.sources import as_float
from tfexplain.pruning.masks import Mask
from tfexplain.pruning.shifts import filters_kept
from tfexplain.pruning.structures import Structure, global_masks


def masks_of(
    kernels: Sequence[tuple[LayerWeights, float]], structure: Structure, together: bool
) -> list[Mask]:
    """Computes the masks of kernels as they stand, bool of their own shapes.

    Args:
        kernels: Each with its sparsity.
        structure: What goes together.
        together: Whether all kernels have one threshold; then their sparsities are one, too.
    """
    cubes = (
        (layer, as_float(layer.layout.to_cube(view(layer.variable))), sparsity)
        for layer, sparsity in kernels
    )
    if not together:
        return [_of_shape(layer, structure.mask(cube, sparsity)) for layer, cube, sparsity in cubes]
    all_cubes = [cube for _, cube, _ in cubes]
    found = global_masks(all_cubes, kernels[0][1], structure)
    return [_of_shape(layer, mask) for (layer, _), mask in zip(kernels, found, strict=True)]


def _of_shape(layer: LayerWeights, mask: Mask) -> Mask:
    kept: Mask = layer.layout.from_cube(mask, layer.shape)
    return kept


class Masking:
    """Represents the masks of kernels while a model trains.

    Args:
        kernels: Each with the sparsity that it ends at.
        structure: What goes together.
        together: Whether all kernels have one threshold.
        optimizers: Returns the optimizers of the model.
        strategy: Strategy that the variables were made under, or None.
        before: Masks of an earlier training, by the kernel's name: what was pruned stays so.
        shifts: What shifts feature maps, by the kernel's name: masked as its filters are.
    """

    def __init__(
        self,
        kernels: Sequence[tuple[LayerWeights, float]],
        structure: Structure,
        together: bool,
        optimizers: Callable[[], Iterable[Any]] = tuple,
        strategy: Any = None,
        before: Mapping[str, Mask] | None = None,
        shifts: Mapping[str, Sequence[Variable]] | None = None,
    ) -> None:
        self._kernels, self._structure, self._together = kernels, structure, together
        self._optimizers, self._strategy = optimizers, strategy
        self._constraints: list[MaskConstraint] = []
        self._shifts: list[list[MaskConstraint]] = []
        for layer, _ in kernels:
            mask = (before or {}).get(layer.name, np.ones(layer.shape, bool))
            self._constraints.append(self._masked_by(layer.variable, mask))
            beside = (shifts or {}).get(layer.name, ())
            self._shifts.append(
                [self._masked_by(v, filters_kept(layer, mask).reshape(v.shape)) for v in beside]
            )

    def _masked_by(self, variable: Any, mask: Mask) -> MaskConstraint:
        with self._strategy.scope() if self._strategy is not None else nullcontext():
            held = tf.Variable(mask, trainable=False, name="pruning_mask")
        # Left by a training that was interrupted.
        other = mask_constraint(variable)
        own = other.own if other else getattr(variable, "constraint", None)
        return MaskConstraint(variable, held, self._optimizers, own)

    def _all(self) -> Iterable[MaskConstraint]:
        return chain(self._constraints, *self._shifts)

    def put_on(self) -> None:
        """Makes the masks constraints of their variables, so that the optimizer applies them."""
        for constraint in self._all():
            constraint.put_on()

    def take_off(self) -> None:
        """Gives the variables their own constraints back."""
        for constraint in self._all():
            constraint.take_off()

    def keep_zeros(self) -> None:
        """Takes the zeros of the kernels for what was pruned before: in a training that goes on
        from a backup."""
        for constraint in self._constraints:
            kept = view(constraint.variable) != 0
            if kept.any():  # else nothing has been learnt yet
                constraint.mask.assign(kept & view(constraint.mask))

    def choose(self, sparsity: Callable[[float], float]) -> None:
        """Prunes further: the masks for the sparsities of now, less what was pruned before.

        Args:
            sparsity: Of now, by the one that a kernel ends at.
        """
        now = [(layer, sparsity(final)) for layer, final in self._kernels]
        masks = masks_of(now, self._structure, self._together)
        for (layer, _), constraint, mask, beside in zip(
            now, self._constraints, masks, self._shifts, strict=True
        ):
            kept = mask & view(constraint.mask)
            constraint.mask.assign(kept)
            constraint.apply()
            for shift in beside:
                shift.mask.assign(filters_kept(layer, kept).reshape(shift.mask.shape))
                shift.apply()

    def masks(self) -> dict[str, Mask]:
        """Returns the masks by the kernels' names, bool of their shapes."""
        return {
            layer.name: view(constraint.mask).astype(bool)
            for (layer, _), constraint in zip(self._kernels, self._constraints, strict=True)
        }

    def refilled(self) -> list[str]:
        """Returns the names of kernels that are no zeros where they are masked: somebody else
        wrote their weights."""
        return [
            layer.name
            for (layer, _), constraint in zip(self._kernels, self._constraints, strict=True)
            if np.any(view(layer.variable)[~view(constraint.mask)])
        ]
