"""Defines the record of segmentations: how many positions of each row are right, by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import pack, unpack
from tfexplain.wire.records.kinds import Kind, little_endian
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment

MAX_CLASSES = 256
_COUNTS = ("hits", "false_alarms", "misses")


@dataclass(frozen=True)
class Pixels:
    """Holds how many positions of each validation row a model is right about, at this epoch.

    `hits`, `false_alarms` and `misses` int32 [N, C] count positions by row and class. `confusion`
    float64 [C, C] counts those of all rows by label and predicted class, each row's times its
    weight; it is [0, 0] where a position may have several labels. Positions without a label are in
    none. `moment` and `weights` as in `Kernels`.
    """

    kind: ClassVar[Kind] = "pixels"
    hits: Array
    false_alarms: Array
    misses: Array
    confusion: Array
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {name: little_endian(getattr(self, name), "i4") for name in _COUNTS}
        arrays["confusion"] = little_endian(self.confusion, "f8")
        return pack(self.kind, arrays, pack_moment(self.moment, self.weights))

    @classmethod
    def decode(cls, data: bytes) -> Pixels:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        hits, false_alarms, misses = (raw.array(name, "I32", 2) for name in _COUNTS)
        raw.check(hits.shape == false_alarms.shape == misses.shape, "counts of one shape")
        classes = hits.shape[1]
        raw.check(0 < classes <= MAX_CLASSES, f"1 to {MAX_CLASSES} classes")
        counts = (hits, false_alarms, misses)
        raw.check(all(bool(np.all(one >= 0)) for one in counts), "counts >= 0")
        confusion = raw.array("confusion", "F64", 2)
        raw.check(confusion.shape in ((0, 0), (classes, classes)), "a confusion of all classes")
        known = np.isfinite(confusion) & (confusion >= 0)
        raw.check(bool(np.all(known)), "a confusion of counts >= 0")
        return cls(hits, false_alarms, misses, confusion, *read_moment(raw))
