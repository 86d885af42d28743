"""Reads a log directory and says what is worth saying of its runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from tfexplain.errors import TfexplainError
from tfexplain.runlog.background import BackgroundJob
from tfexplain.runlog.directory import ROOMS, is_remote, read_room
from tfexplain.story import Finding, RunRecords, story
from tfexplain.wire import schema

MOST_BYTES = 64 << 20
SECONDS = 10.0

Events = dict[str, list[tuple[int, bytes]]]


def findings(log_dir: str | os.PathLike[str]) -> list[Finding]:
    """Finds what is worth saying of the trainings below a directory, in plain words.

    Args:
        log_dir: Directory of one run, or of several.

    Returns:
        Findings, the most important first; `print(*findings(log_dir), sep="\\n")` shows them.
        docs/findings.md has their definitions and thresholds.

    Raises:
        TfexplainError: there is no log of tfexplain below the directory.
    """
    runs = dict(_runs(Path(log_dir)))
    if not runs:
        raise TfexplainError(
            f"log_dir={str(log_dir)!r}: expected a log of Explain or Compression; there is none. "
            "Pass the directory that the callbacks got, or one above it."
        )
    return story(runs)


def of_run(directory: str) -> list[Finding]:
    """Finds what is worth saying of a training that has just ended.

    Says nothing of a large log, of one far away, for it is read as a whole, or where the disk does
    not answer in `SECONDS`: a process must be able to end.
    """
    found: list[Finding] = []
    path = Path(directory)

    def read() -> None:
        if sum(file.stat().st_size for file in _files(path)) <= MOST_BYTES:
            found.extend(story({path.name: _records(path)}))

    if is_remote(directory):
        return []
    job = BackgroundJob(read)
    if not job.over(SECONDS):
        return []
    if job.error is not None:
        raise job.error
    return found


def _files(run: Path) -> Iterator[Path]:
    for room in ROOMS:
        yield from (run / room).glob("*.tfexplain")


def _runs(log_dir: Path) -> Iterator[tuple[str, RunRecords]]:
    rooms = {path.parent for path in log_dir.rglob("*.tfexplain")}
    for directory in sorted({room.parent for room in rooms if room.name in ROOMS}):
        name = directory.relative_to(log_dir).as_posix() if directory != log_dir else directory.name
        yield name, _records(directory)


def _records(directory: Path) -> RunRecords:
    events: Events = {}
    for room in ROOMS:
        for step, tag, data in read_room(str(directory), room):
            series = events.setdefault(tag, [])
            # A restart repeats what it had not kept.
            while series and series[-1][0] >= step:
                series.pop()
            series.append((step, data))

    def read(tags: Sequence[str]) -> Events:
        return {tag: events[tag] for tag in tags}

    return RunRecords(list(_parsed(events)), read)


def _parsed(events: Events) -> Iterator[schema.Tag]:
    for text in events:
        try:
            yield schema.Tag.parse(text)
        except schema.SchemaError:
            continue
