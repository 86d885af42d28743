"""Finds the worst rows: predictions that are furthest off, and maps that are least exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tfexplain.shards.shard import Shard
from tfexplain.types import Array

MOST = 64  # rows of each reason
_TOLD = 0.05  # relative error from which a map is worth a look


@dataclass(frozen=True)
class Worst:
    """Holds one of the worst rows.

    Attributes:
        reason: `loss`, `unsure` where there are no labels, or `error of METHOD`.
        place: Its place among the rows that were read.
        row: Its number in the data.
        name: What the data calls it.
        predicted: The predicted class or value.
        label: Its label; None where there is none.
        value: Loss, probability of the predicted class, or relative error.
    """

    reason: str
    place: int
    row: int
    name: str
    predicted: float
    label: float | None
    value: float


class WorstRows:
    """Keeps the `MOST` worst rows of each reason, shard by shard."""

    def __init__(self) -> None:
        self._by_reason: dict[str, list[tuple[float, Worst]]] = {}
        self._start = 0

    def add(self, shard: Shard) -> None:
        """Adds the rows of the next shard."""
        for reason, values, sign in _reasons(shard):
            known = np.flatnonzero(np.isfinite(values))
            order = known[np.argsort(-sign * values[known], kind="stable")][:MOST]
            own = self._by_reason.setdefault(reason, [])
            for i in order.tolist():
                value = float(values[i])
                told = (shard.names[i], shard.predicted[i].item(), _label(shard, i), value)
                worst = Worst(reason, self._start + i, int(shard.rows[i]), *told)
                own.append((-sign * value, worst))
            own.sort(key=lambda pair: (pair[0], pair[1].place))
            del own[MOST:]
        self._start += len(shard.rows)

    def rows(self) -> list[Worst]:
        """Returns them by reason, the worst first."""
        return [worst for own in self._by_reason.values() for _, worst in own]

    def places(self, most: int) -> list[int]:
        """Returns the places of at most so many, the worst of each reason in turn."""
        found: dict[int, None] = {}
        lists = [[worst.place for _, worst in own] for own in self._by_reason.values()]
        for rank in range(max(map(len, lists), default=0)):
            for own in lists:
                if rank < len(own) and len(found) < most:
                    found[own[rank]] = None
        return list(found)


def _label(shard: Shard, row: int) -> float | None:
    whole = shard.labels is not None and shard.labels.ndim == 1
    return shard.labels[row].item() if whole and shard.labels is not None else None


def _reasons(shard: Shard) -> Iterator[tuple[str, Array, int]]:
    """Yields reason, a value for each row, and 1 where a larger one is worse, else -1."""
    if shard.loss is not None:
        yield "loss", shard.loss, 1
    elif shard.probability is not None:
        yield "unsure", shard.probability, -1
    for name, attribution in shard.maps.items():
        if attribution.error is not None:
            yield (
                f"error of {name}",
                np.where(attribution.error < _TOLD, np.nan, attribution.error),
                1,
            )
