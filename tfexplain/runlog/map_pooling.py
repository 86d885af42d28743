"""Pools large maps before they are logged: cells of pixels in place of pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tfexplain.attribution import Attribution, Floats
from tfexplain.wire import schema

# Values of a record: a map of 512 x 512, or 16 channels of 128 x 128; 512 KiB in float16.
MOST = 2**18


@dataclass(frozen=True)
class Cells:
    """Describes how positions are pooled: `side` along each axis; 1 leaves them as they are.

    Maps that add up to a score are summed, so that they still do; all others are averaged.
    """

    side: int = 1
    axes: int = 2
    summed: bool = False

    def pool(self, values: Any) -> Floats:
        """Pools [..., *sides] along the last axes. Cells at an edge hold what is there."""
        pooled = np.asarray(values)
        if self.side == 1:
            return pooled
        for axis in range(pooled.ndim - self.axes, pooled.ndim):
            starts = np.arange(0, pooled.shape[axis], self.side)
            held = np.diff(np.append(starts, pooled.shape[axis]))
            pooled = np.add.reduceat(pooled, starts, axis=axis, dtype=np.float64)
            if not self.summed:
                shape = [1] * pooled.ndim
                shape[axis] = len(held)
                pooled = pooled / held.reshape(shape)
        return pooled.astype(np.float32)

    @property
    def text(self) -> str:
        """Description such as `cells of 2 x 2, summed`; "" where nothing is pooled."""
        if self.side == 1:
            return ""
        sides = " x ".join([str(self.side)] * self.axes)
        return f"cells of {sides}, {'summed' if self.summed else 'their mean'}"


def cells_of(attribution: Attribution, layout: schema.Layout | Literal[""]) -> Cells:
    """Returns the smallest cells of which a record holds at most `MOST`."""
    axes = {"plane": 2, "volume": 3}.get(layout)
    if axes is None or attribution.kind in ("matrix", "picture"):
        return Cells()
    channels = attribution.kind == "channels"
    shape = attribution.values.shape if channels else attribution.maps.shape
    if len(shape) != 1 + axes + channels:
        return Cells()
    side = cell_side(shape[1 : 1 + axes], shape[-1] if channels else 1)
    return Cells(side, axes, attribution.completeness_gap is not None)


def cell_side(sides: Sequence[int], count: int = 1) -> int:
    """Returns the side of the smallest cells of which `count` planes hold at most `MOST`."""
    side = 1
    while count * math.prod(math.ceil(n / side) for n in sides) > MOST and side < max(sides):
        side += 1
    return side
