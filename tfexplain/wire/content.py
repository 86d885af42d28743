"""Defines `plugin_content`: what is constant over the steps of a series."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

from tfexplain.wire.container import SchemaError, check_version, read_json, short, version_text
from tfexplain.wire.records.kinds import LAYOUTS, ROLES, Kind, Layout, Role
from tfexplain.wire.tags import LAYERED, NAMED, PLAIN, tag_name

MAX_CONTENT_BYTES = 64 << 10
MAX_OFFSETS = 1024


@dataclass(frozen=True)
class Content:
    """Holds what is constant over the steps of a series, as JSON in `plugin_content`.

    `signed` says whether negative values mean evidence against, `shape` is that of one stored
    map, `input` names the `inputs/` or `values/` series the map lies over, `channels` is how many
    channels the layer has, `settings` are the explainer's own, as text. `role` is that of the
    records of `drift` and `fidelity`, so that controls are known before anything is read of them;
    of maps and predictions `teacher`, where each record holds until the next, for a teacher is
    logged when its weights have changed.
    `score_unit` is what the explained number of a map is measured in; empty in logs of version 1.0,
    where it is that of the values. `layout` says how the values of a map or an input lie; empty
    where it is not known, as in logs of version 1.0 and for layouts that only a newer one has.
    Position p of a map of a layer over words reads the words p * `word_step` + each of
    `word_offsets`, among which a reader divides its value evenly, padding left out; where these
    are empty, `word_note` says why. Older logs have none of the three. `per_epoch` is how many
    times an epoch is measured, its end included; where a log does not say, that is once.
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
    role: Role | Literal[""] = ""
    word_step: int = 0
    word_offsets: tuple[int, ...] = ()
    word_note: str = ""
    per_epoch: int = 1

    def encode(self) -> bytes:
        """Returns JSON bytes for `SummaryMetadata.PluginData.content`."""
        return self._encoded

    @cached_property
    def _encoded(self) -> bytes:
        # Asked for once a record, of which a series has many.
        fields = {**asdict(self), "input": tag_name(self.input) if self.input else ""}
        data = json.dumps({"version": version_text(), **fields}, sort_keys=True).encode()
        if len(data) > MAX_CONTENT_BYTES:
            raise SchemaError(f"plugin_content: {len(data)} bytes; at most {MAX_CONTENT_BYTES}")
        return data

    @classmethod
    def decode(cls, data: bytes) -> Content:
        """Reads `plugin_content` back; raises `SchemaError`."""
        if len(data) > MAX_CONTENT_BYTES:
            raise SchemaError(f"plugin_content: {len(data)} bytes; at most {MAX_CONTENT_BYTES}")
        raw = read_json(data, dict, "plugin_content")
        check_version(raw.get("version"))
        kind, shape, settings = raw.get("kind"), raw.get("shape", []), raw.get("settings", {})
        expected = (
            isinstance(kind, str)
            and kind in PLAIN | LAYERED | NAMED
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
            and isinstance(raw.get("role", ""), str)
            and _is_size(raw.get("word_step", 0))
            and _are_offsets(raw.get("word_offsets", []))
            and isinstance(raw.get("word_note", ""), str)
            and _is_size(raw.get("per_epoch", 1))
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
            _role(raw, kind, settings),
            raw.get("word_step", 0),
            tuple(raw.get("word_offsets", [])),
            raw.get("word_note", ""),
            max(1, raw.get("per_epoch", 1)),
        )


def _role(raw: Mapping[str, Any], kind: str, settings: Mapping[str, str]) -> Role | Literal[""]:
    """Returns the role; up to version 1.1, a setting of the kinds that have one."""
    older = settings.get("role") if kind in ("drift", "fidelity") else ""
    role = raw.get("role") or older
    return role if role in ROLES else ""


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value <= 1 << 31


def _are_offsets(values: object) -> bool:
    """Whether these are whole numbers in rising order, few enough to divide a value among."""
    if not isinstance(values, list) or len(values) > MAX_OFFSETS:
        return False
    whole = all(type(value) is int and abs(value) <= 1 << 31 for value in values)
    return whole and values == sorted(set(values))
