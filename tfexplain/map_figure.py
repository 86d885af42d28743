"""Defines `MapFigure`, a matplotlib figure that notebooks show by themselves."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class MapFigure(Figure):
    """Shows a figure once in a notebook: where it is the last line of a cell.

    It is not registered with pyplot, so this holds with and without `%matplotlib inline`.

    >>> MapFigure(figsize=(1, 1))._repr_png_()[1:4]
    b'PNG'
    """

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()
