"""Defines the records of sensitivity: what compressing each kernel alone costs, and plans."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from tfexplain.types import Array
from tfexplain.wire.container import long_text, pack, unpack
from tfexplain.wire.records.halves import from_half, to_halves
from tfexplain.wire.records.kinds import Kind, little_endian

MAX_CELLS = 1 << 17
MAX_POINTS = 1 << 14
MAX_PLACES = 16


@dataclass(frozen=True)
class Sensitivity:
    """Holds what compressing each of L kernels alone, in each of S settings, does.

    `values` float64 [L, S, M] are of predictions, in `measures`: beside those of the model as it
    is, whose own are `base` float64 [M]. `similarity` float64 [P, L, S, K] is how like maps are to
    its own, in `similarities`, the mean over samples, at P places: `explainers` at `map_layers`.
    NaN is what was not measured. `bits` float64 [L, S] is the size of the changed kernel with its
    scales, NaN where the kernel cannot have the setting; `multiply_adds` [L, S] are of one row;
    `dense` float64 [L, 2] are both of the kernel as it is. `stored` uint8 [L, S] says what stores
    it so, bit i for `runtimes` i; 0: nothing, its size is simulated.

    Of C `controls`, models that differ by chance only, `control_values` float64 [C, M] and
    `control_similarity` float64 [P, C, K] are the same numbers: no smaller difference is a cost.
    `rows` were predicted, `samples` of them explained.
    """

    kind: ClassVar[Kind] = "sensitivity"
    layers: Sequence[str]
    settings: Sequence[str]
    measures: Sequence[str]
    similarities: Sequence[str]
    explainers: Sequence[str]
    map_layers: Sequence[str]
    values: Array
    similarity: Array
    bits: Array
    multiply_adds: Array
    dense: Array
    stored: Array
    base: Array
    rows: int
    samples: int
    runtimes: Sequence[str] = ()
    controls: Sequence[str] = ()
    control_values: Array = field(default_factory=lambda: np.zeros((0, 0)))
    control_similarity: Array = field(default_factory=lambda: np.zeros((0, 0, 0)))

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {name: little_endian(getattr(self, name), "f8") for name in _DOUBLES}
        arrays["stored"] = little_endian(self.stored, "u1")
        arrays |= {name: long_text(getattr(self, name)) for name in _TEXTS}
        numbers = {name: repr(int(getattr(self, name))) for name in ("rows", "samples")}
        return pack(self.kind, arrays, numbers)

    @classmethod
    def decode(cls, data: bytes) -> Sensitivity:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        texts: dict[str, Any] = {name: raw.long_strings(name) for name in _TEXTS}
        count = {name: len(own) for name, own in texts.items()}
        layers, settings = count["layers"], count["settings"]
        raw.check(0 < layers * settings <= MAX_CELLS, f"1 to {MAX_CELLS} kernels with settings")
        raw.check(count["explainers"] == count["map_layers"], "a layer for each explainer")
        raw.check(count["runtimes"] <= 8, "at most 8 runtimes")
        places, measures = count["explainers"], count["measures"]
        similarities, controls = count["similarities"], count["controls"]
        shapes = {
            "values": (layers, settings, measures),
            "similarity": (places, layers, settings, similarities),
            "bits": (layers, settings),
            "multiply_adds": (layers, settings),
            "dense": (layers, 2),
            "base": (measures,),
            "control_values": (controls, measures),
            "control_similarity": (places, controls, similarities),
        }
        arrays: dict[str, Any] = {
            name: raw.array(name, "F64", len(shape)) for name, shape in shapes.items()
        }
        arrays["stored"] = raw.array("stored", "U8", 2)
        shapes["stored"] = (layers, settings)
        for name, shape in shapes.items():
            raw.check(arrays[name].shape == shape, f"{name} of shape {list(shape)}")
        rows, samples = raw.integer("rows"), raw.integer("samples")
        raw.check(0 <= samples <= rows, "as many rows as samples")
        return cls(**arrays, **texts, rows=rows, samples=samples)


@dataclass(frozen=True)
class Plan:
    """Holds the greedy frontier of a size against a measure: a kernel more at each of T points.

    `layers` and `settings` are names; at point t kernel `layer` int32 [T] has setting `setting`
    int32 [T] from then on, -1 at the first, which is the model as it is. `sizes` float64 [T] are
    of all kernels, in `unit`; `added` float64 [T, M] is what single effects add up to, by
    `measures`, and `joint` float64 [T, M] what all settings do together, NaN where that was not
    measured. `codes` are Python that applies a point, empty where there is none; `simulated` says
    that no runtime stores what is counted. `by` is the measure by which costs were told.
    """

    kind: ClassVar[Kind] = "plan"
    layers: Sequence[str]
    settings: Sequence[str]
    measures: Sequence[str]
    layer: Array
    setting: Array
    sizes: Array
    added: Array
    joint: Array
    codes: Sequence[str]
    unit: str
    by: str
    simulated: bool = False

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {name: little_endian(getattr(self, name), "f8") for name in _OF_POINTS}
        arrays |= {name: little_endian(getattr(self, name), "i4") for name in ("layer", "setting")}
        arrays |= {name: long_text(getattr(self, name)) for name in _OF_PLANS}
        header = {"unit": self.unit, "by": self.by, "simulated": json.dumps(self.simulated)}
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Plan:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        texts = {name: raw.long_strings(name) for name in _OF_PLANS}
        sizes = raw.array("sizes", "F64", 1)
        raw.check(0 < len(sizes) <= MAX_POINTS, f"1 to {MAX_POINTS} points")
        shape = len(sizes), len(texts["measures"])
        arrays = {name: raw.array(name, "F64", 2) for name in ("added", "joint")}
        raw.check(all(a.shape == shape for a in arrays.values()), "a value a point and measure")
        for name, of in (("layer", "layers"), ("setting", "settings")):
            own = raw.array(name, "I32", 1)
            raw.check(len(own) == len(sizes), "an entry a point")
            known = (own[1:] >= 0) & (own[1:] < len(texts[of]))
            raw.check(own[0] == -1 and bool(np.all(known)), f"{name} as indices of {of}")
            arrays[name] = own
        raw.check(len(texts["codes"]) == len(sizes), "code for each point, or none")
        flag = raw.text("simulated")
        raw.check(flag in ("true", "false"), "simulated true or false")
        told = {"unit": raw.text("unit"), "by": raw.text("by"), "simulated": flag == "true"}
        return cls(**arrays, **texts, sizes=sizes, **told)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Changed:
    """Holds the maps of one explainer when a kernel has each of S settings.

    `values` float32 [S, N, ...], for each of `layers`, are maps of the same first samples and
    targets as those of the model as it is; stored as float16 of value / scale, each map with its
    own.
    """

    kind: ClassVar[Kind] = "changed"
    settings: Sequence[str]
    layers: Sequence[str]
    values: Sequence[Array]

    def encode(self) -> bytes:
        """Returns the record's bytes."""
        arrays = {name: long_text(getattr(self, name)) for name in ("settings", "layers")}
        for place, own in enumerate(self.values):
            values, scales = to_halves(own.reshape(-1, *own.shape[2:]))
            arrays[f"values{place}"] = values.reshape(own.shape)
            arrays[f"scales{place}"] = little_endian(scales.reshape(own.shape[:2]), "f4")
        return pack(self.kind, arrays, {})

    @classmethod
    def decode(cls, data: bytes) -> Changed:
        """Reads `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        settings, layers = raw.long_strings("settings"), raw.long_strings("layers")
        raw.check(0 < len(layers) <= MAX_PLACES, f"1 to {MAX_PLACES} layers")
        maps = []
        for place in range(len(layers)):
            values = raw.array(f"values{place}", "F16", 3, 4, 5, 6)
            raw.check(len(settings) == len(values), "maps for each setting")
            scales = raw.array(f"scales{place}", "F32", 2)
            raw.check(scales.shape == values.shape[:2], "a scale for each map")
            raw.check(bool(np.all((scales >= 0) & np.isfinite(scales))), "finite scales >= 0")
            by = scales.reshape(*scales.shape, *[1] * (values.ndim - 2))
            maps.append(from_half(values, by))
        return cls(settings, layers, maps)


_TEXTS = (
    *("layers", "settings", "measures", "similarities", "explainers", "map_layers"),
    *("runtimes", "controls"),
)
_DOUBLES = (
    *("values", "similarity", "bits", "multiply_adds", "dense", "base"),
    *("control_values", "control_similarity"),
)
_OF_POINTS = ("sizes", "added", "joint")
_OF_PLANS = ("layers", "settings", "measures", "codes")
