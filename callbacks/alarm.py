"""Raises an alarm once while a model trains: evidence leaves its regions, or gathers at a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from tfexplain.callbacks.guard import Guard
from tfexplain.story import ALARMS, Finding, RunRecords
from tfexplain.wire import schema

OnAlarm = Literal["warn", "stop"]

# What findings of alarms are made of.
_HEARD = frozenset({"samples", "metrics", "trust", "start", "places", "regions", "masks"})
# Of each series so many epochs are held; then every other one is left out.
_MOST = 256


class Alarm:
    """Listens to what is logged, and says once what `tfexplain.findings` will say of the log.

    Args:
        on_alarm: Whether training goes on.
        guard: Keeps failures away from training.

    Attributes:
        raised: What was found; empty until then.
    """

    def __init__(self, on_alarm: OnAlarm, guard: Guard) -> None:
        self._on_alarm, self._guard = on_alarm, guard
        self._heard: dict[str, list[tuple[float, bytes]]] = {}
        self.raised: list[Finding] = []
        self._stops = False

    def hear(self, tag: schema.Tag, step: float, data: bytes) -> None:
        """Takes in a record that is written."""
        if tag.kind not in _HEARD or self.raised:
            return
        series = self._heard.setdefault(str(tag), [])
        series.append((step, data))
        if len(series) > _MOST:
            del series[1:-1:2]

    def stops(self) -> bool:
        """Returns whether training is to end; once, for who trains on after that wants to."""
        stops, self._stops = self._stops, False
        return stops

    def check(self, step: float) -> None:
        """Prints a line where something is found for the first time."""
        if self.raised:
            return
        with self._guard.watch("alarm", step):
            records = RunRecords([schema.Tag.parse(tag) for tag in self._heard], self._read)
            found = [f for kind in ALARMS.values() for f in kind("", records)]
            for finding in found:
                ends = " Training ends: on_alarm='stop'." if self._on_alarm == "stop" else ""
                print(f"tfexplain: alarm: {finding.text.removeprefix(': ')}{ends}")
            self.raised, self._stops = found, bool(found) and self._on_alarm == "stop"
            if found:
                self._heard.clear()

    def _read(self, tags: Sequence[str]) -> Mapping[str, Sequence[tuple[float, bytes]]]:
        return {tag: self._heard[tag] for tag in tags}
