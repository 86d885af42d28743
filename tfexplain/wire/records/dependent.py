"""Defines the record of partial dependence: how outputs follow single features of an input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import Container, long_text, pack, unpack
from tfexplain.wire.records.kinds import Kind, little_endian
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment

MAX_FEATURES = 64
MAX_VALUES = 256  # of a feature
MAX_LINES = 256  # of single rows
_FLOATS = {"grid": 2, "partial": 3, "low": 3, "high": 3, "single": 3}
_WHOLE = {"features": 1, "outputs": 1, "single_outputs": 1}


@dataclass(frozen=True)
class Dependence:
    """Holds how the outputs follow P features of one input, each set to up to G values.

    `features` int32 [P] are columns (or channels) of the input, with `names`; `grid` float32 [P, G]
    the values, ascending, NaN behind the last one of a feature, as all that belongs to them.
    `counts` int64 [P, G] are the rows near each value; `categories` uint8 [P] says of which
    features the values are all there is, with nothing between.

    `partial` float32 [P, O, G] is the mean of each of `outputs` int32 [O] over `averaged` rows,
    `low` and `high` its 95% interval. Outputs are classes, or columns of values, in `unit`.
    `single` float32 [P, M, G] are curves of single rows: of the class `single_outputs` int32 [M] of
    each; `rows` int64 [M] is where they stood in the data. `moment` and `weights` as in `Kernels`.
    """

    kind: ClassVar[Kind] = "dependence"
    features: Array
    names: Sequence[str]
    grid: Array
    counts: Array
    categories: Array
    outputs: Array
    partial: Array
    low: Array
    high: Array
    single: Array
    single_outputs: Array
    rows: Array
    averaged: int
    unit: str
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {name: little_endian(getattr(self, name), "f4") for name in _FLOATS}
        arrays |= {name: little_endian(getattr(self, name), "i4") for name in _WHOLE}
        arrays |= {name: little_endian(getattr(self, name), "i8") for name in ("counts", "rows")}
        arrays["categories"] = little_endian(self.categories, "u1")
        header = {
            "unit": self.unit,
            "averaged": repr(int(self.averaged)),
            **pack_moment(self.moment, self.weights),
        }
        return pack(self.kind, {**arrays, "names": long_text(self.names)}, header)

    @classmethod
    def decode(cls, data: bytes) -> Dependence:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        arrays = {name: raw.array(name, "F32", rank) for name, rank in _FLOATS.items()}
        arrays |= {name: raw.array(name, "I32", rank) for name, rank in _WHOLE.items()}
        arrays |= {"counts": raw.array("counts", "I64", 2), "rows": raw.array("rows", "I64", 1)}
        arrays["categories"] = raw.array("categories", "U8", 1)
        names = raw.long_strings("names")
        _check(raw, arrays, len(names))
        averaged = raw.integer("averaged")
        raw.check(averaged >= 0, "averaged >= 0")
        moment, weights = read_moment(raw)
        return cls(
            **arrays,
            names=names,
            averaged=averaged,
            unit=raw.text("unit"),
            moment=moment,
            weights=weights,
        )


def _check(raw: Container, arrays: dict[str, Array], features: int) -> None:
    raw.check(0 < features <= MAX_FEATURES, f"1 to {MAX_FEATURES} features")
    lengths = {len(arrays[name]) for name in ("features", "grid", "categories")}
    raw.check(lengths == {features}, "an entry for each feature")
    values, lines = arrays["grid"].shape[1], len(arrays["rows"])
    raw.check(0 < values <= MAX_VALUES, f"1 to {MAX_VALUES} values")
    raw.check(lines <= MAX_LINES, f"curves of up to {MAX_LINES} rows")
    raw.check(arrays["counts"].shape == (features, values), "a count for each value")
    raw.check(bool(np.all(arrays["counts"] >= 0)), "counts >= 0")
    curves = (features, len(arrays["outputs"]), values)
    raw.check(curves[1] > 0, "at least one output")
    alike = all(arrays[name].shape == curves for name in ("partial", "low", "high"))
    raw.check(alike, "a curve for each feature and output")
    raw.check(arrays["single"].shape == (features, lines, values), "a curve for each row")
    raw.check(len(arrays["single_outputs"]) == lines, "an output for each row")
