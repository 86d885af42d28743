"""Finds the runs of a log directory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tfexplain.errors import TfexplainError
from tfexplain.reading.event_files import ROOMS
from tfexplain.reading.logged_run import LoggedRun

if TYPE_CHECKING:
    from tfexplain.report.notebook import NotebookPage


class Log(Mapping[str, LoggedRun]):
    """Gives the runs of a log directory by name.

    Attributes:
        directory: The one that the names of the runs count from.
    """

    def __init__(self, directory: Path, directories: Mapping[str, Path]) -> None:
        self.directory, self._directories = directory, dict(directories)
        self._runs: dict[str, LoggedRun] = {}

    def __getitem__(self, name: str) -> LoggedRun:
        """Returns a run.

        Raises:
            TfexplainError: there is none of that name.
        """
        if name not in self._directories:
            known = ", ".join(map(repr, self._directories))
            raise TfexplainError(f"run {name!r}: no such run. Logged are: {known}.")
        if name not in self._runs:
            self._runs[name] = LoggedRun(name, self._directories[name])
        return self._runs[name]

    def __contains__(self, name: object) -> bool:
        return name in self._directories

    def __iter__(self) -> Iterator[str]:
        return iter(self._directories)

    def __len__(self) -> int:
        return len(self._directories)

    def __repr__(self) -> str:
        return f"Log({', '.join(map(repr, self._directories))})"

    def show(self, height: int = 800, max_mb: float = 10) -> NotebookPage:
        """Returns the EXPLAIN page of all runs, which a notebook shows; see `LoggedRun.show`."""
        from tfexplain.report.notebook import notebook_page

        return notebook_page(self.directory, self, height, max_mb)

    def save_report(
        self,
        path: str | os.PathLike[str],
        *,
        runs: Sequence[str] = (),
        max_mb: float = 20,
        summary: bool = False,
    ) -> Path:
        """Writes the EXPLAIN page with its data into one HTML file, as `tfexplain report` does.

        Args:
            path: The file; one that is there is replaced.
            runs: Names of runs; default all.
            max_mb: Size of the file at most, in megabytes. Where the maps of all epochs are more,
                it holds those of as many as fit, and says which.
            summary: Whether it is the summary alone, in plain HTML without scripts.

        Returns:
            The file, for a tracker: `mlflow.log_artifact(log.save_report("report.html"))`.

        Raises:
            TfexplainError: there is no such run, or no room for one epoch.
        """
        from tfexplain.report.write import write_report, write_summary

        if summary:
            write_summary(self, path, runs, "save_report(summary=True)")
        else:
            write_report(self, path, runs, max_mb, f"save_report(max_mb={max_mb:g})")
        return Path(path)


def read(log_dir: str | os.PathLike[str]) -> Log:
    """Reads the log of trainings back: maps as arrays, numbers as tables.

    Needs no TensorFlow. What a restarted training repeated is read once, as the page shows it.

    Args:
        log_dir: Directory of one run, or of several.

    Returns:
        The runs by name.

    Raises:
        TfexplainError: there is no log of tfexplain below the directory.

    Examples:
        Maps of one epoch, float32 [N, h, w], and a table of the pruned kernels:

            log = tfexplain.read("logs")
            maps = log["shortcut"]["GradCAM", "conv3"].maps(epoch=12)
            kernels = pandas.DataFrame(log["shortcut"].kernels)
    """
    directories = dict(run_directories(Path(log_dir)))
    if not directories:
        raise TfexplainError(
            f"log_dir={os.fspath(log_dir)!r}: expected a log of Explain or Compression; there is "
            "none. Pass the directory that the callbacks got, or one above it."
        )
    return Log(Path(log_dir), directories)


def run_directories(log_dir: Path) -> Iterator[tuple[str, Path]]:
    """Yields the runs below a directory, by name and in its order."""
    rooms = {path.parent for path in log_dir.rglob("*.tfexplain")}
    for directory in sorted({room.parent for room in rooms if room.name in ROOMS}):
        name = directory.relative_to(log_dir).as_posix() if directory != log_dir else directory.name
        yield name, directory
