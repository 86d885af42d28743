"""Reads the records of one run by their tags, whoever holds the bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tfexplain.wire import schema

R = TypeVar("R", bound=schema.Record)
T = TypeVar("T")

# (tags) -> by tag, (step, bytes) in rising order of steps
Read = Callable[[Sequence[str]], Mapping[str, Sequence[tuple[float, bytes]]]]


@dataclass
class RunRecords:
    """Gives the records of one run, decoded.

    Attributes:
        tags: The tags that the run has.
        read: Reads the bytes of some of them.
    """

    tags: Iterable[schema.Tag]
    read: Read
    _by_group: dict[str, list[schema.Tag]] = field(init=False)

    def __post_init__(self) -> None:
        self._by_group = {}
        for tag in self.tags:
            self._by_group.setdefault(tag.kind, []).append(tag)

    def series(
        self, record: type[R], layer: str | None = None
    ) -> Iterator[tuple[schema.Tag, list[tuple[float, R]]]]:
        """Yields each tag of a kind, or of one layer's, with its records by step; what cannot be
        read is left out."""
        tags = sorted(self._by_group.get(record.kind, []), key=str)
        tags = [tag for tag in tags if layer is None or tag.layer == layer]
        found = self.read([str(tag) for tag in tags]) if tags else {}
        for tag in tags:
            decoded = [(step, _decoded(record, data)) for step, data in found.get(str(tag), ())]
            if sound := [(step, value) for step, value in decoded if value is not None]:
                yield tag, sound

    def last(self, record: type[R]) -> tuple[float, R] | None:
        """Returns the last record of a kind that a run has once, with its step."""
        for _, series in self.series(record):
            return series[-1]
        return None


def before_step(series: Iterable[tuple[float, T]], step: float) -> T | None:
    """Returns the last of some records before a step, for what is trained again replaces the rest.

    >>> before_step([(0, "a"), (0.5, "b"), (1, "c")], 1)
    'b'
    """
    earlier = [record for own, record in series if own < step]
    return earlier[-1] if earlier else None


def _decoded(record: type[R], data: bytes) -> R | None:
    try:
        return record.decode(data)  # type: ignore[return-value]
    except schema.SchemaError:
        return None
