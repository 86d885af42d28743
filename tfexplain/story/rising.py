"""Tells whether a training's accuracy rose."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tfexplain.story.finding import percent
from tfexplain.story.log_records import RunRecords
from tfexplain.wire import schema


@dataclass(frozen=True)
class Risen:
    """Describes what became better in training, from one epoch to another."""

    name: str
    before: float
    now: float

    @property
    def text(self) -> str:
        """What became better, with the numbers."""
        if "acc" in self.name:
            return f"{self.name} rose from {percent(self.before)} to {percent(self.now)}"
        return f"{self.name} fell from {self.before:.3g} to {self.now:.3g}"


class Training:
    """Holds what `fit` reported by epoch."""

    def __init__(self, records: RunRecords) -> None:
        found = [series for _, series in records.series(schema.Metrics)]
        self._reported: list[tuple[float, Mapping[str, float]]] = [
            (step, record.values) for series in found for step, record in series
        ]

    def risen(self, step: float, since: float = -math.inf) -> Risen | None:
        """Returns what became better by an epoch since another, or the first one that is known.

        Accuracy of the validation data before that of the training; where it is the same, as at
        100%, or not reported, the loss. None where it became worse, or nothing is known.
        """
        before = [values for at, values in self._reported if at >= since][:1]
        now = [values for at, values in self._reported if at <= step][-1:]
        for old, new in zip(before, now, strict=False):
            for name in _in_turn(old.keys() & new.keys()):
                a, b = (old[name], new[name])
                if math.isfinite(a) and math.isfinite(b) and a != b:
                    better = b > a if "acc" in name else b < a
                    return Risen(name, a, b) if better else None
        return None


def _in_turn(names: Iterable[str]) -> list[str]:
    known = [name for name in names if "acc" in name or name in ("loss", "val_loss")]
    return sorted(known, key=lambda n: ("acc" not in n, not n.startswith("val_"), n))
