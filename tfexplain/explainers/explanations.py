"""Defines `Explanations`, what `explain` finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tfexplain.attribution import Attribution, Attributions

if TYPE_CHECKING:
    from tfexplain.report.notebook import NotebookPage


class Explanations(dict[str, Attribution | Attributions]):
    """Holds the results of several explainers on the same samples, by the explainers' names."""

    def show(self, inputs: Any = None, **options: Any) -> NotebookPage:
        """Returns the EXPLAIN page with all of these maps beside each other; see
        `Attribution.show`."""
        from tfexplain.map_page import map_page

        return map_page(self, inputs, **options)
