"""Turns exchange maps into records: grids over the input, intervals, the mean of all rows.

Of a volume each place of a slice is logged once, with the most that any slice has there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tfexplain import resampling
from tfexplain.exchange import ExchangeMap
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.wire import schema

MOST_CELLS = 64  # a side; finer grids are logged at the windows' steps
MOST_CLASSES = 32
MEAN_SIDE = 96
_NO_MEAN = np.zeros((0, 0, 1), np.uint8)


def record_of(
    exchanged: ExchangeMap, now: Moment, pictures: npt.NDArray[np.uint8] | None = None
) -> schema.Exchange:
    """Returns the record of one input at one time.

    Args:
        exchanged: The result.
        now: When, and with which weights.
        pictures: uint8 [N, H, W, c] or [N, D, H, W, c], all rows where they are pictures.
    """
    windows = exchanged.windows
    depth = len(windows.sides) - 2  # axes that are not logged: 1 of volumes
    sides, step = (axes[max(0, depth) :] for axes in (windows.sides, windows.step))
    fine = max(sides) <= MOST_CELLS
    cell = tuple(1 if fine else far for far in step)
    low, high = exchanged.interval
    strongest = exchanged.strongest
    classes = np.unique(exchanged.giver_classes)[:MOST_CLASSES]
    by_class = [_cells(exchanged.of_class(int(label)).shares, cell) for label in classes]
    grid = _cells(exchanged.shares, cell)
    return schema.Exchange(
        shares=grid,
        chance=_cells(exchanged.chance, cell),
        low=_cells(low, cell),
        high=_cells(high, cell),
        sides=sides,
        cell=cell,
        step=step,
        by_window=_most(exchanged.by_window, len(sides)),
        corner=strongest.corner[-len(sides) :],
        size=strongest.size[-len(sides) :],
        share=strongest.share,
        pairs=exchanged.pairs,
        rows=exchanged.rows,
        passes=exchanged.passes,
        classes=classes.astype(np.int32),
        by_class=np.stack(by_class) if by_class else np.zeros((0, *grid.shape)),
        mean=_NO_MEAN if pictures is None else mean_picture(pictures),
        values=not len(exchanged.giver_classes),
        moment=now.kind,
        weights=now.weights,
    )


def mean_picture(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Returns the mean of pictures and their slices, uint8 [H, W, 1 or 3], at most `MEAN_SIDE`
    pixels a side."""
    over = tuple(range(pictures.ndim - 3))
    mean: npt.NDArray[np.uint8] = np.round(pictures[..., :3].mean(axis=over)).astype(np.uint8)
    height, width = mean.shape[:2]
    if max(height, width) <= MEAN_SIDE:
        return mean
    shrink = MEAN_SIDE / max(height, width)
    size = max(1, math.floor(height * shrink)), max(1, math.floor(width * shrink))
    small: npt.NDArray[np.uint8] = resampling.resize(mean, size, smooth=True)
    return small


def _cells(values: npt.NDArray[np.float64], cell: Sequence[int]) -> npt.NDArray[np.float64]:
    """Returns the values at the first position of each cell, the most of any slice."""
    flat = _most(values, len(cell))
    return np.ascontiguousarray(flat[tuple(slice(None, None, step) for step in cell)])


def _most(values: npt.NDArray[np.float64], axes: int) -> npt.NDArray[np.float64]:
    most: npt.NDArray[np.float64] = values.max(axis=tuple(range(values.ndim - axes)))
    return most
