"""Defines the records of health: gradients, updates and activations of layers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.clock import event_step, step_of
from tfexplain.wire.container import Container, pack, read_json, unpack
from tfexplain.wire.records.kinds import Kind, little_endian
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment

LAYER_KEYS = ("path", "type", "activation", "state", "note")
STATES = ("trainable", "frozen", "")


@dataclass(frozen=True)
class Health:
    """Holds the numbers of every layer at one time.

    `rows` describe the layers in the order of their calls by `LAYER_KEYS`, all text; `state` is
    `trainable`, `frozen`, or empty for layers without weights. `values` are float64 [layers,
    metrics], NaN where a number is not known. `weights_of` are (row, name) of each trained weight,
    `weight_values` float64 [weights, metrics] of them. `totals` are those of the model; `steps`
    how many training steps the updates are sums of, 0 where that is not known. `moment` and
    `weights` as in `Kernels`.
    """

    kind: ClassVar[Kind] = "health"
    rows: Sequence[Mapping[str, str]]
    metrics: Sequence[str]
    values: Array
    weights_of: Sequence[tuple[int, str]]
    weight_values: Array
    totals: Mapping[str, float]
    steps: int = 0
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        metrics = len(self.metrics)
        arrays = {
            "values": little_endian(self.values, "f8").reshape(len(self.rows), metrics),
            "weight_rows": little_endian([row for row, _ in self.weights_of], "i4"),
            "weight_values": little_endian(self.weight_values, "f8").reshape(
                len(self.weights_of), metrics
            ),
            "totals": little_endian(list(self.totals.values()), "f8"),
        }
        header = {
            "rows": json.dumps([[row.get(key, "") for key in LAYER_KEYS] for row in self.rows]),
            "metrics": json.dumps(list(self.metrics)),
            "weight_names": json.dumps([name for _, name in self.weights_of]),
            "total_metrics": json.dumps(list(self.totals)),
            "steps": repr(int(self.steps)),
            **pack_moment(self.moment, self.weights),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Health:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        rows = [_row(row, raw) for row in read_json(raw.text("rows"), list, "rows")]
        metrics, totals = raw.strings("metrics"), raw.strings("total_metrics")
        values, sums = raw.array("values", "F64", 2), raw.array("totals", "F64", 1)
        places, names = raw.array("weight_rows", "I32", 1), raw.strings("weight_names")
        of_weights = raw.array("weight_values", "F64", 2)
        raw.check(values.shape == (len(rows), len(metrics)), "a value for each row and metric")
        raw.check(
            of_weights.shape == (len(names), len(metrics)) and len(places) == len(names),
            "a row, a name and a value for each weight and metric",
        )
        raw.check(bool(np.all((places >= 0) & (places < len(rows)))), "weights of these rows")
        raw.check(len(sums) == len(totals), "a value for each total")
        raw.check(all(len(set(x)) == len(x) for x in (metrics, totals)), "each name only once")
        steps = raw.integer("steps")
        raw.check(steps >= 0, "steps >= 0")
        return cls(
            *(rows, metrics, values, list(zip(places.tolist(), names, strict=True)), of_weights),
            *(dict(zip(totals, sums.tolist(), strict=True)), steps, *read_moment(raw)),
        )


def _row(row: object, raw: Container) -> dict[str, str]:
    ok = isinstance(row, list) and len(row) == len(LAYER_KEYS)
    raw.check(ok and all(isinstance(v, str) for v in row), "rows of five texts")  # type: ignore[attr-defined]
    named = dict(zip(LAYER_KEYS, row, strict=True))  # type: ignore[call-overload]
    raw.check(named["state"] in STATES, "state trainable, frozen or nothing")
    return named


@dataclass(frozen=True)
class Spread:
    """Holds how numbers are spread.

    `counts` are int64 [bins] of those that are finite and not zero, in bins of one width from
    `low` to `high`; `zeros` and `nonfinite` are in no bin.
    """

    counts: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    low: float = 0.0
    high: float = 0.0
    zeros: int = 0
    nonfinite: int = 0


@dataclass(frozen=True)
class Units:
    """Holds one layer at one time: its activations and gradients, and which units are dead.

    `activations` and `gradients` hold no counts where they are not known. `dead_since` is
    float64 [units], the step since which a unit has one value on the whole batch, NaN for those
    that have several; empty where that is not known.
    """

    kind: ClassVar[Kind] = "units"
    activations: Spread
    gradients: Spread
    dead_since: Array = field(default_factory=lambda: np.zeros(0))

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {"dead_since": _event_steps(self.dead_since)}
        header = {}
        for name in ("activations", "gradients"):
            spread: Spread = getattr(self, name)
            arrays[name] = little_endian(spread.counts, "i8")
            ends = float(spread.low), float(spread.high)
            header[name] = json.dumps([*ends, int(spread.zeros), int(spread.nonfinite)])
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Units:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        is_long = raw.arrays.get("dead_since", ("",))[0] == "I64"
        since = raw.array("dead_since", "I64" if is_long else "I32", 1)
        raw.check(bool(np.all((since >= -1) & (since < 2**53))), "dead_since >= -1")
        steps = [np.nan if step < 0 else step_of(step) for step in since.tolist()]
        return cls(_spread(raw, "activations"), _spread(raw, "gradients"), np.array(steps, float))


def _event_steps(since: Array) -> Array:
    """Returns the steps as those of events, -1 for NaN; 32 bits suffice for whole epochs."""
    steps = [-1 if np.isnan(step) else event_step(step) for step in np.asarray(since, float)]
    return little_endian(steps, "i8" if max(steps, default=0) >= 2**31 else "i4")


def _spread(raw: Container, name: str) -> Spread:
    counts = raw.array(name, "I64", 1)
    said = read_json(raw.text(name), list, name)
    numbers = all(type(value) in (int, float) for value in said)
    raw.check(numbers and len(said) == 4, f"{name} as four numbers")
    low, high, zeros, nonfinite = said
    raw.check(bool(np.all(counts >= 0)), "counts >= 0")
    raw.check(bool(np.isfinite(low) and np.isfinite(high)) and low <= high, "low <= high")
    whole = all(type(count) is int and 0 <= count <= 2**53 for count in (zeros, nonfinite))
    raw.check(whole, f"{name} with two counts")
    return Spread(counts, float(low), float(high), zeros, nonfinite)
