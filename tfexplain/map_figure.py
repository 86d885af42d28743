"""`MapFigure`: a matplotlib figure that notebooks show by themselves."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class MapFigure(Figure):
    """A figure that is none of pyplot's, so that a notebook shows it once: where it is the last
    line of a cell, with `%matplotlib inline` and without.

    >>> MapFigure(figsize=(1, 1))._repr_png_()[1:4]
    b'PNG'
    """

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()
