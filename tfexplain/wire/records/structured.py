"""Defines the record of a model's structure: its layer calls, which reads which, its training."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import Container, pack, read_json, unpack
from tfexplain.wire.records.healthy import STATES
from tfexplain.wire.records.kinds import Kind, little_endian

NODE_KEYS = ("name", "kind", "type", "shape", "dtype", "activation", "state", "mode")
NODE_KINDS = ("input", "call", "uncalled")


@dataclass(frozen=True)
class Curves:
    """Holds the activation functions of layers: each at as many points from `low` to `high`.

    `numbers` are int32 [nodes], which of `values` is that of each node, -1 for none; `values`
    float32 [functions, points].
    """

    numbers: Array = field(default_factory=lambda: np.zeros(0, np.int32))
    values: Array | Sequence[Array] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True)
class Structure:
    """Holds the graph of a model's layer calls, and what the model is trained with.

    `rows` describe the nodes by `NODE_KEYS`, all text: inputs, then calls in their order (a nested
    model behind its layers), then layers that are never called. `parents` are int32 [nodes], the
    call that each is a part of, -1 for none; `edges` int32 [edges, 2], (from, to) of nodes, where
    `to` reads `from` directly. `numbers` are float64 [nodes, 2], parameters of the layer itself (0
    at further calls of a shared one) and multiply-adds, NaN where they cannot be counted.
    `training` says optimizer, loss, metrics, inputs and versions in words. `curves` has no numbers
    where no function was sampled.
    """

    kind: ClassVar[Kind] = "structure"
    rows: Sequence[Mapping[str, str]]
    parents: Array
    edges: Array
    numbers: Array
    training: Mapping[str, str]
    curves: Curves = field(default_factory=Curves)

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "parents": little_endian(self.parents, "i4"),
            "edges": little_endian(self.edges, "i4").reshape(-1, 2),
            "numbers": little_endian(self.numbers, "f8").reshape(len(self.rows), 2),
        }
        header = {
            "rows": json.dumps([[row.get(key, "") for key in NODE_KEYS] for row in self.rows]),
            "training": json.dumps(dict(self.training)),
        }
        if len(self.curves.values) > 0:
            arrays["curve_numbers"] = little_endian(self.curves.numbers, "i4")
            arrays["curves"] = little_endian(np.asarray(self.curves.values), "f4")
            header["curve_range"] = json.dumps([self.curves.low, self.curves.high])
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Structure:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        parents, edges = raw.array("parents", "I32", 1), raw.array("edges", "I32", 2)
        numbers = raw.array("numbers", "F64", 2)
        rows = [_row(row, raw) for row in read_json(raw.text("rows"), list, "rows")]
        count = len(rows)
        raw.check(len(parents) == count, "a parent for each row")
        raw.check(numbers.shape == (count, 2), "two numbers for each row")
        behind = (parents == -1) | ((parents > np.arange(count)) & (parents < count))
        raw.check(bool(np.all(behind)), "parents behind their parts")
        raw.check(edges.shape[1] == 2, "edges of two nodes")
        start, end = edges.T
        raw.check(bool(np.all((start >= 0) & (start < end) & (end < count))), "edges forwards")
        training = read_json(raw.text("training"), dict, "training")
        raw.check(all(isinstance(v, str) for v in training.values()), "training as text")
        curves = _curves(raw, count) if "curves" in raw.arrays else Curves()
        return cls(rows, parents, edges, numbers, training, curves)


def _curves(raw: Container, count: int) -> Curves:
    numbers, values = raw.array("curve_numbers", "I32", 1), raw.array("curves", "F32", 2)
    raw.check(len(numbers) == count, "the number of a curve for each row")
    raw.check(values.shape[1] > 1, "curves of two points or more")
    raw.check(bool(np.all((numbers >= -1) & (numbers < len(values)))), "numbers of curves")
    ends = read_json(raw.text("curve_range"), list, "curve_range")
    fits = len(ends) == 2 and all(type(end) in (int, float) for end in ends)
    raw.check(fits and math.isfinite(ends[0]) and ends[0] < ends[1] < math.inf, "a range of curves")
    return Curves(numbers, values, float(ends[0]), float(ends[1]))


def _row(row: object, raw: Container) -> dict[str, str]:
    ok = isinstance(row, list) and len(row) == len(NODE_KEYS)
    raw.check(ok and all(isinstance(v, str) for v in row), "rows of eight texts")  # type: ignore[attr-defined]
    named = dict(zip(NODE_KEYS, row, strict=True))  # type: ignore[call-overload]
    raw.check(named["kind"] in NODE_KINDS, "nodes of a known kind")
    raw.check(named["state"] in STATES, "state trainable, frozen or nothing")
    return named
