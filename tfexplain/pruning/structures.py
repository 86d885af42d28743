"""Says which weights of a kernel go together: alone, as filters, in n:m patterns, in blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal, TypeAlias

import numpy as np

from tfexplain.checks import check_choice, check_whole
from tfexplain.compression.layout import Layout
from tfexplain.errors import SettingError
from tfexplain.pruning.masks import (
    Mask,
    block_mask,
    block_means,
    filter_mask,
    largest,
    magnitude_mask,
    n_m_mask,
    over_blocks,
)
from tfexplain.types import Array

Kind: TypeAlias = Literal["unstructured", "filters", "n:m", "blocks"]
KINDS: tuple[Kind, ...] = ("unstructured", "filters", "n:m", "blocks")


@dataclass(frozen=True)
class Structure:
    """Describes which weights go together.

    Attributes:
        kind: `unstructured`: each by itself. `filters`: all of an output. `n:m`: of `m` neighbours
            on the input axis `n` stay. `blocks`: blocks of inputs x outputs at each position.
        pattern: (n, m).
        block: (inputs, outputs).
    """

    kind: Kind = "unstructured"
    pattern: tuple[int, int] = (2, 4)
    block: tuple[int, int] = (4, 4)

    def __post_init__(self) -> None:
        check_choice("structure", self.kind, KINDS)
        for name, pair in (("pattern", self.pattern), ("block", self.block)):
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise SettingError(f"{name}={pair!r}: expected a pair of whole numbers.")
            for number in pair:
                check_whole(name, number)
        if self.pattern[0] >= self.pattern[1]:
            raise SettingError(
                f"pattern={self.pattern}: expected (n, m) with n below m: of m neighbours n stay. "
                "The usual pattern is (2, 4)."
            )

    @property
    def text(self) -> str:
        """The choice in words."""
        if self.kind == "n:m":
            return "{}:{} on the input axis".format(*self.pattern)
        return "blocks of {} x {}".format(*self.block) if self.kind == "blocks" else self.kind

    def unfit(self, layout: Layout) -> str:
        """Returns why a kernel of this layout cannot have the structure, or nothing."""
        m = self.pattern[1]
        if self.kind == "n:m" and not layout.sums_inputs:
            return "its inputs are not summed over, so n:m means nothing on them"
        if self.kind == "n:m" and layout.inputs % m:
            return f"{m} does not divide its {layout.inputs} inputs"
        if self.kind == "filters" and (layout.kind == "lookup" or layout.outputs < 2):
            return "it has no filters to choose from"
        return ""

    def mask(self, cube: Array, sparsity: float) -> Mask:
        """Computes the mask of one kernel, bool [K, I, O]; `sparsity` is that of n:m itself."""
        if self.kind == "n:m":
            return n_m_mask(cube, *self.pattern)
        if self.kind == "filters":
            return filter_mask(cube, sparsity)
        if self.kind == "blocks":
            return block_mask(cube, sparsity, self.block)
        return magnitude_mask(cube, sparsity)


def global_masks(cubes: Sequence[Array], sparsity: float, structure: Structure) -> list[Mask]:
    """Computes masks with one threshold for all kernels: the smallest go, wherever they are.

    What goes together is compared by its mean magnitude, and counted by its weights. Of every
    kernel the largest stays, so that no layer is cut off.

    Args:
        cubes: Kernels, [K, I, O] each.
        sparsity: Share of the weights of all kernels that go.
        structure: Which go together; not n:m, which is a share of each kernel.

    >>> kernels = [np.array([[[3.0, 0.1, 4.0]]]), np.array([[[0.2, 0.3, 0.1]]])]
    >>> [mask.ravel().tolist() for mask in global_masks(kernels, 0.5, Structure())]
    [[True, False, True], [False, True, False]]
    """
    scores = [_scores(np.abs(cube), structure) for cube in cubes]
    ranks = [score.ravel() for score in scores]
    for rank in ranks:
        rank[rank.argmax()] = np.inf
    together = np.concatenate(ranks)
    if structure.kind == "unstructured":
        kept = largest(together, sparsity)
    else:
        each = [
            _members(cube.shape, score, structure)
            for cube, score in zip(cubes, scores, strict=True)
        ]
        kept = _largest_groups(together, np.concatenate(each), sparsity)
    parts = np.split(kept, np.cumsum([rank.size for rank in ranks])[:-1])
    return [
        _spread(part.reshape(score.shape), cube.shape, structure)
        for part, score, cube in zip(parts, scores, cubes, strict=True)
    ]


def _largest_groups(ranks: Array, members: Array, sparsity: float) -> Mask:
    wanted = round(members.sum() * (1 - sparsity))
    order = np.argsort(-ranks, kind="stable")
    count = int(np.searchsorted(np.cumsum(members[order]), wanted)) + 1
    kept: Mask = ranks >= ranks[order[min(count, len(order)) - 1]]
    return kept


def _scores(sizes: Array, structure: Structure) -> Array:
    if structure.kind == "filters":
        means: Array = sizes.mean(axis=(0, 1))
        return means
    return block_means(sizes, structure.block) if structure.kind == "blocks" else sizes


def _members(shape: tuple[int, ...], scores: Array, structure: Structure) -> Array:
    """Counts the weights of each group, in the order of its flat scores."""
    if structure.kind == "filters":
        return np.full(scores.size, prod(shape[:2]))
    tall, wide = (
        np.minimum(side, n - side * np.arange(count))
        for side, n, count in zip(structure.block, shape[1:], scores.shape[1:], strict=True)
    )
    return np.broadcast_to(np.outer(tall, wide), scores.shape).ravel()


def _spread(kept: Mask, shape: tuple[int, ...], structure: Structure) -> Mask:
    if structure.kind == "filters":
        return np.broadcast_to(kept, shape)
    return over_blocks(kept, shape, structure.block) if structure.kind == "blocks" else kept
