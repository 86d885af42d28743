"""Reads event files, as a whole or one event of them.

Ours, not TensorBoard's reader: that one keeps no places to come back to, and takes longer
(`benchmarks/reading.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from google.protobuf.message import DecodeError
from tensorboard.compat.proto.event_pb2 import Event

ROOMS = ("explain", "compression", "health", "predictions")


class Place(NamedTuple):
    """Where the bytes of one event stand."""

    path: Path
    offset: int
    length: int


def event_files(run: Path, rooms: Iterable[str] = ROOMS) -> Iterator[Path]:
    """Yields the event files of a run in the order of writing."""
    for room in rooms:
        yield from sorted((run / room).glob("*tfevents*"))


def read_events(file: IO[bytes], size: int) -> Iterator[tuple[int, int, Event]]:
    """Yields (offset, length, event) of a file of `size` bytes, which may end in half a record."""
    end = 0
    # Each record: its length and a checksum of that, its bytes, a checksum of those.
    while len(header := file.read(12)) == 12:
        offset, length = end + 12, int.from_bytes(header[:8], "little")
        end = offset + length + 4
        if end > size:
            return
        yield offset, length, Event.FromString(file.read(length))
        file.read(4)


def placed_events(path: Path) -> Iterator[tuple[Place, Event]]:
    """Yields the events of a file with their places, up to where it is damaged."""
    try:
        with path.open("rb") as file:
            for offset, length, event in read_events(file, path.stat().st_size):
                yield Place(path, offset, length), event
    except (DecodeError, OSError):
        return


def events_at(places: Iterable[Place]) -> Iterator[tuple[Place, Event]]:
    """Yields the events that stand at some places; each file is opened once."""
    ordered = sorted(places)
    opened: IO[bytes] | None = None
    try:
        for place in ordered:
            if opened is None or Path(opened.name) != place.path:
                if opened is not None:
                    opened.close()
                opened = place.path.open("rb")
            opened.seek(place.offset)
            yield place, Event.FromString(opened.read(place.length))
    finally:
        if opened is not None:
            opened.close()
