"""Formats rows of words and numbers as text."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Formats columns of one width, numbers to the right."""
    if not rows:
        return ""
    lines = []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = [all(_is_number(cell) for cell in column[1:]) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, right, strict=True)
        line = "  ".join(c.rjust(w) if number else c.ljust(w) for c, w, number in cells)
        lines.append("  " + line.rstrip())
    return "\n".join(lines)


def _is_number(cell: str) -> bool:
    return cell in ("", "-") or cell.replace("..", "").lstrip("-")[:1].isdigit()
