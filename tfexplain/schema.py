"""The wire format: what one event of a tfexplain log holds, and the only code that knows it.

Plugin name `tfexplain`, format version 1.0. Each record is one event: a scalar string tensor
(`DATA_CLASS_TENSOR`) whose bytes are a safetensors file, that is, named arrays plus a flat
header of strings (`__metadata__`). Every header holds `version` and `kind`. Epochs are the
event's step.

```
tag                               record       arrays; header
samples                           Samples      labels f64 [N], rows i64 [N];
                                               label_kind, class_names, settings
metrics                           Metrics      values f64 [M]; names
predictions                       Predictions  outputs f32 [N, K], predicted i32 [N],
                                               explained i32 [E]; activation
status                            Status       seconds f64 [X]; explainers, problems
map/EXPLAINER/LAYER/SAMPLE        Map          values f16 [h, w] or [f];
                                               scale, score, target, gap
channels/EXPLAINER/LAYER/SAMPLE   Channels     values f16 [c, h, w], scales f32 [c],
                                               channels i32 [c], dead u8 [c]; -
inputs/NAME                       PNG files    a blob sequence, one picture a sample
```

LAYER may itself hold slashes (`backbone/conv5`); SAMPLE is the row in the validation batch.
Maps are stored as float16 of value / scale, where scale is the largest finite magnitude: tiny
gradients do not underflow, NaN and infinity stay what they are. `gap` is empty where the method
has none. Numbers in headers are Python's `repr`, lists and objects are JSON. `samples` stands
at step 0; the step of `inputs/` is any number that is new each time, and the last one holds.

What never changes with the step is in `plugin_content`, a small JSON object (`Content`):
TensorBoard keeps only the first one of a tag, so later events of a file leave it out.

A newer major version is refused, an older one is read. Everything read back is hostile until
checked here, and everything wrong with it is one error: `SchemaError`.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import ClassVar, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tfexplain.container import (
    VERSION,
    Array,
    Container,
    SchemaError,
    check_version,
    pack,
    read_json,
    short,
    unpack,
    version_text,
)

__all__ = [
    "PLUGIN_NAME",
    "VERSION",
    "Channels",
    "Content",
    "Kind",
    "Map",
    "Metrics",
    "Predictions",
    "Problem",
    "Record",
    "Samples",
    "SchemaError",
    "Status",
    "Tag",
    "check_name",
    "check_picture",
    "decode",
]

PLUGIN_NAME = "tfexplain"
MAX_CONTENT_BYTES = 64 << 10
MAX_PICTURE_BYTES = 32 << 20
MAX_PICTURE_SIDE = 8192
MAX_NAME = 512
MAX_SAMPLE = 1_000_000

Kind = Literal["samples", "metrics", "predictions", "status", "map", "channels", "inputs"]

_PLAIN: frozenset[str] = frozenset({"samples", "metrics", "predictions", "status"})
_LAYERED: frozenset[str] = frozenset({"map", "channels"})
_EXPLAINER = re.compile(r"[A-Za-z0-9_.=,()\[\]-]{1,128}")
_LARGEST = float(np.finfo(np.float32).max)
_PNG_START = b"\x89PNG\r\n\x1a\n"


# ------------------------------------------------------------------------------------ tags


@dataclass(frozen=True)
class Tag:
    """The name of a series, taken apart.

    >>> str(Tag("map", "GradCAM", "backbone/conv5", 3))
    'map/GradCAM/backbone/conv5/3'
    >>> Tag.parse("map/GradCAM/backbone/conv5/3").layer
    'backbone/conv5'
    """

    kind: Kind
    explainer: str = ""
    layer: str = ""
    sample: int = -1

    def __str__(self) -> str:
        return self.group if self.sample < 0 else f"{self.group}/{self.sample}"

    @property
    def group(self) -> str:
        """The tag without its sample: what all samples of one map share."""
        if self.kind in _LAYERED:
            return f"{self.kind}/{self.explainer}/{self.layer}"
        return f"{self.kind}/{self.layer}" if self.kind == "inputs" else self.kind

    @classmethod
    def parse(cls, text: str) -> Tag:
        """Take a tag apart; raises `SchemaError` for anything this format does not write."""
        parts = text.split("/")
        if text in _PLAIN:
            return cls(text)  # type: ignore[arg-type]
        if parts[0] == "inputs" and len(parts) > 1:
            return cls("inputs", layer=check_name(text.removeprefix("inputs/"), "input name"))
        if parts[0] not in _LAYERED or len(parts) < 4:
            raise SchemaError(
                f"tag={short(text)}: expected kind/explainer/layer/sample, inputs/name or one of "
                f"{sorted(_PLAIN)}"
            )
        if not _EXPLAINER.fullmatch(parts[1]):
            raise SchemaError(
                f"tag={short(text)}: the explainer's name has characters outside "
                "letters, digits and _.=,()[]-"
            )
        layer = check_name("/".join(parts[2:-1]), "layer")
        return cls(parts[0], parts[1], layer, _sample(parts[-1], text))  # type: ignore[arg-type]


def check_name(name: str, what: str) -> str:
    """`name` itself where it can be part of a tag, else a `SchemaError`."""
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise SchemaError(f"{what}={short(name)}: expected 1 to {MAX_NAME} printable characters")
    return name


def _sample(digits: str, tag: str) -> int:
    # One spelling for each number, or two tags would claim the same sample.
    if re.fullmatch(r"0|[1-9][0-9]{0,6}", digits) and int(digits) <= MAX_SAMPLE:
        return int(digits)
    raise SchemaError(f"tag={short(tag)}: expected a sample number 0 to {MAX_SAMPLE} at the end")


# ------------------------------------------------------------------------- plugin_content


@dataclass(frozen=True)
class Content:
    """What is constant over the steps of a series; goes into `plugin_content` as JSON.

    `signed` says whether negative values mean evidence against, `shape` is that of one stored
    map, `input` names the `inputs/` series the map lies over, `channels` is how many channels
    the layer has, `settings` are the explainer's own, as text.
    """

    kind: Kind
    unit: str = ""
    signed: bool = False
    shape: tuple[int, ...] = ()
    input: str = ""
    channels: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """JSON bytes for `SummaryMetadata.PluginData.content`."""
        return json.dumps({"version": version_text(), **asdict(self)}, sort_keys=True).encode()

    @classmethod
    def decode(cls, data: bytes) -> Content:
        """Read `plugin_content` back; raises `SchemaError`."""
        if len(data) > MAX_CONTENT_BYTES:
            raise SchemaError(f"plugin_content: {len(data)} bytes; at most {MAX_CONTENT_BYTES}")
        raw = read_json(data, dict, "plugin_content")
        check_version(raw.get("version"))
        kind, shape, settings = raw.get("kind"), raw.get("shape", []), raw.get("settings", {})
        expected = (
            isinstance(kind, str)
            and kind in _PLAIN | _LAYERED | {"inputs"}
            and isinstance(raw.get("unit", ""), str)
            and isinstance(raw.get("signed", False), bool)
            and isinstance(raw.get("input", ""), str)
            and _is_size(raw.get("channels", 0))
            and isinstance(shape, list)
            and len(shape) <= 4
            and all(map(_is_size, shape))
            and isinstance(settings, dict)
            and all(isinstance(v, str) for v in settings.values())
        )
        if not expected:
            raise SchemaError(f"plugin_content: fields of the wrong type: {short(str(raw))}")
        return cls(
            kind,
            raw.get("unit", ""),
            raw.get("signed", False),
            tuple(shape),
            raw.get("input", ""),
            raw.get("channels", 0),
            settings,
        )


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value <= 1 << 31


# -------------------------------------------------------------------------------- records


@dataclass(frozen=True)
class Samples:
    """The validation batch: which rows, their labels, and the settings of the run.

    `labels` are class indices or values as `label_kind` says, NaN where a sample has none.
    """

    kind: ClassVar[Kind] = "samples"
    labels: Array
    rows: Array
    label_kind: Literal["class", "value", "none"]
    class_names: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The record's bytes."""
        arrays = {"labels": _to(self.labels, "f8"), "rows": _to(self.rows, "i8")}
        header = {
            "label_kind": self.label_kind,
            "class_names": json.dumps(list(self.class_names)),
            "settings": json.dumps(dict(self.settings)),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Samples:
        """Read `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        labels, rows = raw.array("labels", "F64", 1), raw.array("rows", "I64", 1)
        raw.check(len(labels) == len(rows), "labels and rows of one length")
        label_kind = raw.text("label_kind")
        raw.check(label_kind in ("class", "value", "none"), "label_kind class, value or none")
        settings = read_json(raw.text("settings"), dict, "settings")
        raw.check(all(isinstance(v, str) for v in settings.values()), "settings as text")
        return cls(labels, rows, label_kind, raw.strings("class_names"), settings)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Metrics:
    """The epoch's logs as `fit` reports them (`loss`, `accuracy`, `val_loss`, ...)."""

    kind: ClassVar[Kind] = "metrics"
    values: Mapping[str, float]

    def encode(self) -> bytes:
        """The record's bytes."""
        arrays = {"values": _to(np.array(list(self.values.values())), "f8")}
        return pack(self.kind, arrays, {"names": json.dumps(list(self.values))})

    @classmethod
    def decode(cls, data: bytes) -> Metrics:
        """Read `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        values, names = raw.array("values", "F64", 1), raw.strings("names")
        raw.check(len(values) == len(names) == len(set(names)), "one value for each name")
        return cls(dict(zip(names, values.tolist(), strict=True)))


@dataclass(frozen=True)
class Predictions:
    """The model's outputs on the validation batch at this epoch.

    `outputs` are probabilities where `activation` is softmax or sigmoid, raw outputs where it
    is none; `predicted` is the class index, -1 for regression. `explained` lists the steps
    explained so far by this process, so that a reader can tell how many TensorBoard kept.
    """

    kind: ClassVar[Kind] = "predictions"
    outputs: Array
    predicted: Array
    explained: Array
    activation: Literal["softmax", "sigmoid", "none"]

    def encode(self) -> bytes:
        """The record's bytes."""
        arrays = {
            "outputs": _to(self.outputs, "f4"),
            "predicted": _to(self.predicted, "i4"),
            "explained": _to(self.explained, "i4"),
        }
        return pack(self.kind, arrays, {"activation": self.activation})

    @classmethod
    def decode(cls, data: bytes) -> Predictions:
        """Read `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        outputs, predicted = raw.array("outputs", "F32", 2), raw.array("predicted", "I32", 1)
        raw.check(len(outputs) == len(predicted), "one prediction for each row of outputs")
        activation = raw.text("activation")
        raw.check(activation in ("softmax", "sigmoid", "none"), "a known activation")
        return cls(outputs, predicted, raw.array("explained", "I32", 1), activation)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Problem:
    """One kind of failure during training: what, how often, when last."""

    kind: str
    count: int
    message: str
    step: int


@dataclass(frozen=True)
class Status:
    """How the callback itself fares: seconds spent per explainer at this epoch, problems so far."""

    kind: ClassVar[Kind] = "status"
    seconds: Mapping[str, float]
    problems: Sequence[Problem] = ()

    def encode(self) -> bytes:
        """The record's bytes."""
        arrays = {"seconds": _to(np.array(list(self.seconds.values())), "f8")}
        header = {
            "explainers": json.dumps(list(self.seconds)),
            "problems": json.dumps([asdict(p) for p in self.problems]),
        }
        return pack(self.kind, arrays, header)

    @classmethod
    def decode(cls, data: bytes) -> Status:
        """Read `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        seconds, names = raw.array("seconds", "F64", 1), raw.strings("explainers")
        raw.check(len(seconds) == len(names) == len(set(names)), "seconds for each explainer")
        problems = read_json(raw.text("problems"), list, "problems")
        return cls(
            dict(zip(names, seconds.tolist(), strict=True)), [_problem(p, raw) for p in problems]
        )


def _problem(value: object, raw: Container) -> Problem:
    types: dict[str, type] = {"kind": str, "count": int, "message": str, "step": int}
    ok = isinstance(value, dict) and {k: type(v) for k, v in value.items()} == types
    raw.check(ok, "problems with kind, count, message and step")
    return Problem(**value)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Map:
    """One attribution map of one sample: float32 [h, w], or [f] for features.

    `score` is the explained number, `target` the output it belongs to, `gap` the completeness
    gap (sum of the map minus the difference of scores) where the method has one.
    """

    kind: ClassVar[Kind] = "map"
    values: Array
    score: float
    target: int
    gap: float | None = None

    def encode(self) -> bytes:
        """The record's bytes."""
        packed, scale = _to_half(self.values)
        header = {
            "scale": repr(float(scale)),
            "score": repr(float(self.score)),
            "target": repr(int(self.target)),
            "gap": "" if self.gap is None else repr(float(self.gap)),
        }
        return pack(self.kind, {"values": packed}, header)

    @classmethod
    def decode(cls, data: bytes) -> Map:
        """Read `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        packed = raw.array("values", "F16", 1, 2)
        scale = raw.number("scale")
        raw.check(0 <= scale <= _LARGEST, "a finite scale >= 0, within float32")
        gap = raw.number("gap") if raw.text("gap") else None
        values = _from_half(packed, np.float32(scale))
        return cls(values, raw.number("score"), raw.integer("target"), gap)


@dataclass(frozen=True)
class Channels:
    """Feature maps of one sample: float32 [c, h, w] with a scale of their own for each channel.

    `channels` are the channels' numbers in the layer; `dead` marks those never above zero on
    the whole validation batch.
    """

    kind: ClassVar[Kind] = "channels"
    values: Array
    channels: Array
    dead: Array

    def encode(self) -> bytes:
        """The record's bytes."""
        halves = [_to_half(channel) for channel in self.values]
        arrays = {
            "values": np.stack([half for half, _ in halves]),
            "scales": _to(np.array([scale for _, scale in halves]), "f4"),
            "channels": _to(self.channels, "i4"),
            "dead": _to(self.dead, "u1"),
        }
        return pack(self.kind, arrays, {})

    @classmethod
    def decode(cls, data: bytes) -> Channels:
        """Read `encode`'s bytes; raises `SchemaError`."""
        raw = unpack(data, cls.kind)
        packed, scales = raw.array("values", "F16", 3), raw.array("scales", "F32", 1)
        channels, dead = raw.array("channels", "I32", 1), raw.array("dead", "U8", 1)
        raw.check(
            len(packed) == len(scales) == len(channels) == len(dead), "one length for all arrays"
        )
        raw.check(bool(np.all(np.isfinite(scales) & (scales >= 0))), "finite scales >= 0")
        return cls(_from_half(packed, scales[:, None, None]), channels, dead.astype(bool))


Record: TypeAlias = Samples | Metrics | Predictions | Status | Map | Channels
_RECORDS: dict[str, type[Record]] = {
    r.kind: r for r in (Samples, Metrics, Predictions, Status, Map, Channels)
}


def decode(kind: Kind, data: bytes) -> Record:
    """The record in `data`, which the tag says is of `kind`; raises `SchemaError`."""
    if kind not in _RECORDS:
        raise SchemaError(f"kind={kind!r}: expected one of {sorted(_RECORDS)}")
    return _RECORDS[kind].decode(data)


def check_picture(data: bytes) -> tuple[int, int]:
    """(width, height) of a PNG that is safe to hand to a browser; raises `SchemaError`."""
    if len(data) > MAX_PICTURE_BYTES:
        raise SchemaError(f"picture: {len(data)} bytes; at most {MAX_PICTURE_BYTES}")
    if len(data) < 33 or not data.startswith(_PNG_START) or data[12:16] != b"IHDR":
        raise SchemaError(f"picture: expected a PNG file; got {data[:8]!r}")
    width, height = struct.unpack(">II", data[16:24])
    if not (0 < width <= MAX_PICTURE_SIDE and 0 < height <= MAX_PICTURE_SIDE):
        raise SchemaError(f"picture: {width} x {height}; sides of 1 to {MAX_PICTURE_SIDE} are read")
    return width, height


def _to(values: npt.ArrayLike, dtype: str) -> Array:
    return np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder("<"))


def _to_half(values: npt.ArrayLike) -> tuple[Array, np.float32]:
    """float16 of values / scale; scale is the largest finite magnitude, 0 where there is none."""
    full = np.asarray(values, np.float32)
    finite = full[np.isfinite(full)]
    scale = np.float32(np.max(np.abs(finite), initial=0.0))
    if scale == 0:
        return np.ascontiguousarray(full, np.float16), scale
    # float64, because value / scale overflows for scales below float32's normal range.
    return (full.astype(np.float64) / np.float64(scale)).astype("<f2"), scale


def _from_half(packed: Array, scale: npt.ArrayLike) -> Array:
    with np.errstate(invalid="ignore"):  # infinity * 0 in a map without any finite value
        values = packed.astype(np.float32) * np.asarray(scale, np.float32)
    return np.where(np.isfinite(packed), values, packed.astype(np.float32))
