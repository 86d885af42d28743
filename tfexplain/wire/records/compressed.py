"""Defines the records of compression and of its effects: kernels in numbers, drift, fidelity."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.clock import event_step
from tfexplain.wire.container import Container, pack, read_json, unpack
from tfexplain.wire.records.kinds import ROLES, Kind, Role, little_endian
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment
from tfexplain.wire.records.older import step_in_reference

ROW_KEYS = ("name", "path", "part", "type", "wrapper", "mode", "dtype", "shape", "note")


@dataclass(frozen=True)
class Kernels:
    """Holds the numbers of every kernel of the model at one time.

    `rows` describe the kernels in model order by `ROW_KEYS`, all text; `values` are float64
    [kernels, metrics], NaN where a number cannot be known; `totals` and `denominators` (what
    shares are shares of) are by part of the model: `""`, or `student` and `teacher`. `moment`
    is `end` for the measurement after training, and `weights` the step at whose end the model had
    the weights that were measured; None where that is not known.
    """

    kind: ClassVar[Kind] = "kernels"
    rows: Sequence[Mapping[str, str]]
    metrics: Sequence[str]
    values: Array
    totals: Mapping[str, Mapping[str, float]]
    denominators: Mapping[str, str]
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        names = list(dict.fromkeys(name for part in self.totals.values() for name in part))
        sums = [[part.get(name, np.nan) for name in names] for part in self.totals.values()]
        shape = (len(self.rows), len(self.metrics))
        arrays = {
            "values": little_endian(self.values, "f8").reshape(shape),
            "totals": little_endian(sums, "f8").reshape(len(self.totals), len(names)),
        }
        header = {
            "rows": json.dumps([[row.get(key, "") for key in ROW_KEYS] for row in self.rows]),
            "metrics": json.dumps(list(self.metrics)),
            "total_metrics": json.dumps(names),
            "parts": json.dumps(list(self.totals)),
            "denominators": json.dumps([self.denominators.get(p, "") for p in self.totals]),
            **pack_moment(self.moment, self.weights),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Kernels:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        values, totals = raw.array("values", "F64", 2), raw.array("totals", "F64", 2)
        rows = [_row(row, raw) for row in read_json(raw.text("rows"), list, "rows")]
        metrics, names = raw.strings("metrics"), raw.strings("total_metrics")
        parts, denominators = raw.strings("parts"), raw.strings("denominators")
        raw.check(values.shape == (len(rows), len(metrics)), "a value for each row and metric")
        raw.check(totals.shape == (len(parts), len(names)), "a total for each part and metric")
        raw.check(len(denominators) == len(parts), "a denominator for each part")
        raw.check(
            all(len(set(x)) == len(x) for x in (metrics, names, parts)), "each name only once"
        )
        sums = {
            part: {n: v for n, v in zip(names, line.tolist(), strict=True) if not np.isnan(v)}
            for part, line in zip(parts, totals, strict=True)
        }
        said = dict(zip(parts, denominators, strict=True))
        return cls(rows, metrics, values, sums, said, *read_moment(raw))


def _row(row: object, raw: Container) -> dict[str, str]:
    ok = isinstance(row, list) and len(row) == len(ROW_KEYS)
    raw.check(ok and all(isinstance(v, str) for v in row), "rows of nine texts")  # type: ignore[attr-defined]
    return dict(zip(ROW_KEYS, row, strict=True))  # type: ignore[call-overload]


@dataclass(frozen=True)
class Kernel:
    """Holds one kernel at one time: how its weights are spread, and which channels are gone.

    `counts` are int64 [bins] of the finite weights that are not zero, in bins of one width from
    `low` to `high`; `zeros` and `nonfinite` are in no bin. `pruned` marks the outputs whose
    weights are all zero, `dead` those never above zero on the validation batch, empty where
    unknown.
    """

    kind: ClassVar[Kind] = "kernel"
    counts: Array
    low: float
    high: float
    zeros: int
    nonfinite: int
    pruned: Array
    dead: Array = field(default_factory=lambda: np.zeros(0, bool))

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "counts": little_endian(self.counts, "i8"),
            "pruned": little_endian(self.pruned, "u1"),
            "dead": little_endian(self.dead, "u1"),
        }
        header = {
            "low": repr(float(self.low)),
            "high": repr(float(self.high)),
            "zeros": repr(int(self.zeros)),
            "nonfinite": repr(int(self.nonfinite)),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Kernel:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        counts = raw.array("counts", "I64", 1)
        low, high = raw.number("low"), raw.number("high")
        zeros, nonfinite = _count(raw, "zeros"), _count(raw, "nonfinite")
        raw.check(bool(np.all(counts >= 0)), "counts >= 0")
        raw.check(bool(np.isfinite(low) and np.isfinite(high)) and low <= high, "low <= high")
        pruned, dead = raw.array("pruned", "U8", 1), raw.array("dead", "U8", 1)
        return cls(counts, low, high, zeros, nonfinite, pruned.astype(bool), dead.astype(bool))


def _count(raw: Container, key: str) -> int:
    """Reads a whole number that a browser's numbers hold exactly."""
    value = raw.number(key)
    raw.check(value.is_integer() and 0 <= value <= 2**53, f"{key} as a count")
    return int(value)


