"""Defines the records of who pays for a compression: classes, groups, rows, and shared masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import long_text, pack, unpack
from tfexplain.wire.records.kinds import Kind, little_endian

MAX_PARTS = 1 << 16


@dataclass(frozen=True)
class Payers:
    """Holds numbers of a model on the rows of each class and group, beside those of a reference.

    Of P parts, `names` are the classes' and groups', `by_group` uint8 [P] says which are groups.
    `counts` int64 [P, M] is of how many rows a number is, by `measures`, 0 where there is none;
    `values` float64 [P, M, 3] are the number and its 95% interval (value, low, high), whose ends
    are NaN where they are not known; `bands` float64 [P, M, 2] the least and greatest of the
    controls, NaN without any.
    """

    kind: ClassVar[Kind] = "payers"
    names: Sequence[str]
    by_group: Array
    measures: Sequence[str]
    counts: Array
    values: Array
    bands: Array
    reference: str

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "by_group": little_endian(self.by_group, "u1"),
            "counts": little_endian(self.counts, "i8"),
            "values": little_endian(self.values, "f8"),
            "bands": little_endian(self.bands, "f8"),
            **{name: long_text(getattr(self, name)) for name in ("names", "measures")},
        }
        return pack(self.kind, arrays, {"reference": self.reference})

    @classmethod
    def decode(cls, data: bytes) -> Payers:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        names, measures = raw.long_strings("names"), raw.long_strings("measures")
        raw.check(0 < len(names) <= MAX_PARTS, f"1 to {MAX_PARTS} classes and groups")
        raw.check(len(set(measures)) == len(measures), "each measure only once")
        by_group = raw.array("by_group", "U8", 1)
        raw.check(len(by_group) == len(names), "a name for each part")
        counts, values = raw.array("counts", "I64", 2), raw.array("values", "F64", 3)
        bands = raw.array("bands", "F64", 3)
        shape = len(names), len(measures)
        shapes = counts.shape, values.shape, bands.shape
        raw.check(shapes == (shape, (*shape, 3), (*shape, 2)), "numbers a part and measure")
        raw.check(bool(np.all(counts >= 0)), "counts of rows")
        return cls(
            *(names, by_group.astype(bool), measures, counts, values, bands),
            raw.text("reference"),
        )


@dataclass(frozen=True)
class Exemplars:
    """Holds compression-identified exemplars: rows that most compressed models predict otherwise
    than most dense ones.

    `rows` int64 [E] are their numbers in the data, surest first, and `samples` int32 [E] their
    places among the explained samples, -1 where they are not; the first `drawn` of these were
    drawn from the data, and those behind are explained for being exemplars. `labels`, `groups`
    ("" without), `dense` and `compressed` (what most models predict) are names, `shares` float64
    [E, 2] how many of the dense models and of the compressed ones predict so. The models are
    `dense_models` and `compressed_models`. Of more exemplars than are kept `total` says how many
    there were.
    """

    kind: ClassVar[Kind] = "exemplars"
    rows: Array
    samples: Array
    labels: Sequence[str]
    groups: Sequence[str]
    dense: Sequence[str]
    compressed: Sequence[str]
    shares: Array
    dense_models: Sequence[str]
    compressed_models: Sequence[str]
    drawn: int
    total: int

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "rows": little_endian(self.rows, "i8"),
            "samples": little_endian(self.samples, "i4"),
            "shares": little_endian(self.shares, "f8"),
            **{name: long_text(getattr(self, name)) for name in (*_OF_ROWS, *_OF_MODELS)},
        }
        header = {name: repr(int(getattr(self, name))) for name in ("drawn", "total")}
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Exemplars:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        rows, samples = raw.array("rows", "I64", 1), raw.array("samples", "I32", 1)
        shares = raw.array("shares", "F64", 2)
        texts: dict[str, Any] = {name: raw.long_strings(name) for name in (*_OF_ROWS, *_OF_MODELS)}
        raw.check(all(len(texts[name]) == len(rows) for name in _OF_ROWS), "a name for each row")
        raw.check(len(samples) == len(rows), "a sample for each row, or -1")
        raw.check(shares.shape == (len(rows), 2), "two shares for each row")
        raw.check(bool(np.all(samples >= -1) and np.all(rows >= 0)), "numbers of rows and samples")
        drawn, total = raw.integer("drawn"), raw.integer("total")
        raw.check(drawn >= 0 and total >= len(rows), "counts of samples and exemplars")
        return cls(rows=rows, samples=samples, shares=shares, drawn=drawn, total=total, **texts)


@dataclass(frozen=True)
class Overlaps:
    """Holds which weights a pruned model keeps that others keep as well.

    `counts` int64 [P, L, 4] are of each of P `others` and L `kernels`: the weights, those that
    this model keeps, those that the other keeps, and those that both do; 0 weights where the other
    has no such kernel.
    """

    kind: ClassVar[Kind] = "overlaps"
    others: Sequence[str]
    kernels: Sequence[str]
    counts: Array

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {"counts": little_endian(self.counts, "i8")}
        arrays |= {name: long_text(getattr(self, name)) for name in ("others", "kernels")}
        return pack(self.kind, arrays, {})

    @classmethod
    def decode(cls, data: bytes) -> Overlaps:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        others, kernels = raw.long_strings("others"), raw.long_strings("kernels")
        counts = raw.array("counts", "I64", 3)
        raw.check(counts.shape == (len(others), len(kernels), 4), "counts a model and kernel")
        both, kept = counts[..., 3], counts[..., 1:3]
        most = counts[..., :1]
        within = np.all((both >= 0) & (both <= kept.min(-1))) and np.all(kept <= most)
        raw.check(bool(within), "no more weights than the kernel has")
        return cls(others, kernels, counts)


_OF_ROWS = ("labels", "groups", "dense", "compressed")
_OF_MODELS = ("dense_models", "compressed_models")
