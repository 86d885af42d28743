"""Makes HTML of texts, tables and pictures; every text is escaped."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

STYLE = """\
main.summary { max-width: 60rem; margin: 0 auto; padding: 1.5rem; color: #1d2126;
  background: #fff; font: 15px/1.5 system-ui, sans-serif; }
main.summary h1 { font-size: 1.6rem; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
main.summary h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; border-bottom: 1px solid #c8cdd3; }
main.summary h3 { font-size: 1rem; margin: 1rem 0 0.3rem; overflow-wrap: anywhere; }
main.summary table { border-collapse: collapse; margin: 0.5rem 0; font-size: 0.9rem; }
main.summary th, main.summary td { text-align: left; vertical-align: top;
  padding: 0.15rem 1rem 0.15rem 0; border-bottom: 1px solid #e3e6ea; overflow-wrap: break-word; }
main.summary td { max-width: 34rem; }
main.summary td.number { text-align: right; font-variant-numeric: tabular-nums; }
main.summary figure { display: inline-block; margin: 0.5rem 1rem 0.5rem 0; vertical-align: top;
  break-inside: avoid; }
main.summary figcaption { font-size: 0.85rem; }
main.summary figure, main.summary img { max-width: 100%; }
main.summary th[scope=row] { white-space: nowrap; }
main.summary img { image-rendering: pixelated; display: block; height: auto; }
main.summary h2, main.summary h3 { break-after: avoid; }
main.summary tr { break-inside: avoid; }
@page { size: A4; margin: 16mm; }
@media print { main.summary { padding: 0; font-size: 10.5pt; } html, body { background: #fff; } }
@media screen and (prefers-color-scheme: dark) {
  html, body, main.summary { background: #16191d; color: #e4e7eb; }
  main.summary th, main.summary td, main.summary h2 { border-color: #3a4048; }
}"""

Cell = str | int | float | None
Bytes = npt.NDArray[np.uint8]


def text(value: object) -> str:
    """Returns a value as HTML.

    >>> text("<b>")
    '&lt;b&gt;'
    """
    return html.escape(str(value))


def paragraph(value: str) -> str:
    """Returns a paragraph."""
    return f"<p>{text(value)}</p>"


def listing(items: Iterable[str]) -> str:
    """Returns a list; nothing where there are no items."""
    lines = "".join(f"<li>{text(item)}</li>" for item in items)
    return lines and f"<ul>{lines}</ul>"


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Returns a table; nothing where it has no rows."""
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    if not lines:
        return ""
    head = "".join(f'<th scope="col">{text(column)}</th>' for column in columns)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def facts(rows: Iterable[tuple[str, Cell]]) -> str:
    """Returns names with what is known of each; nothing where nothing is known."""
    lines = "".join(
        f'<tr><th scope="row">{text(name)}</th>{_cell(value)}</tr>'
        for name, value in rows
        if value not in (None, "")
    )
    return lines and f"<table><tbody>{lines}</tbody></table>"


def figure(pixels: Bytes, caption: str, side: int = 160) -> str:
    """Returns a picture [h, w, 3 or 4] of whole pixels, about `side` long, with its caption."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    factor = max(1, round(side / max(pixels.shape[:2])))
    height, width = (factor * length for length in pixels.shape[:2])
    source = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    return (
        f'<figure style="width: max(13rem, {width}px)">'
        f'<img width="{width}" height="{height}" src="{source}" alt="{text(caption)}">'
        f"<figcaption>{text(caption)}</figcaption></figure>"
    )


def number(value: float) -> str:
    """Returns a number as people read it.

    >>> number(23824), number(0.97981906), number(1e-7), number(2.0)
    ('23,824', '0.9798', '1e-07', '2')
    """
    if not np.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:.4g}"


def _cell(value: Cell) -> str:
    if value is None:
        return "<td></td>"
    if isinstance(value, str):
        return f"<td>{text(value)}</td>"
    return f'<td class="number">{number(value)}</td>'
