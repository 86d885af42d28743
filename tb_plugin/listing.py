"""Lists what a log offers: tags and `plugin_content`, checked and grouped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from tfexplain.tb_plugin.arguments import shown
from tfexplain.tb_plugin.framing import finite
from tfexplain.wire import schema
from tfexplain.wire.clock import step_of

MAX_TAGS = 100_000
MAX_PROBLEMS = 50
# Of a content, what the listing says elsewhere, and what only the server needs.
_UNLISTED = ("kind", "per_epoch")

T = TypeVar("T")
# Contents repeat for every sample of a group, and a listing reads them all each time.
_content = lru_cache(maxsize=256)(schema.Content.decode)


@dataclass(frozen=True)
class Series:
    """Describes one tag with records; `last_step` is the largest one that TensorBoard holds."""

    tag: schema.Tag
    content: schema.Content
    last_step: float
    last_wall_time: float


@dataclass(frozen=True)
class Pictures:
    """Describes one blob sequence; `version` changes when the pictures are written again."""

    name: str
    content: schema.Content
    count: int
    version: str


@dataclass
class Run:
    """Lists what one run offers, and what in it could not be understood."""

    series: list[Series] = field(default_factory=list)
    pictures: dict[str, Pictures] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def as_json(self, name: str) -> dict[str, Any]:
        """Returns the run as `runs` lists it."""
        groups: dict[str, list[Series]] = {}
        for series in self.series:
            groups.setdefault(series.tag.group, []).append(series)
        inputs = [self.pictures[key] for key in sorted(self.pictures)]
        problems = self.problems[:MAX_PROBLEMS]
        if len(self.problems) > MAX_PROBLEMS:
            problems.append(f"... and {len(self.problems) - MAX_PROBLEMS} more")
        return {
            "run": name,
            "groups": [_group(key, groups[key]) for key in sorted(groups)],
            "inputs": [_picture(p) for p in inputs],
            "problems": problems,
        }


def read_run(tensors: Mapping[str, Any], blobs: Mapping[str, Any]) -> Run:
    """Lists one run.

    Args:
        tensors: What `DataProvider.list_tensors` says of the run: time series by tag.
        blobs: The same of `list_blob_sequences`.
    """
    run = Run()
    _collect(run, tensors, _series, run.series.append)
    run.series.sort(key=lambda s: (s.tag.group, s.tag.sample))
    _collect(run, blobs, _pictures, lambda p: run.pictures.update({p.name: p}))
    return run


def _collect(
    run: Run,
    listed: Mapping[str, Any],
    read: Callable[[str, Any], T],
    keep: Callable[[T], object],
) -> None:
    if len(listed) > MAX_TAGS:
        run.problems.append(f"{len(listed)} tags: only the first {MAX_TAGS} are listed")
    for tag in sorted(listed)[:MAX_TAGS]:
        try:
            keep(read(tag, listed[tag]))
        except schema.SchemaError as error:
            text = str(error)
            run.problems.append(text if text.startswith("tag=") else f"tag={shown(tag)}: {text}")


def _series(text: str, listed: Any) -> Series:
    tag, content = schema.Tag.parse(text), _content(listed.plugin_content)
    if tag.kind == "inputs":
        raise schema.SchemaError("expected a blob sequence of pictures; got tensors")
    _check_kind(tag, content)
    return Series(tag, content, step_of(listed.max_step or 0), finite(listed.max_wall_time))


def _pictures(text: str, listed: Any) -> Pictures:
    tag, content = schema.Tag.parse(text), _content(listed.plugin_content)
    if tag.kind != "inputs":
        raise schema.SchemaError("expected tensors; got a blob sequence")
    _check_kind(tag, content)
    version = repr(finite(listed.max_wall_time))
    return Pictures(tag.layer, content, listed.max_length or 0, version)


def _check_kind(tag: schema.Tag, content: schema.Content) -> None:
    if content.kind != tag.kind:
        raise schema.SchemaError(
            f"expected plugin_content of kind {tag.kind!r}; got {content.kind!r}"
        )


def _picture(listed: Pictures) -> dict[str, Any]:
    content = listed.content
    known = {"layout": content.layout, "shape": content.shape}
    return {"name": listed.name, "version": listed.version, **known}


def _group(name: str, series: list[Series]) -> dict[str, Any]:
    tag, content = series[0].tag, series[0].content
    return {
        "group": name,
        "kind": tag.kind,
        "explainer": tag.explainer,
        "layer": tag.layer,
        "samples": sorted(s.tag.sample for s in series if s.tag.sample >= 0),
        "last_step": max(s.last_step for s in series),
        "last_wall_time": max(s.last_wall_time for s in series),
        "content": {key: value for key, value in vars(content).items() if key not in _UNLISTED},
    }
