"""Answers `findings`: what stands out in the log, in plain words."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from tfexplain.story import Finding, RunRecords, in_order, story
from tfexplain.tb_plugin.listing import Series
from tfexplain.tb_plugin.log import Log, settled
from tfexplain.tb_plugin.series import chunks_of, estimate, record_bytes
from tfexplain.wire import schema
from tfexplain.wire.clock import step_of

# Maps of a run are looked at only if they take less: the page asks for findings as it opens.
MAX_BYTES = 16 << 20

# What a run's records are known by: how many series, their last step and time.
_State = tuple[int, float, float]


class Findings:
    """Keeps the findings of each run until something is added to it."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[_State, list[Finding]]] = {}
        self._lock = threading.Lock()

    def of(self, log: Log) -> list[dict[str, Any]]:
        """Returns the findings of all runs, the most important first."""
        by_run: dict[str, list[tuple[str, Series]]] = {}
        for name, listed in log.runs().items():
            by_run.setdefault(_training(name), []).extend((name, s) for s in listed.series)
        by_run = {run or _unnamed(series): series for run, series in by_run.items()}
        found = [f for run, series in by_run.items() for f in self._of_run(log, run, series)]
        return [finding.as_json() for finding in in_order(found)]

    def _of_run(
        self, log: Log, run: str, series: Sequence[tuple[str, Series]]
    ) -> Sequence[Finding]:
        steps = max((s.last_step for _, s in series), default=0)
        times = max((s.last_wall_time for _, s in series), default=0.0)
        state, key = (len(series), steps, times), (log.experiment, run)
        with self._lock:
            kept = self._kept.get(key)
        if kept and kept[0] == state:
            return kept[1]
        found = story({run: _records(log, series)})
        with self._lock:
            self._kept[key] = (state, found)
        return found


def _training(name: str) -> str:
    """Returns the training that a run of TensorBoard belongs to: its name without our folder, as
    the page has it; "" at the root of the log."""
    match = re.fullmatch(r"(?:(.+)[\\/])?(?:explain|compression|health|predictions)", name)
    return (match[1] or "").replace("\\", "/") if match else name


def _unnamed(series: Sequence[tuple[str, Series]]) -> str:
    names = {name for name, _ in series}
    return "run" if len(names) > 1 else next(iter(names), "run")


def _records(log: Log, series: Sequence[tuple[str, Series]]) -> RunRecords:
    known = {str(own.tag): (name, own) for name, own in series}

    def read(tags: Sequence[str]) -> Mapping[str, Sequence[tuple[float, bytes]]]:
        asked = [known[tag] for tag in tags]
        if sum(estimate(own, log.kept) for _, own in asked) > MAX_BYTES:
            return {}
        found: dict[str, list[tuple[float, bytes]]] = {}
        for run in {name for name, _ in asked}:
            for chunk in chunks_of([own for name, own in asked if name == run], log.kept):
                found |= _read(log, run, chunk)
        return found

    return RunRecords([own.tag for _, own in series], read)


def _read(log: Log, run: str, chunk: Sequence[Series]) -> dict[str, list[tuple[float, bytes]]]:
    try:
        events = log.tensors(run, [str(series.tag) for series in chunk])
    except Exception:  # whatever a provider makes of a hostile log; `series` tells what
        return {}
    return {tag: _sound(found) for tag, found in events.items()}


def _sound(events: Sequence[Any]) -> list[tuple[float, bytes]]:
    kept = []
    for event in settled(events):
        try:
            kept.append((step_of(int(event.step)), record_bytes(event.numpy)))
        except schema.SchemaError:
            continue
    return kept
