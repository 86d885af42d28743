"""Gives the records of a log directory as TensorBoard's data provider gives them to the plugin.

So an answer made here is the one that a server would send, and no server is started.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfexplain.reading import LoggedRun
from tfexplain.reading.event_files import ROOMS, event_files
from tfexplain.reading.run_index import RunIndex
from tfexplain.wire.clock import event_step


class Listed(NamedTuple):
    """What is known of a time series without its records."""

    plugin_content: bytes
    max_step: int
    max_wall_time: float
    max_length: int = 0


class Datum(NamedTuple):
    """One event of a tensor."""

    step: int
    wall_time: float
    numpy: Any


class Blob(NamedTuple):
    """One file of a blob sequence."""

    blob_key: bytes


class BlobEvent(NamedTuple):
    """One event of a blob sequence."""

    step: int
    values: Sequence[Blob]


@dataclass(frozen=True)
class LogProvider:
    """Answers what `tfexplain.tb_plugin` asks of a `DataProvider`.

    Attributes:
        indexes: By TensorBoard's name of the run.
        maps_at: The epochs whose maps are given, of all else every one; all for None.
    """

    indexes: Mapping[str, RunIndex]
    maps_at: Collection[float] | None = None

    def list_tensors(self, context: Any, *, run_tag_filter: Any, **_: Any) -> dict[str, Any]:
        """Returns the time series by run and tag."""
        return self._list(run_tag_filter, blobs=False)

    def list_blob_sequences(self, context: Any, *, run_tag_filter: Any, **_: Any) -> dict[str, Any]:
        """Returns the blob sequences by run and tag."""
        return self._list(run_tag_filter, blobs=True)

    def read_tensors(
        self, context: Any, *, run_tag_filter: Any, **_: Any
    ) -> dict[str, dict[str, list[Datum]]]:
        """Returns the records by run and tag."""
        return {
            run: self._tensors(self.indexes[run], run_tag_filter.tags)
            for run in run_tag_filter.runs
        }

    def read_blob_sequences(
        self, context: Any, *, run_tag_filter: Any, **_: Any
    ) -> dict[str, dict[str, list[BlobEvent]]]:
        """Returns references to the files that were written last."""
        return {
            run: {
                tag: [BlobEvent(0, [Blob(file) for file in self.indexes[run].blobs(tag)])]
                for tag in run_tag_filter.tags
            }
            for run in run_tag_filter.runs
        }

    def read_blob(self, context: Any, *, blob_key: bytes) -> bytes:
        """Returns a file; it is its own key."""
        return blob_key

    def steps(self, index: RunIndex, tag: str) -> list[float]:
        """Returns the epochs of a tag that are given."""
        steps, known = index.steps(tag), index.tags.get(tag)
        if self.maps_at is None or known is None or known.kind not in MAPS:
            return steps
        return [step for step in steps if step in self.maps_at] or steps[-1:]

    def _list(self, chosen: Any, blobs: bool) -> dict[str, dict[str, Listed]]:
        runs = self.indexes if chosen is None else chosen.runs
        return {
            run: {
                tag: self._listed(self.indexes[run], tag)
                for tag in self.indexes[run].contents
                if tag.startswith("inputs/") == blobs
            }
            for run in runs
        }

    def _listed(self, index: RunIndex, tag: str) -> Listed:
        length = len(index.blobs(tag)) if tag.startswith("inputs/") else 0
        last = self.steps(index, tag)[-1]
        return Listed(index.contents[tag], event_step(last), index.last_wall_time(tag), length)

    def _tensors(self, index: RunIndex, tags: Collection[str]) -> dict[str, list[Datum]]:
        by_steps: dict[tuple[float, ...], list[str]] = {}
        for tag in tags:
            by_steps.setdefault(tuple(self.steps(index, tag)), []).append(tag)
        found = {}
        for steps, some in by_steps.items():
            for tag, events in index.events(some, set(steps)).items():
                found[tag] = [Datum(step, time, _array(strings)) for step, time, strings in events]
        return found


# What is large, and what a page can do without at some epochs.
MAPS = frozenset({"map", "channels", "matrix", "picture", "kernel", "units"})


def indexes_of(log_dir: Path, runs: Mapping[str, LoggedRun]) -> dict[str, RunIndex]:
    """Returns the indexes of runs by TensorBoard's names."""
    return {
        (run.directory / room).relative_to(log_dir).as_posix(): RunIndex(run.directory, [room])
        for run in runs.values()
        for room in ROOMS
        if any(event_files(run.directory, [room]))
    }


def _array(strings: list[bytes]) -> Any:
    """Returns what TensorBoard makes of a tensor of strings; a record is a scalar."""
    return np.array(strings[0] if len(strings) == 1 else strings, dtype=object)