@dataclass(frozen=True)
class Drift:
    """Holds the drift of the maps of one explainer at one layer from those of a reference.

    `values` are float64 [samples, measures], higher is more alike, NaN where the two explain
    different targets; `agrees` is bool [samples], whether the prediction is the reference's.
    `reference` says what it is, in words, or is the name of a run; `reference_step` is the step of
    the run's own epoch that it is, None where it is none. A `control` differs from the reference by
    chance only (another seed, more epochs): what it shows is normal variation.
    """

    kind: ClassVar[Kind] = "drift"
    values: Array
    agrees: Array
    measures: Sequence[str]
    reference: str
    role: Role = "model"
    reference_step: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        step = self.reference_step
        arrays = {
            "values": little_endian(self.values, "f8"),
            "agrees": little_endian(self.agrees, "u1"),
        }
        header = {
            "measures": json.dumps(list(self.measures)),
            "reference": self.reference,
            "reference_step": "" if step is None else repr(event_step(step)),
            "role": self.role,
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Drift:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        values, agrees = raw.array("values", "F64", 2), raw.array("agrees", "U8", 1)
        measures = raw.strings("measures")
        raw.check(values.shape == (len(agrees), len(measures)), "a value per sample and measure")
        raw.check(len(set(measures)) == len(measures), "each measure only once")
        reference, role, step = raw.text("reference"), _role(raw), _reference_step(raw)
        return cls(values, agrees.astype(bool), measures, reference, role, step)


def _reference_step(raw: Container) -> float | None:
    if "reference_step" not in raw.header:
        return step_in_reference(raw.text("reference"))
    return raw.step("reference_step")


@dataclass(frozen=True)
class Fidelity:
    """Holds the fidelity of a model's predictions to a reference's, on a whole data set.

    `numbers` by name (`samples`, `agreement`, `kl`, `accuracy`, `reference_accuracy`, ...);
    `flips` int64 [classes], of the `counts` int64 [classes] samples that the reference predicts
    as a class, those predicted otherwise; empty for regression. `role` as in `Drift`.
    """

    kind: ClassVar[Kind] = "fidelity"
    numbers: Mapping[str, float]
    flips: Array
    counts: Array
    reference: str
    role: Role = "model"

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "values": little_endian(np.array(list(self.numbers.values())), "f8"),
            "flips": little_endian(self.flips, "i8"),
            "counts": little_endian(self.counts, "i8"),
        }
        header = {
            "names": json.dumps(list(self.numbers)),
            "reference": self.reference,
            "role": self.role,
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Fidelity:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        values, names = raw.array("values", "F64", 1), raw.strings("names")
        raw.check(len(values) == len(names) == len(set(names)), "one value for each name")
        flips, counts = raw.array("flips", "I64", 1), raw.array("counts", "I64", 1)
        raw.check(len(flips) == len(counts), "flips and counts of one length")
        raw.check(bool(np.all((flips >= 0) & (flips <= counts))), "flips within counts")
        numbers: dict[str, Any] = dict(zip(names, values.tolist(), strict=True))
        return cls(numbers, flips, counts, raw.text("reference"), _role(raw))


def _role(raw: Container) -> Role:
    role = raw.text("role")
    raw.check(role in ROLES and role != "teacher", "role model or control")
    return role  # type: ignore[return-value]
