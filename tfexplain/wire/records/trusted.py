"""Defines the records of trust: the maps at the start, numbers of each map, other weights' maps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import Container, pack, unpack
from tfexplain.wire.records.halves import LARGEST, check_scale, from_half, to_half, to_halves
from tfexplain.wire.records.kinds import Kind, little_endian
from tfexplain.wire.records.moments import Moment, pack_moment, read_moment

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Start:
    """Holds the maps of one explainer at one layer with the weights that training begins with.

    `values` are float32 [N, ...], as the maps of epochs are logged; `targets` int32 [N], what they
    explain.
    """

    kind: ClassVar[Kind] = "start"
    values: Array
    targets: Array

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        packed, scale = to_half(self.values)
        arrays = {"values": packed, "targets": little_endian(self.targets, "i4")}
        return pack(self.kind, arrays, {"scale": repr(float(scale))})

    @classmethod
    def decode(cls, data: bytes) -> Start:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        packed, targets = raw.array("values", "F16", 2, 3, 4), raw.array("targets", "I32", 1)
        raw.check(len(packed) == len(targets), "a target for each map")
        return cls(from_half(packed, np.float32(check_scale(raw))), targets)


@dataclass(frozen=True)
class TrustCurve:
    """Holds the scores of each sample while more and more positions are hidden, or shown.

    `values` are float32 [N, S] at `shares` float64 [S] of the positions, rising; `order` is whose:
    `"map"`, `"chance"`, or what stands beside, such as `"edges"`. The number of `metric` sums up
    that of the map.
    """

    metric: str
    order: str
    shares: Array
    values: Array


@dataclass(frozen=True)
class Trust:
    """Holds numbers that say whether the maps of one explainer at one layer can be believed.

    `values` are float64 [N, K], of each sample by each of `names`, in `units`, NaN where a number
    is not defined; `chance` is shaped so too, what a map that says nothing of the model reaches,
    NaN where that is not known. `better` says which direction speaks for a map. `passes` is how
    many rows went through the model for the numbers. `curves` are those of metrics that sum one up.
    """

    kind: ClassVar[Kind] = "trust"
    values: Array
    chance: Array
    names: Sequence[str]
    units: Sequence[str]
    better: Sequence[Better]
    passes: int = 0
    moment: Moment = "epoch"
    weights: float | None = None
    curves: Sequence[TrustCurve] = ()

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "values": little_endian(self.values, "f8"),
            "chance": little_endian(self.chance, "f8"),
            **_packed_curves(self.curves),
        }
        header = {
            "curve_metrics": json.dumps([one.metric for one in self.curves]),
            "curve_orders": json.dumps([one.order for one in self.curves]),
            **{
                name: json.dumps(list(getattr(self, name))) for name in ("names", "units", "better")
            },
            "passes": repr(int(self.passes)),
            **pack_moment(self.moment, self.weights),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Trust:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        values, chance = raw.array("values", "F64", 2), raw.array("chance", "F64", 2)
        names, units = raw.strings("names"), raw.strings("units")
        known: dict[str, Better] = {word: word for word in get_args(Better)}
        better = [known[word] for word in raw.strings("better") if word in known]
        raw.check(chance.shape == values.shape, "a level of chance for each value")
        raw.check(len(names) == values.shape[1] == len(set(names)), "a name for each number")
        raw.check(len(units) == len(better) == len(names), "a unit and a direction for each")
        passes = raw.integer("passes")
        raw.check(passes >= 0, "passes >= 0")
        curves = _read_curves(raw, len(values)) if "curves" in raw.arrays else []
        return cls(values, chance, names, units, better, passes, *read_moment(raw), curves)


def _packed_curves(curves: Sequence[TrustCurve]) -> dict[str, Array]:
    """Returns arrays of all curves, filled up with NaN where one has fewer points."""
    if not curves:
        return {}
    most = max(len(one.shares) for one in curves)
    shares = np.full((len(curves), most), np.nan)
    values = np.full((len(curves), len(curves[0].values), most), np.nan, np.float32)
    for i, one in enumerate(curves):
        points = len(one.shares)
        shares[i, :points], values[i, :, :points] = one.shares, one.values
    halves, scales = to_halves(values)
    return {
        "curves": halves,
        "curve_scales": little_endian(scales, "f4"),
        "curve_shares": little_endian(shares, "f8"),
    }


def _read_curves(raw: Container, count: int) -> list[TrustCurve]:
    halves, shares = raw.array("curves", "F16", 3), raw.array("curve_shares", "F64", 2)
    scales = raw.array("curve_scales", "F32", 1)
    whose = list(zip(raw.strings("curve_metrics"), raw.strings("curve_orders"), strict=False))
    raw.check(len(whose) == len(halves) == len(scales) == len(shares), "a name for each curve")
    raw.check(halves.shape[1:] == (count, shares.shape[1]), "a point of each sample at each share")
    raw.check(bool(((scales >= 0) & (scales <= LARGEST)).all()), "finite scales >= 0")
    found = []
    for (metric, order), own, packed, scale in zip(whose, shares, halves, scales, strict=True):
        points = int(np.isfinite(own).sum())
        raw.check(bool((np.diff(own[:points]) > 0).all()), "shares that rise")
        raw.check(bool(np.isnan(own[points:]).all()), "shares without gaps")
        values = from_half(packed[:, :points], scale)
        found.append(TrustCurve(metric, order, own[:points], values))
    return found


@dataclass(frozen=True)
class Sanity:
    """Holds how alike maps stay when weights are re-drawn, layer by layer from the output on.

    `values` are float64 [N, K]: Spearman's rank correlation of each sample's map with the one it
    has after each of K steps, NaN where that is not defined; `chance` is shaped so too, of another
    sample's map at that step. `counts` is int32 [K], how many layers are re-drawn by then, rising,
    and `layers` names the last of them: with the last step all are. `passes` is how many rows went
    through the model, of all explainers that were measured together.
    """

    kind: ClassVar[Kind] = "sanity"
    values: Array
    chance: Array
    counts: Array
    layers: Sequence[str]
    passes: int = 0
    moment: Moment = "end"
    weights: float | None = None

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {
            "values": little_endian(self.values, "f8"),
            "chance": little_endian(self.chance, "f8"),
            "counts": little_endian(self.counts, "i4"),
        }
        header = {
            "layers": json.dumps(list(self.layers)),
            "passes": repr(int(self.passes)),
            **pack_moment(self.moment, self.weights),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Sanity:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        values, chance = raw.array("values", "F64", 2), raw.array("chance", "F64", 2)
        counts, layers = raw.array("counts", "I32", 1), raw.strings("layers")
        raw.check(chance.shape == values.shape, "a level of chance for each value")
        raw.check(len(counts) == len(layers) == values.shape[1], "a layer for each step")
        raw.check(bool((np.diff(counts, prepend=0) > 0).all()), "more layers at each step")
        passes = raw.integer("passes")
        raw.check(passes >= 0, "passes >= 0")
        return cls(values, chance, counts, layers, passes, *read_moment(raw))
