"""Defines the record of robustness: the smallest step that flips each prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import pack, unpack
from tfexplain.wire.records.kinds import Kind, little_endian
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment

MAX_GRID = 256


@dataclass(frozen=True)
class Robustness:
    """Holds the smallest step along the sign of the loss's gradient that flips each prediction.

    `steps` float32 [N], infinity where none up to the last of the grid does; `right` u8 [N], 1
    where the label was predicted; `rows` int64 [N] where the rows stand in the data, `hashes`
    uint64 [N] what they hold. `grid` float64 [S] are the steps that were tried, rising from 0, and
    `accuracy` the share of rows that are right and not flipped by such a step or a smaller one,
    from `low` to `high` with 95% confidence. `unit` says what a step of 1 is.
    """

    kind: ClassVar[Kind] = "robustness"
    steps: Array
    right: Array
    rows: Array
    hashes: Array
    grid: Array
    accuracy: Array
    low: Array
    high: Array
    unit: str
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        dtypes = {**_OF_ROWS, **dict.fromkeys(_OF_GRID, "f8")}
        arrays = {name: little_endian(getattr(self, name), own) for name, own in dtypes.items()}
        header = {"unit": self.unit, **pack_moment(self.moment, self.weights)}
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Robustness:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        dtypes = {**_OF_ROWS, **dict.fromkeys(_OF_GRID, "f8")}
        arrays = {
            name: raw.array(name, f"{own[0].upper()}{8 * int(own[1])}", 1)
            for name, own in dtypes.items()
        }
        raw.check(len({len(arrays[name]) for name in _OF_ROWS}) == 1, "one entry a row")
        raw.check(bool(np.all(arrays["steps"] >= 0)), "steps >= 0")
        raw.check(bool(np.all(arrays["right"] <= 1)), "right 0 or 1")
        raw.check(
            len({len(arrays[name]) for name in _OF_GRID}) == 1, "one entry a step of the grid"
        )
        grid = arrays["grid"]
        raw.check(0 < len(grid) <= MAX_GRID, f"1 to {MAX_GRID} steps of the grid")
        rises = grid[0] == 0 and np.all(np.diff(grid) > 0) and np.all(np.isfinite(grid))
        raw.check(bool(rises), "a grid that rises from 0")
        moment, weights = read_moment(raw)
        return cls(**arrays, unit=raw.text("unit"), moment=moment, weights=weights)


_OF_ROWS = {"steps": "f4", "right": "u1", "rows": "i8", "hashes": "u8"}
_OF_GRID = ("grid", "accuracy", "low", "high")
