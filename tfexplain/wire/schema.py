"""The wire format: what one event of a tfexplain log holds, and the only code that knows it.

Plugin name `tfexplain`, format version 1.2. Each record is one event: a scalar string tensor
(`DATA_CLASS_TENSOR`) whose bytes are a safetensors file, that is, named arrays plus a flat
header of strings (`__metadata__`). Every header holds `version` and `kind`. Epochs are the
event's step.

```
tag                               record       arrays; header
samples                           Samples      labels f64 [N], rows i64 [N], hashes u64 [N]
                                               and label_sets u8 [N, K] where there are some;
                                               label_kind, class_names, settings
metrics                           Metrics      values f64 [M]; names
predictions                       Predictions  outputs f32 [N, K], predicted i32 [N];
                                               activation, explained, moment, weights
status                            Status       seconds f64 [X]; explainers, problems, and cost
                                               where a training was measured
map/EXPLAINER/LAYER/SAMPLE        Map          values f16 [f], [h, w] or [d, h, w];
                                               scale, score, target, gap, and error and
                                               passes where the method tells them
channels/EXPLAINER/LAYER/SAMPLE   Channels     values f16 [c, h, w] or [c, d, h, w],
                                               scales f32 [c], channels i32 [c], dead u8 [c]; -
matrix/EXPLAINER/LAYER/SAMPLE     Matrix       values f16 [heads, q, k],
                                               attention_heads i32 [heads]; scale
inputs/NAME                       PNG files    a blob sequence, one picture a sample
values/NAME                       Values       values f32 [N, f], [N, T] or [N, t, c],
                                               names u8, words u8; layout
kernels                           Kernels      values f64 [L, M], totals f64 [P, T]; rows,
                                               metrics, total_metrics, parts, denominators,
                                               moment, weights
kernel/KERNEL                     Kernel       counts i64 [B], pruned u8 [O], dead u8 [C or 0];
                                               low, high, zeros, nonfinite
drift/EXPLAINER/LAYER             Drift        values f64 [N, K], agrees u8 [N];
                                               measures, reference, role
fidelity                          Fidelity     values f64 [M], flips i64 [C], counts i64 [C];
                                               names, reference, role
```

KERNEL is a kernel's name as `kernels` lists it. LAYER may itself hold slashes
(`backbone/conv5`), and is cut and marked where it is too long for a tag (`tag_name`), as all names
in tags are; SAMPLE is the row in the validation batch. Maps are stored as float16 of
value / scale, where scale is the largest finite magnitude: tiny gradients do not underflow, NaN
and infinity stay what they are. `gap` is empty where the method has none; `error`, relative to
the largest magnitude, may be NaN. Numbers in headers are
Python's `repr`, lists and objects are JSON; so are the lists `names` and `words`, as arrays of
bytes. `samples` and `values/` stand at step 0; the step of `inputs/` is any number that is new
each time, and the last one holds. The picture of a volume [d, h, w] is a sheet of its slices, row
by row, the smallest whole number of at least sqrt(d) in a row.

Version 1.1 added `layout`, `score_unit`, volumes, `matrix/` and `values/`. What a log of 1.0 lacks
is told by the shape of its maps.

Version 1.2 added `hashes` and `label_sets` of samples, and counts in `explained` what were the
explained steps themselves, i32 [E], before.
It added `weights`, and `moment` to predictions: `moment` is `epoch`, or `end` for what was
measured after training; `weights` is the step at whose end the model had the weights that were
measured, empty where no epoch ended with them. Older logs do not tell.

What never changes with the step is in `plugin_content`, a small JSON object (`Content`):
TensorBoard keeps only the first one of a tag, so later events of a file leave it out.

A newer major version is refused, an older one is read. Everything read back is hostile until
checked here, and everything wrong with it is one error: `SchemaError`.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, TypeAlias

from tfexplain.wire.container import (
    VERSION,
    SchemaError,
    check_version,
    read_json,
    short,
    version_text,
)
from tfexplain.wire.records.attention import Matrix
from tfexplain.wire.records.compressed import Drift, Fidelity, Kernel, Kernels
from tfexplain.wire.records.explained import (
    Channels,
    Cost,
    Map,
    Metrics,
    Predictions,
    Problem,
    Samples,
    Status,
)
from tfexplain.wire.records.inputs import Values
from tfexplain.wire.records.kinds import LAYOUTS, Kind, Layout

__all__ = [
    "PLUGIN_NAME",
    "VERSION",
    "Channels",
    "Content",
    "Cost",
    "Drift",
    "Fidelity",
    "Kernel",
    "Kernels",
    "Kind",
    "Layout",
    "Map",
    "Matrix",
    "Metrics",
    "Predictions",
    "Problem",
    "Record",
    "Samples",
    "SchemaError",
    "Status",
    "Tag",
    "Values",
    "check",
    "check_name",
    "check_picture",
    "check_size",
    "decode",
    "tag_name",
]

PLUGIN_NAME = "tfexplain"
MAX_CONTENT_BYTES = 64 << 10
MAX_PICTURE_BYTES = 32 << 20
MAX_PICTURE_SIDE = 8192
# Decoded, each pixel takes four bytes of the browser's memory, however small the file.
MAX_PICTURE_AREA = 1 << 24
MAX_PICTURES_AREA = 1 << 28
MAX_PICTURES = 1024
MAX_NAME = 512
MAX_SAMPLE = 1_000_000

_PLAIN: frozenset[str] = frozenset(
    {"samples", "metrics", "predictions", "status", "kernels", "fidelity"}
)
_NAMED: frozenset[str] = frozenset({"inputs", "values", "kernel"})
_LAYERED: frozenset[str] = frozenset({"map", "channels", "matrix", "drift"})
_EXPLAINER = re.compile(r"[A-Za-z0-9_.=,()\[\]-]{1,128}")
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
            return f"{self.kind}/{self.explainer}/{tag_name(self.layer)}"
        return f"{self.kind}/{tag_name(self.layer)}" if self.kind in _NAMED else self.kind

    @classmethod
    def parse(cls, text: str) -> Tag:
        """Take a tag apart; raises `SchemaError` for anything this format does not write."""
        parts = text.split("/")
        if text in _PLAIN:
            return cls(text)  # type: ignore[arg-type]
        if parts[0] in _NAMED and len(parts) > 1:
            name = check_name(text.partition("/")[2], f"{parts[0]} name")
            return cls(parts[0], layer=name)  # type: ignore[arg-type]
        sampled = parts[0] != "drift"
        if parts[0] not in _LAYERED or len(parts) < 3 + sampled:
            raise SchemaError(
                f"tag={short(text)}: expected kind/explainer/layer/sample, drift/explainer/layer, "
                f"inputs/name, values/name, kernel/name or one of {sorted(_PLAIN)}"
            )
        if not _EXPLAINER.fullmatch(parts[1]):
            raise SchemaError(
                f"tag={short(text)}: the explainer's name has characters outside "
                "letters, digits and _.=,()[]-"
            )
        layer = check_name("/".join(parts[2:-1] if sampled else parts[2:]), "layer")
        sample = _sample(parts[-1], text) if sampled else -1
        return cls(parts[0], parts[1], layer, sample)  # type: ignore[arg-type]


def tag_name(name: str) -> str:
    """`name` as it stands in tags: one that is too long, or cannot be printed, is cut in its middle
    and marked, so that no two become one.

    >>> tag_name("backbone/conv5")
    'backbone/conv5'
    >>> len(tag_name(1000 * "x")), tag_name("a\\nb")
    (512, 'a?b~59900c43')
    """
    text = "".join(letter if letter.isprintable() else "?" for letter in name)
    if text == name and 0 < len(name) <= MAX_NAME:
        return name
    mark = hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=4).hexdigest()
    room = MAX_NAME - len(mark) - 1
    if len(text) > room:
        text = f"{text[: room // 2]}...{text[-(room - room // 2 - 3) :]}"
    return f"{text}~{mark}"


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
    map, `input` names the `inputs/` or `values/` series the map lies over, `channels` is how many
    channels the layer has, `settings` are the explainer's own, as text; of `drift` and `fidelity`
    the `role` of their records, so that controls are known before anything of theirs is read.
    `score_unit` is what the explained number of a map is measured in; empty in logs of version 1.0,
    where it is that of the values. `layout` says how the values of a map or an input lie; empty
    where it is not known, as in logs of version 1.0 and for layouts that only a newer one has.
    """

    kind: Kind
    unit: str = ""
    signed: bool = False
    shape: tuple[int, ...] = ()
    input: str = ""
    channels: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    layout: Layout | Literal[""] = ""
    score_unit: str = ""

    def encode(self) -> bytes:
        """JSON bytes for `SummaryMetadata.PluginData.content`."""
        fields = {**asdict(self), "input": tag_name(self.input) if self.input else ""}
        data = json.dumps({"version": version_text(), **fields}, sort_keys=True).encode()
        if len(data) > MAX_CONTENT_BYTES:
            raise SchemaError(f"plugin_content: {len(data)} bytes; at most {MAX_CONTENT_BYTES}")
        return data

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
            and kind in _PLAIN | _LAYERED | _NAMED
            and isinstance(raw.get("unit", ""), str)
            and isinstance(raw.get("signed", False), bool)
            and isinstance(raw.get("input", ""), str)
            and isinstance(raw.get("layout", ""), str)
            and isinstance(raw.get("score_unit", ""), str)
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
            raw.get("layout", "") if raw.get("layout") in LAYOUTS else "",
            raw.get("score_unit", ""),
        )


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value <= 1 << 31


