"""Shows the page in the output of a notebook's cell."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
    check_whole("height", height)
    check_number("max_mb", max_mb, above=0)
    text, _ = report(directory, runs, max_mb, f"show(max_mb={max_mb:g})")
    return NotebookPage(text, height)
