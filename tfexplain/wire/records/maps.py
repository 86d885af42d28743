"""Defines the record of a map: evidence by position, of one class or of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import Container, pack, unpack
from tfexplain.wire.records.halves import check_scale, from_half, to_half
from tfexplain.wire.records.kinds import Kind

_Numbers: TypeAlias = tuple[float, int, float | None, float | None, int | None]


@dataclass(frozen=True)
class OtherClass:
    """Holds the map of a sample's second class, float32, shaped as that of the explained class.

    `score` is that class's score, `target` the class.
    """

    values: Array
    score: float
    target: int


@dataclass(frozen=True)
class Map:
    """Holds one map of one sample: float32 [f] or [t], [h, w], or [d, h, w] of a volume.

    `score` is the explained number, `target` the output it belongs to, `gap` the completeness
    gap (sum of the map minus the difference of scores) where the method has one, `error` how far
    the map may be off, relative to the largest magnitude, where the method estimates it, and
    `passes` the forward and backward passes it took. `other` is the map of a second class: where
    the model is wrong, of the predicted one if the true one is explained, or the reverse. The last
    three are None in older logs.
    """

    kind: ClassVar[Kind] = "map"
    values: Array
    score: float
    target: int
    gap: float | None = None
    error: float | None = None
    passes: int | None = None
    other: OtherClass | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        packed, scale = to_half(self.values)
        header = {
            "scale": repr(float(scale)),
            "score": repr(float(self.score)),
            "target": repr(int(self.target)),
            "gap": "" if self.gap is None else repr(float(self.gap)),
        }
        if self.error is not None:
            header["error"] = repr(float(self.error))
        if self.passes is not None:
            header["passes"] = repr(int(self.passes))
        arrays = {"values": packed}
        if self.other is not None:
            arrays["other"], other_scale = to_half(self.other.values)
            header |= {
                "other_scale": repr(float(other_scale)),
                "other_score": repr(float(self.other.score)),
                "other_target": repr(int(self.other.target)),
            }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Map:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        packed, scale, numbers, other = cls.check(data)
        return cls(from_half(packed, np.float32(scale)), *numbers, other)

    @classmethod
    def check(cls, data: bytes) -> tuple[Array, float, _Numbers, OtherClass | None]:
        """Checks halves, their scale, and the fields behind `values`; raises as `decode` does."""
        raw = unpack(data, cls.kind)
        packed, scale = raw.array("values", "F16", 1, 2, 3), check_scale(raw)
        gap = raw.number("gap") if raw.text("gap") else None
        error = raw.number("error") if "error" in raw.header else None
        raw.check(error is None or not error < 0, "an error >= 0")
        passes = raw.integer("passes") if "passes" in raw.header else None
        raw.check(passes is None or passes >= 0, "passes >= 0")
        numbers = (raw.number("score"), raw.integer("target"), gap, error, passes)
        return packed, scale, numbers, _other(raw, packed.shape)


def _other(raw: Container, shape: tuple[int, ...]) -> OtherClass | None:
    if "other" not in raw.arrays:
        return None
    halves = raw.array("other", "F16", len(shape))
    raw.check(halves.shape == shape, "maps of both classes of one shape")
    values = from_half(halves, np.float32(check_scale(raw, "other_scale")))
    return OtherClass(values, raw.number("other_score"), raw.integer("other_target"))
