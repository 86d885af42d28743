"""Shows the page in the output of a notebook's cell."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tfexplain.checks import check_number, check_whole
from tfexplain.reading import LoggedRun
from tfexplain.report.write import report


@dataclass(frozen=True)
class NotebookPage:
    """Holds the page with its data; as the last line of a cell it is shown.

    The page is a document of its own in the cell, which loads nothing: it works in Jupyter, Colab
    and VS Code alike, and in a notebook that was saved and is opened without a kernel.
    """

    text: str = field(repr=False)
    height: int

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.text)}" width="100%" height="{self.height}" '
            'style="border: 0" title="tfexplain"></iframe>'
        )


def notebook_page(
    directory: Path, runs: Mapping[str, LoggedRun], height: int, max_mb: float
) -> NotebookPage:
    """Returns the page for a cell; see `LoggedRun.show`."""
    _check(height, max_mb)
    text, _ = report(directory, runs, max_mb, _command(max_mb))
    return NotebookPage(text, height)


def maps_page(
    directory: Path, groups: Sequence[str], height: int, max_mb: float, samples: int = 0
) -> NotebookPage:
    """Returns the page of some maps of one run, for a cell.

    Args:
        directory: The run's.
        groups: The maps, by their tags without samples.
        height, max_mb: See `LoggedRun.show`.
        samples: How many samples are shown; as many as the page chooses for 0.
    """
    _check(height, max_mb)
    run = LoggedRun(directory.name, directory)
    # As `state/view.ts` writes them.
    names = ",".join(group.replace("%", "%25").replace(",", "%2C") for group in groups)
    chosen = {"view": "samples", "groups": quote(names)}
    if samples:
        chosen["samples"] = ".".join(map(str, range(samples)))
    opens = "#" + "&".join(f"p.tfexplain.{key}={value}" for key, value in chosen.items())
    runs = {run.name: run}
    text, _ = report(directory.parent, runs, max_mb, _command(max_mb), groups, opens)
    return NotebookPage(text, height)


def _check(height: int, max_mb: float) -> None:
    check_whole("height", height)
    check_number("max_mb", max_mb, above=0)


def _command(max_mb: float) -> str:
    return f"show(max_mb={max_mb:g})"
