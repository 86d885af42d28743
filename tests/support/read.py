"""Reading a run back the way TensorBoard does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util

from tfexplain.wire import schema


@dataclass(frozen=True)
class Run:
    """What a run directory holds: every record by tag and step, in the order of the files.

    `written` are the steps of each tag as they were written, one that came twice being there twice.
    """

    values: dict[str, dict[int, Any]]
    contents: dict[str, bytes]
    written: dict[str, list[int]]

    def record(self, tag: str, step: int | None = None) -> Any:
        """The record of a tag at a step; the last one for None."""
        steps = self.values[tag]
        data = steps[max(steps) if step is None else step]
        return schema.decode(schema.Tag.parse(tag).kind, data[0])

    def pictures(self, name: str = "input") -> list[bytes]:
        """The pictures of one input, as they were written last."""
        steps = self.values[f"inputs/{name}"]
        found: list[bytes] = steps[max(steps)]
        return found

    def content(self, tag: str) -> schema.Content:
        """The constant part of a series."""
        return schema.Content.decode(self.contents[tag])

    def maps(self, explainer: str, layer: str, step: int | None = None) -> list[Any]:
        """The records of all samples of one map, in order of the samples."""
        kind = "channels" if explainer.startswith("FeatureMaps") else "map"
        prefix = f"{kind}/{explainer}/{layer}/"
        tags = sorted((t for t in self.values if t.startswith(prefix)), key=_sample)
        return [self.record(tag, step) for tag in tags]


def read_run(log_dir: Path, room: str = "explain") -> Run:
    """Read `<log_dir>/explain`, or another room; raises if a file is damaged."""
    values: dict[str, dict[int, Any]] = {}
    contents: dict[str, bytes] = {}
    written: dict[str, list[int]] = {}
    for path in sorted((log_dir / room).iterdir()):
        for event in EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                strings = list(value.tensor.string_val)
                kept = strings or tensor_util.make_ndarray(value.tensor)
                values.setdefault(value.tag, {})[event.step] = kept
                written.setdefault(value.tag, []).append(event.step)
                contents.setdefault(value.tag, value.metadata.plugin_data.content)
    return Run(values, contents, written)


def _sample(tag: str) -> int:
    return schema.Tag.parse(tag).sample
