"""Decides which columns of a file become a model's inputs, and makes them of their cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfexplain.errors import TfexplainError
from tfexplain.rows.pictures import Screen, picture, screen_text
from tfexplain.rows.source import Read, passing
from tfexplain.types import Array

NUMBER, LIST, PICTURE, TEXT, OTHER = "numbers", "lists", "pictures", "texts", "other values"
# Where pandas keeps the names of rows.
_INDEX = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True)
class Layout:
    """Describes which columns are the inputs, and how they become a row of these.

    Attributes:
        kind: What the columns hold: each a number, or a single one pictures or lists.
        used: Their names, in order.
        label: The column that holds labels.
        notes: What to tell the user, such as columns that are ignored.
        screen: How pictures become inputs, where they are.
        shape: Of a row of lists.
    """

    kind: str
    used: Sequence[str]
    label: str | None
    notes: Sequence[str] = ()
    screen: Screen | None = None
    shape: Sequence[int] = ()

    @property
    def features(self) -> Sequence[str]:
        """Returns the names of a row's values, where they have any."""
        return self.used if self.kind == NUMBER else ()

    @property
    def text(self) -> str:
        """Returns what results depend on, in words."""
        told = screen_text(self.screen) if self.screen else str(list(self.shape))
        return f"{self.kind} {', '.join(self.used)}; {told}; label {self.label}"


@dataclass(frozen=True)
class Asked:
    """Holds what is known of the model that rows are read for.

    Attributes:
        screen: How pictures become inputs; only called where they are.
        label: The column that holds labels.
        shape: Of a row of the model's input; None or with None where it is not known.
        beside: A column that is neither input nor label.
    """

    screen: Callable[[], Screen]
    label: str | None = None
    shape: Sequence[int | None] | None = None
    beside: str | None = None

    @property
    def whole_shape(self) -> tuple[int, ...] | None:
        """Returns the shape of a row, where all of it is known."""
        known = [side for side in self.shape or () if side is not None]
        return tuple(known) if self.shape and len(known) == len(self.shape) else None


def layout(
    kinds: Mapping[str, str], asked: Asked, data: str, first: Callable[[str], Sequence[int]]
) -> Layout:
    """Chooses columns: one of pictures, or one of lists, or all of numbers.

    Args:
        kinds: What each column holds.
        asked: What is known of the model.
        data: What the user calls the data.
        first: Returns the shape of the first list of a column.

    Raises:
        TfexplainError: none, or several of pictures or lists.
    """
    label = asked.label
    if label is not None and kinds.get(label) not in (NUMBER, TEXT):
        got = f"; it holds {kinds[label]}" if label in kinds else ""
        raise TfexplainError(
            f"--label={label!r}: expected a column of numbers or texts of {data}: "
            f"{', '.join(kinds)}{got}."
        )
    other = (label, asked.beside)
    own = {n: kind for n, kind in kinds.items() if n not in other and not _INDEX.fullmatch(n)}
    several = [name for name, kind in own.items() if kind in (PICTURE, LIST)]
    used = several or [name for name, kind in own.items() if kind == NUMBER]
    if not used or len(several) > 1:
        got = ", ".join(f"{name} ({kind})" for name, kind in own.items()) or "none"
        raise TfexplainError(
            f"data={data!r}: expected one column of pictures or of lists of numbers, or columns of "
            f"numbers; got {got}. Write a file of those that the model takes."
        )
    unused = [name for name in own if name not in used]
    notes = [f"columns ignored: {', '.join(unused)}"] if unused else []
    kind = own[used[0]]
    screen = asked.screen() if kind == PICTURE else None
    shape = (asked.whole_shape or tuple(first(used[0]))) if kind == LIST else ()
    return Layout(kind, used, label, notes, screen, shape)


def made(
    layout: Layout, rows: Sequence[int], cells: Sequence[Any], labels: Sequence[Any] | None
) -> Read:
    """Makes inputs of the cells of rows; those that cannot be are left out and said.

    Args:
        layout: Which columns they are.
        rows: Their numbers.
        cells: What each row holds: numbers, bytes of a picture, or an error that is said of it.
        labels: Of each row, NaN where there is none.
    """
    good: list[int] = []
    inputs, kept, skipped = [], [], []
    for place, (row, cell) in enumerate(zip(rows, cells, strict=True)):
        try:
            if isinstance(cell, Exception):
                raise cell
            if labels is not None and labels[place] != labels[place]:
                raise ValueError("no label")
            inputs.append(_input(layout, cell))
        except Exception as error:  # of many kinds for damaged pictures
            if passing(error):
                raise
            skipped.append(f"row {row}: {str(error) or type(error).__name__}")
            continue
        good.append(int(row))
        kept.append(None if labels is None else labels[place])
    if not good:
        return Read([], [], None, None, skipped)
    own = None if labels is None else np.array(kept)
    return Read(good, [f"row {row}" for row in good], np.stack(inputs), own, skipped)


def drawn(layout: Layout, cell: Any) -> Array:
    """Returns what maps of a row of pictures are drawn on, uint8 [H, W, C]."""
    assert layout.screen is not None
    return layout.screen.shown(_decoded(cell))


def _input(layout: Layout, cell: Any) -> Array:
    if layout.screen is not None:
        return layout.screen.inputs(_decoded(cell))
    if cell is None:
        raise ValueError("no values")
    values = np.asarray(cell)
    if layout.kind == NUMBER:
        values = values.astype(np.float32)
    elif values.size != np.prod(layout.shape, dtype=int):
        raise ValueError(f"{values.size} numbers; expected those of {list(layout.shape)}")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError("NaN or infinity")
    return values if layout.kind == NUMBER else values.reshape(layout.shape)


def _decoded(cell: Any) -> Any:
    if cell is None:
        raise ValueError("no picture")
    if isinstance(cell, Exception):
        raise cell
    return picture(cell)
