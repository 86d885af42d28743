"""Defines the record of a picture that an explainer made, to be shown as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tfexplain.types import Array
from tfexplain.wire.container import pack, unpack
from tfexplain.wire.pictures import check_size
from tfexplain.wire.records.kinds import Kind, little_endian


@dataclass(frozen=True)
class Picture:
    """Holds one sample's picture: uint8 [h, w, c] of 1 (grey), 3 (RGB) or 4 (RGBA) channels."""

    kind: ClassVar[Kind] = "picture"
    values: Array

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        return pack(self.kind, {"values": little_endian(self.values, "u1")}, {})

    @classmethod
    def decode(cls, data: bytes) -> Picture:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        values = raw.array("values", "U8", 3)
        raw.check(values.shape[-1] in (1, 3, 4), "1, 3 or 4 channels")
        check_size(values.shape[1], values.shape[0])
        return cls(values)
