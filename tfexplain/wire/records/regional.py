"""Defines the records of regions: where they are, and how much evidence lies in them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import Container, pack, read_json, unpack
from tfexplain.wire.records.kinds import Kind, little_endian
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment

_NUMBERS = ("mass", "pointing", "area")


@dataclass(frozen=True)
class Masks:
    """Holds the regions of one input.

    `values` are bool [R, N, *sides], of one to three sides and of each of `names`: which positions,
    or cells of these, lie inside; N is 1 where all samples share them. `avoid` says of each region
    whether evidence should not lie there.
    """

    kind: ClassVar[Kind] = "masks"
    values: Array
    names: Sequence[str]
    avoid: Sequence[bool]

    def encode(self) -> bytes:
        """Returns the record's bytes: eight positions a byte, the first in the lowest bit."""
        bits = np.packbits(np.asarray(self.values, bool).ravel(), bitorder="little")
        header = {"shape": json.dumps(list(self.values.shape)), **_pack(self.names, self.avoid)}
        return pack(self.kind, {"bits": bits}, header)

    @classmethod
    def decode(cls, data: bytes) -> Masks:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        bits = raw.array("bits", "U8", 1)
        rank = len(read_json(raw.text("shape"), list, "shape"))
        raw.check(3 <= rank <= 5, "masks of one to three sides")
        shape = raw.sizes("shape", rank)
        count = math.prod(shape)
        raw.check(len(bits) == (count + 7) // 8, "a bit for each position")
        values = np.unpackbits(bits, count=count, bitorder="little").reshape(shape).astype(bool)
        return cls(values, *_read(raw, shape[0]))


@dataclass(frozen=True)
class Regions:
    """Holds how much evidence of one explainer at one layer lies in regions, at this epoch.

    `mass`, `pointing` and `area` are float64 [N, R], of each sample and of each of `names`: the
    share of the evidence inside, whether the strongest position lies inside (a share where several
    are as strong), NaN where a map has no evidence, and the region's share of the positions, which
    is the level of chance of both. `avoid` as in `Masks`.
    """

    kind: ClassVar[Kind] = "regions"
    mass: Array
    pointing: Array
    area: Array
    names: Sequence[str]
    avoid: Sequence[bool]
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {name: little_endian(getattr(self, name), "f8") for name in _NUMBERS}
        header = _pack(self.names, self.avoid) | pack_moment(self.moment, self.weights)
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Regions:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        mass, pointing, area = (raw.array(name, "F64", 2) for name in _NUMBERS)
        raw.check(mass.shape == pointing.shape == area.shape, "numbers of one shape")
        return cls(mass, pointing, area, *_read(raw, mass.shape[1]), *read_moment(raw))


def _pack(names: Sequence[str], avoid: Sequence[bool]) -> dict[str, str]:
    return {"names": json.dumps(list(names)), "avoid": json.dumps([bool(own) for own in avoid])}


def _read(raw: Container, count: int) -> tuple[list[str], list[bool]]:
    names = raw.strings("names")
    avoid = read_json(raw.text("avoid"), list, "avoid")
    raw.check(len(names) == count == len(set(names)), "a name for each region")
    flags = len(avoid) == count and all(isinstance(own, bool) for own in avoid)
    raw.check(flags, "whether to avoid each region")
    return names, avoid
