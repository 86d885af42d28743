"""Defines the record of exchanged windows: how far predictions follow them, by place."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import pack, unpack
from tfexplain.wire.records.kinds import Kind, little_endian
from tfexplain.wire.records.means import MAX_SIDE, read_mean
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment


@dataclass(frozen=True)
class Exchange:
    """Holds how far predictions follow windows of other samples, on a grid over one input.

    `shares`, `chance`, `low` and `high` are float64 [h, w], [t] or [f]; each of their cells is
    `cell` positions wide along each axis of an input of `sides`. `low` and `high` are the 95%
    interval of `shares`. `by_window` is float64 [m, n] (or [m]), the share of each window, of which
    one begins every `step` positions along each axis. `by_class` is float32 [C, ...], the shares of
    windows of samples of `classes` int32 [C]. Predictions follow the window at `corner` of `size`
    most often, in `share` of all `pairs`; `rows` different ones took a window. `mean` is uint8
    [H, W, 1 or 3], the mean of all rows where they are pictures, else [0, 0, 1]. Of volumes all are
    of a slice, with the most of any slice at each place, and the mean of all slices. With `values`
    shares are of a gap between two outputs, else of predictions.
    """

    kind: ClassVar[Kind] = "exchange"
    shares: Array
    chance: Array
    low: Array
    high: Array
    sides: tuple[int, ...]
    cell: tuple[int, ...]
    step: tuple[int, ...]
    by_window: Array
    corner: tuple[int, ...]
    size: tuple[int, ...]
    share: float
    pairs: int
    rows: int
    passes: int
    classes: Array = field(default_factory=lambda: np.zeros(0, np.int32))
    by_class: Array | None = None
    mean: Array = field(default_factory=lambda: np.zeros((0, 0, 1), np.uint8))
    values: bool = False
    moment: Moment = "epoch"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        none = np.zeros((len(self.classes), *self.shares.shape))
        arrays = {
            name: little_endian(getattr(self, name), "f8")
            for name in ("shares", "chance", "low", "high", "by_window")
        }
        arrays["classes"] = little_endian(self.classes, "i4")
        arrays["by_class"] = little_endian(none if self.by_class is None else self.by_class, "f4")
        arrays["mean"] = little_endian(self.mean, "u1")
        header = {
            **{
                name: json.dumps(getattr(self, name))
                for name in ("sides", "cell", "step", "corner", "size")
            },
            **{name: repr(getattr(self, name)) for name in ("share", "pairs", "rows", "passes")},
            "values": repr(int(self.values)),
            **pack_moment(self.moment, self.weights),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Exchange:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        shares = raw.array("shares", "F64", 1, 2)
        chance, low, high = (raw.array(n, "F64", shares.ndim) for n in ("chance", "low", "high"))
        alike = chance.shape == low.shape == high.shape == shares.shape
        raw.check(alike, "grids of one shape")
        raw.check(0 < min(shares.shape) <= max(shares.shape) <= MAX_SIDE, f"up to {MAX_SIDE} cells")
        classes = raw.array("classes", "I32", 1)
        by_class = raw.array("by_class", "F32", 1 + shares.ndim)
        raw.check(by_class.shape == (len(classes), *shares.shape), "a grid for each class")
        mean = read_mean(raw)
        by_window = raw.array("by_window", "F64", shares.ndim)
        raw.check(0 < by_window.size <= MAX_SIDE**2, "some windows")
        cell, sides = raw.sizes("cell", shares.ndim), raw.sizes("sides", shares.ndim)
        covered = [n * c for n, c in zip(shares.shape, cell, strict=True)]
        raw.check(all(c >= s for c, s in zip(covered, sides, strict=True)), "cells over all sides")
        pairs, rows, passes = (raw.integer(name) for name in ("pairs", "rows", "passes"))
        raw.check(min(pairs, rows, passes) >= 0, "counts >= 0")
        moment, weights = read_moment(raw)
        return cls(
            shares=shares,
            chance=chance,
            low=low,
            high=high,
            sides=sides,
            cell=cell,
            step=raw.sizes("step", shares.ndim),
            by_window=by_window,
            corner=raw.sizes("corner", shares.ndim),
            size=raw.sizes("size", shares.ndim),
            share=raw.number("share"),
            pairs=pairs,
            rows=rows,
            passes=passes,
            classes=classes,
            by_class=by_class,
            mean=mean,
            values=raw.integer("values") != 0,
            moment=moment,
            weights=weights,
        )
