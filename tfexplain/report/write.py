"""Writes a report or a summary of a log directory."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tfexplain.checks import check_number
from tfexplain.errors import TfexplainError
from tfexplain.reading import Log, LoggedRun
from tfexplain.reading.event_files import event_files
from tfexplain.report.answers import Held, fitted
from tfexplain.report.markup import STYLE
from tfexplain.report.page import head, page, size_without_answers
from tfexplain.report.provider import indexes_of
from tfexplain.report.summary import summary
from tfexplain.wire.tags import MAPS

# A megabyte as disks and mail count it.
_MEGABYTE = 1_000_000


def write_report(
    log: Log, out: str | os.PathLike[str], runs: Sequence[str], max_mb: float, command: str
) -> str:
    """Writes the page with its data; returns what the file holds, for people.

    Args:
        log: What is reported.
        out: The file.
        runs: Names of runs; all for none.
        max_mb: Size of the file at most, in megabytes.
        command: What was called, for the summary.

    Raises:
        TfexplainError: there is no such run, or no room for one epoch.
    """
    check_number("max_mb", max_mb, above=0)
    chosen = _chosen(log, runs)
    text, held = report(log.directory, chosen, max_mb, command)
    return _write(
        out, text, f"{_runs(chosen)}, maps of {len(held.maps_at)} of {len(held.epochs)} epochs"
    )


def report(
    directory: Path,
    runs: Mapping[str, LoggedRun],
    max_mb: float,
    command: str,
    groups: Sequence[str] = (),
    opens: str = "",
) -> tuple[str, Held]:
    """Returns the text of the page with its data, and what it holds.

    Args:
        directory: The directory that the names of the runs count from.
        runs: The runs.
        max_mb: Size of the text at most, in megabytes.
        command: What was called, for the summary.
        groups: The maps that it holds, by their tags without samples; all for none.
        opens: The link, without an address, to what the page opens with.

    Raises:
        TfexplainError: there is no room for one epoch.
    """
    told = summary(_title(directory), runs, command)
    room = int(max_mb * _MEGABYTE) - size_without_answers() - len(told.encode()) - 8_000
    size = sum(file.stat().st_size for run in runs.values() for file in event_files(run.directory))
    indexes = indexes_of(directory, runs)
    if groups:
        for index in indexes.values():
            index.keep(lambda tag: tag.kind not in MAPS or tag.group in groups)
    held = fitted(indexes, room, size, max_mb)
    return page(_title(directory), told, STYLE, held.answers, opens), held


def write_summary(log: Log, out: str | os.PathLike[str], runs: Sequence[str], command: str) -> str:
    """Writes the summary; returns what the file holds, for people.

    Args:
        log: What is reported.
        out: The file.
        runs: Names of runs; all for none.
        command: What was called, for the summary.

    Raises:
        TfexplainError: there is no such run.
    """
    directory, chosen = log.directory, _chosen(log, runs)
    told = summary(_title(directory), chosen, command)
    text = f"""\
<!doctype html>
<html lang="en">
<head>
{head(_title(directory), "img-src data:")}
<style>
{STYLE}
</style>
</head>
<body>
<main class="summary">
{told}
</main>
</body>
</html>
"""
    return _write(out, text, f"summary of {_runs(chosen)}")


def _chosen(log: Log, runs: Sequence[str]) -> Mapping[str, LoggedRun]:
    for name in runs:
        if name not in log:
            known = ", ".join(map(repr, log))
            raise TfexplainError(f"runs={name!r}: expected names out of {known}; got another.")
    return {name: log[name] for name in log if not runs or name in runs}


def _runs(chosen: Mapping[str, LoggedRun]) -> str:
    return f"{len(chosen)} run" + ("" if len(chosen) == 1 else "s")


def _title(directory: Path) -> str:
    return f"{directory.resolve().name} · tfexplain report"


def _write(out: str | os.PathLike[str], text: str, what: str) -> str:
    # Names of a log may hold halves of letters, which no file can.
    data = text.encode(errors="replace")
    partial = Path(f"{os.fspath(out)}.partial")
    try:
        partial.write_bytes(data)
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    return f"{os.fspath(out)}: {len(data) / _MEGABYTE:.1f} MB, {what}"
