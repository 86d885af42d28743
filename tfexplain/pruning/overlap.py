"""Defines `mask_overlap`: whether two models keep the same weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tfexplain.compression import LayerWeights, read
from tfexplain.compression.keras.read import read_like
from tfexplain.compression.structure import share
from tfexplain.errors import TfexplainError
from tfexplain.model.tfmot_names import unwrapped
from tfexplain.types import Model


@dataclass(frozen=True)
class MaskOverlap:
    """Holds how many weights two masks keep, and how many both keep.

    Attributes:
        weights: Weights in all.
        first: Kept by the first mask.
        second: Kept by the second.
        both: Kept by both.
        layers: The same of each kernel, by name.
    """

    weights: int
    first: int
    second: int
    both: int
    layers: Mapping[str, MaskOverlap] = field(default_factory=dict)

    @property
    def jaccard(self) -> float:
        """Weights that both keep, of those that either keeps; 1 where masks are equal."""
        return share(self.both, self.first + self.second - self.both)

    @property
    def chance(self) -> float:
        """What `jaccard` would be were the second mask's weights drawn at random, of each kernel
        as many as it keeps there."""
        parts = self.layers.values() or (self,)
        both = sum(part.first * part.second / max(part.weights, 1) for part in parts)
        either = self.first + self.second - both
        return both / either if either else 0.0

    @property
    def turned(self) -> MaskOverlap:
        """The same of the second mask beside the first."""
        layers = {name: part.turned for name, part in self.layers.items()}
        return MaskOverlap(self.weights, self.second, self.first, self.both, layers)


def mask_overlap(first: Model, second: Model) -> MaskOverlap:
    """Compares which weights two models of one architecture keep: those that are no zeros.

    While a model trains with `MagnitudePruning` or tfmot, what counts is the mask.

    Args:
        first: A model of Keras 3 or tf_keras.
        second: Another.

    Raises:
        TfexplainError: they have no kernel of one name and shape.

    References:
        Frankle and Carbin 2019, https://arxiv.org/abs/1803.03635 (which weights two prunings keep)

    >>> import keras, numpy as np
    >>> from tfexplain.pruning import prune
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, use_bias=False)])
    >>> model.set_weights([np.arange(1.0, 9).reshape(4, 2)])
    >>> other = keras.models.clone_model(model)
    >>> other.set_weights([np.arange(1.0, 9)[::-1].reshape(4, 2)])
    >>> _ = prune(model, 0.5), prune(other, 0.25)
    >>> found = mask_overlap(model, other)
    >>> found.both, found.jaccard, found.chance
    (2, 0.25, 0.42857142857142855)
    """
    return kernels_overlap(read(first), read_like(second, first))


def kernels_overlap(first: list[LayerWeights], second: list[LayerWeights]) -> MaskOverlap:
    """Compares kernels of two models that have one name and shape, as `read` gives them."""
    others = {(unwrapped(k.path), k.weight): k for k in second if k.source is not None}
    layers = {}
    for kernel in first:
        other = others.get((unwrapped(kernel.path), kernel.weight))
        if kernel.role != "kernel" or kernel.source is None:
            continue
        if other is not None and other.shape == kernel.shape and other.layout == kernel.layout:
            layers[kernel.name] = _of_kernel(kernel, other)
    if not layers:
        raise TfexplainError(
            "mask_overlap: expected two models of one architecture; no kernel of the one has the "
            "name and shape of one of the other. Pass the same model, pruned twice."
        )
    parts = layers.values()
    return MaskOverlap(
        sum(part.weights for part in parts),
        sum(part.first for part in parts),
        sum(part.second for part in parts),
        sum(part.both for part in parts),
        layers,
    )


def _of_kernel(kernel: LayerWeights, other: LayerWeights) -> MaskOverlap:
    first = second = both = 0
    for one, two in zip(kernel.blocks(), other.blocks(), strict=True):
        here, there = (
            np.not_equal(b.piece.effective, 0) if b.piece.mask is None else b.piece.mask
            for b in (one, two)
        )
        first += int(np.count_nonzero(here))
        second += int(np.count_nonzero(there))
        both += int(np.count_nonzero(here & there))
    return MaskOverlap(kernel.size, first, second, both)
