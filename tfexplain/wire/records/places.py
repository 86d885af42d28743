"""Defines the record of places: where of an input labels can be read alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import pack, unpack
from tfexplain.wire.records.kinds import Kind, little_endian


def mass_name(place: str) -> str:
    """Returns how the evidence at a place is called among the numbers of trust.

    >>> mass_name("left edge")
    'mass at left edge'
    """
    return f"mass at {place}"


@dataclass(frozen=True)
class Places:
    """Holds small places of one input where linear probes read labels as well as of the whole.

    That is what a model could read there, on rows of the validation data; of the model it says
    nothing. `corners` and `sizes` are int32 [P, D], first position and how many along each axis of
    `sides`. `probes` float64 [P, 3] are shares of `rows` rows that a probe is right on: of the
    place alone, of all else, and of the place with shuffled labels; `whole` is that of the input.
    """

    kind: ClassVar[Kind] = "places"
    corners: Array
    sizes: Array
    probes: Array
    names: Sequence[str]
    sides: Sequence[int]
    whole: float
    rows: int

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "corners": little_endian(self.corners, "i4"),
            "sizes": little_endian(self.sizes, "i4"),
            "probes": little_endian(self.probes, "f8"),
        }
        header = {
            "names": json.dumps(list(self.names)),
            "sides": json.dumps([int(side) for side in self.sides]),
            "whole": repr(float(self.whole)),
            "rows": repr(int(self.rows)),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Places:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        corners, sizes = raw.array("corners", "I32", 2), raw.array("sizes", "I32", 2)
        probes, names = raw.array("probes", "F64", 2), raw.strings("names")
        sides = raw.sizes("sides", corners.shape[1])
        inside = (corners >= 0) & (sizes > 0) & (corners + sizes.astype(np.int64) <= sides)
        raw.check(corners.shape == sizes.shape and bool(inside.all()), "windows inside the input")
        raw.check(probes.shape == (len(corners), 3), "three probes of each place")
        raw.check(len(names) == len(corners) == len(set(names)), "a name for each place")
        whole, rows = raw.number("whole"), raw.integer("rows")
        raw.check(rows > 0, "a count of rows")
        return cls(corners, sizes, probes, names, sides, whole, rows)
