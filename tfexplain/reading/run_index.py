"""Indexes the records of one run: where the bytes of each stand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event

from tfexplain.reading.event_files import ROOMS, Place, event_files, events_at, placed_events
from tfexplain.story import RunRecords
from tfexplain.wire import schema
from tfexplain.wire.clock import step_of


class RunIndex:
    """Knows where the records of one run stand, and reads them when they are asked for.

    Attributes:
        directory: The run's.
        tags: The tags that this format writes, by their text.
        contents: What is constant over the records of each tag, as it was written; also of tags
            that this format does not write.
    """

    def __init__(self, directory: Path, rooms: Iterable[str] = ROOMS) -> None:
        self.directory = directory
        self._places: dict[str, list[tuple[float, Place]]] = {}
        self._times: dict[str, float] = {}
        self.contents: dict[str, bytes] = {}
        for file in event_files(directory, rooms):
            for place, event in placed_events(file):
                self._add(place, event)
        self.tags = {text: tag for text in self._places if (tag := _parsed(text)) is not None}

    def _add(self, place: Place, event: Event) -> None:
        for value in event.summary.value:
            described = value.metadata.plugin_data
            # Only the first event of a tag is described; the file holds TensorBoard's own tabs too.
            if described.plugin_name == schema.PLUGIN_NAME:
                self.contents.setdefault(value.tag, described.content)
            if value.tag not in self.contents:
                continue
            series, step = self._places.setdefault(value.tag, []), step_of(event.step)
            # A restart repeats what it had not kept.
            while series and series[-1][0] >= step:
                series.pop()
            series.append((step, place))
            self._times[value.tag] = event.wall_time

    def keep(self, wanted: Callable[[schema.Tag], bool]) -> None:
        """Forgets the tags of this format that are not wanted."""
        for text, tag in list(self.tags.items()):
            if not wanted(tag):
                for known in (self.tags, self.contents, self._places, self._times):
                    del known[text]

    def content(self, tag: str) -> schema.Content:
        """Returns what is constant over the records of a tag; raises `SchemaError`."""
        return schema.Content.decode(self.contents[tag])

    def steps(self, tag: str) -> list[float]:
        """Returns the steps of a tag in rising order."""
        return [step for step, _ in self._places[tag]]

    def last_wall_time(self, tag: str) -> float:
        """Returns when the last record of a tag was written."""
        return self._times[tag]

    def read(
        self, tags: Sequence[str], steps: Collection[float] | None = None
    ) -> dict[str, list[tuple[float, bytes]]]:
        """Returns by tag the (step, bytes) of all records, or of those of some steps."""
        found: dict[str, list[tuple[float, bytes]]] = {tag: [] for tag in tags}
        for tag, event, strings in self._strings(tags, steps):
            if len(strings) == 1:
                found[tag].append((step_of(event.step), strings[0]))
        return found

    def events(
        self, tags: Sequence[str], steps: Collection[float]
    ) -> dict[str, list[tuple[int, float, list[bytes]]]]:
        """Returns by tag the (event's step, wall time, strings) of records, whatever they hold."""
        found: dict[str, list[tuple[int, float, list[bytes]]]] = {tag: [] for tag in tags}
        for tag, event, strings in self._strings(tags, steps):
            found[tag].append((event.step, event.wall_time, strings))
        return found

    def blobs(self, tag: str) -> list[bytes]:
        """Returns the files of a blob sequence as they were written last."""
        last = self.steps(tag)[-1:]
        return [blob for _, _, strings in self._strings([tag], last) for blob in strings]

    def records(self) -> RunRecords:
        """Returns the records, decoded when they are asked for."""
        return RunRecords(list(self.tags.values()), self.read)

    def _strings(
        self, tags: Sequence[str], steps: Collection[float] | None
    ) -> Iterator[tuple[str, Event, list[bytes]]]:
        wanted: dict[Place, set[str]] = {}
        for tag in tags:
            for step, place in self._places[tag]:
                if steps is None or step in steps:
                    wanted.setdefault(place, set()).add(tag)
        for place, event in events_at(wanted):
            for value in event.summary.value:
                if value.tag in wanted[place]:
                    yield value.tag, event, list(value.tensor.string_val)


def _parsed(text: str) -> schema.Tag | None:
    try:
        return schema.Tag.parse(text)
    except schema.SchemaError:
        return None