# -------------------------------------------------------------------------------- records

_Explained: TypeAlias = Samples | Metrics | Predictions | Status | Values | Map | Channels | Matrix
Record: TypeAlias = _Explained | Kernels | Kernel | Drift | Fidelity
_RECORDS: dict[str, type[Record]] = {
    record.kind: record
    for record in (
        *(Samples, Metrics, Predictions, Status, Values, Map, Channels, Matrix),
        *(Kernels, Kernel, Drift, Fidelity),
    )
}


def decode(kind: Kind, data: bytes) -> Record:
    """The record in `data`, which the tag says is of `kind`; raises `SchemaError`."""
    if kind not in _RECORDS:
        raise SchemaError(f"kind={kind!r}: expected one of {sorted(_RECORDS)}")
    return _RECORDS[kind].decode(data)


def check(kind: Kind, data: bytes) -> None:
    """Raise what `decode` would raise, without computing the values of maps."""
    if kind == "map":
        Map.check(data)
    elif kind == "channels":
        Channels.check(data)
    elif kind == "matrix":
        Matrix.check(data)
    else:
        decode(kind, data)


def check_picture(data: bytes) -> tuple[int, int]:
    """(width, height) of a PNG that is safe to hand to a browser; raises `SchemaError`."""
    if len(data) > MAX_PICTURE_BYTES:
        raise SchemaError(f"picture: {len(data)} bytes; at most {MAX_PICTURE_BYTES}")
    if len(data) < 33 or not data.startswith(_PNG_START) or data[12:16] != b"IHDR":
        raise SchemaError(f"picture: expected a PNG file; got {data[:8]!r}")
    width, height = struct.unpack(">II", data[16:24])
    check_size(width, height)
    return width, height


def check_size(width: int, height: int) -> None:
    """Raises `SchemaError` for a picture that is not read."""
    if not (0 < width <= MAX_PICTURE_SIDE and 0 < height <= MAX_PICTURE_SIDE):
        raise SchemaError(f"picture: {width} x {height}; sides of 1 to {MAX_PICTURE_SIDE} are read")
    if width * height > MAX_PICTURE_AREA:
        raise SchemaError(
            f"picture: {width} x {height}; at most {MAX_PICTURE_AREA} pixels are read"
        )
