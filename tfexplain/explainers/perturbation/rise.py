"""Computes RISE (Petsiuk et al. 2018)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from tfexplain.checks import check_number, check_whole
from tfexplain.explainers.perturbation.masked import MaskedInput, Masks
from tfexplain.explainers.perturbation.perturbation import (
    InputValues,
    PerturbationExplainer,
)
from tfexplain.explainers.perturbation.upsampling import stretched
from tfexplain.types import Array, Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class RISE(PerturbationExplainer):
    """Computes the expected score where a position is kept and the rest is hidden at random.

    Masks are coarse grids of random zeros and ones, upsampled linearly to a cell more than the size
    of the input and shifted at random. Features of tables ([N, f]) are masked one by one. All
    samples get the same masks. `values` are float32 [N, *sides] (no channels): the mean of score
    times mask over the masks, divided by `probability`. They are scores, so compare positions of
    one map; with few `masks` they are noisy, as 1 / sqrt(masks).

    Attributes:
        masks: Number of masks; each costs one pass a sample. The paper takes 4000 to 8000.
        cells: Number of cells on each axis of the input.
        probability: Probability that a cell is kept.
        seed: Seed of the masks.

    References:
        Petsiuk et al. 2018, eq. 6 and section 3.2, https://arxiv.org/abs/1806.07421; there the
        score is a probability (`output="probability"`) and what is hidden is black.

    Example:
        >>> import numpy as np
        >>> found = RISE(masks=200)(lambda x: x[:, 2, 3, 0], np.ones((1, 8, 8, 1)))
        >>> np.unravel_index(found.values[0].argmax(), (8, 8))
        (np.int64(2), np.int64(3))
    """

    masks: int = 1000
    cells: int = 7
    probability: float = 0.5
    seed: int = 0
    mixes: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("masks", self.masks)
        check_whole("cells", self.cells)
        check_number("probability", self.probability, above=0, below=1)

    def of_input(self, masked: MaskedInput) -> InputValues:
        """Scores random masks, and sums them weighted by their scores."""
        masks = self._masks(masked)
        scores = masked.masked_scores(masks)
        total = masked.weighted(masks, scores)
        return InputValues(total / (self.masks * self.probability), self.masks)

    def _masks(self, masked: MaskedInput) -> Masks:
        rng, sides = np.random.default_rng(self.seed), masked.sides
        if masked.inputs.ndim == 2:
            return Masks([self._kept(rng, sides)], _as_they_are, "cells")
        cells = [min(self.cells, side) for side in sides]
        widths = [math.ceil(side / count) for side, count in zip(sides, cells, strict=True)]
        shifts = rng.integers(0, widths, (1, self.masks, len(sides))).astype(np.int32)
        kept = self._kept(rng, cells)

        def make(codes: Sequence[Tensor], _: Sequence[Tensor]) -> Tensor:
            places = []
            for axis, (side, count, width) in enumerate(zip(sides, cells, widths, strict=True)):
                pixels = tf.range(side)[None] + codes[1][:, axis, None]
                # `count` cells cover one width more than the input, to be shifted in.
                share = count / ((count + 1) * width)
                places.append((tf.cast(pixels, tf.float32) + 0.5) * share - 0.5)
            return stretched(codes[0], places)

        return Masks([kept, shifts], make, ("rise", *sides, *cells))

    def _kept(self, rng: np.random.Generator, shape: Sequence[int]) -> Array:
        """Draws random cells [1, masks, *shape]."""
        return (rng.random((1, self.masks, *shape)) < self.probability).astype(np.float32)


def _as_they_are(codes: Sequence[Tensor], _: Sequence[Tensor]) -> Tensor:
    return codes[0]
