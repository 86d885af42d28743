"""Reads a log directory and says what is worth saying of its runs."""

from __future__ import annotations

import os
from pathlib import Path

from tfexplain.reading import read
from tfexplain.reading.event_files import event_files
from tfexplain.reading.run_index import RunIndex
from tfexplain.runlog.background import BackgroundJob
from tfexplain.runlog.directory import is_remote
from tfexplain.story import Finding, story

MOST_BYTES = 64 << 20
SECONDS = 10.0


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
    return story({name: run.every_record for name, run in read(log_dir).items()})


def of_run(directory: str) -> list[Finding]:
    """Finds what is worth saying of a training that has just ended.

    Says nothing of a large log, of one far away, for it is read as a whole, or where the disk does
    not answer in `SECONDS`: a process must be able to end.
    """
    found: list[Finding] = []
    path = Path(directory)

    def look() -> None:
        if sum(file.stat().st_size for file in event_files(path)) <= MOST_BYTES:
            found.extend(story({path.name: RunIndex(path).records()}))

    if is_remote(directory):
        return []
    job = BackgroundJob(look)
    if not job.over(SECONDS):
        return []
    if job.error is not None:
        raise job.error
    return found
