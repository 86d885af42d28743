"""Chooses at which values of a feature a model is asked, and counts the rows near each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.quality.intervals import Floats

# A feature of no more different values than these is asked at each of them.
CATEGORIES = 10
# Share of the rows, at either end, beyond which nothing is asked: a single one would set the scale.
TAIL = 0.025
# Share of the range of the values, to either side, within which rows are near. (Of quantiles each
# has as many rows that are nearest to it, however far they are.)
NEAR = 0.05


@dataclass(frozen=True, eq=False)
class DependenceGrid:
    """Holds the values of one feature at which a model is asked.

    Attributes:
        values: float64 [G], ascending; all of them occur.
        counts: int64 [G], rows within 5% of the range of the values from each; of categories, rows
            that have it.
        are_categories: Whether the values are categories, between which there is nothing.
    """

    values: Floats
    counts: npt.NDArray[np.int64]
    are_categories: bool


def dependence_grid(values: npt.ArrayLike, most: int, *, are_indices: bool) -> DependenceGrid:
    """Chooses values of a feature that occur: quantiles, or the most frequent categories.

    Args:
        values: Of all rows, finite, [N].
        most: Greatest number of values.
        are_indices: Whether the numbers stand for something else, as those that are embedded do:
            then the most frequent ones are taken.

    >>> grid = dependence_grid([0, 0, 1, 3], 20, are_indices=False)
    >>> grid.values.tolist(), grid.counts.tolist(), grid.are_categories
    ([0.0, 1.0, 3.0], [2, 1, 1], True)
    """
    numbers = np.asarray(values, np.float64)
    known, counts = np.unique(numbers, return_counts=True)
    if are_indices or len(known) <= CATEGORIES:
        often = np.sort(np.argsort(-counts, kind="stable")[:most])
        return DependenceGrid(known[often], counts[often], are_categories=True)
    shares = np.linspace(TAIL, 1 - TAIL, most)
    grid = np.unique(np.quantile(numbers, shares, method="inverted_cdf"))
    ordered, far = np.sort(numbers), NEAR * (grid[-1] - grid[0])
    begin = np.searchsorted(ordered, grid - far, side="left")
    rows = np.searchsorted(ordered, grid + far, side="right") - begin
    return DependenceGrid(grid, rows, are_categories=False)
