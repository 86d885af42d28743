"""Defines the record of attention weights, head by head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import pack, unpack
from tfexplain.wire.records.halves import check_scale, from_half, to_half
from tfexplain.wire.records.kinds import Kind, little_endian


@dataclass(frozen=True)
class Matrix:
    """Holds the attention of one sample in one layer: float32 [heads, q, k], one scale for all.

    `attention_heads` int32 [heads] are the heads' numbers in the layer.
    """

    kind: ClassVar[Kind] = "matrix"
    values: Array
    attention_heads: Array

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        packed, scale = to_half(self.values)
        arrays = {"values": packed, "attention_heads": little_endian(self.attention_heads, "i4")}
        return pack(self.kind, arrays, {"scale": repr(float(scale))})

    @classmethod
    def decode(cls, data: bytes) -> Matrix:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        packed, scale, heads = cls.check(data)
        return cls(from_half(packed, np.float32(scale)), heads)

    @classmethod
    def check(cls, data: bytes) -> tuple[Array, float, Array]:
        """Checks halves, their scale, and the heads; raises as `decode` does."""
        raw = unpack(data, cls.kind)
        packed, heads = raw.array("values", "F16", 3), raw.array("attention_heads", "I32", 1)
        raw.check(len(packed) == len(heads), "one number for each head")
        return packed, check_scale(raw), heads
