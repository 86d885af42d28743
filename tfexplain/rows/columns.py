"""Reads rows of Parquet and Arrow files, part after part of which some rows are held."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.rows.column_values import kind_of_type, lists, numbers, pictures, texts
from tfexplain.rows.layout import LIST, NUMBER, PICTURE, TEXT, Asked, drawn, layout, made
from tfexplain.rows.listing import Writer, kept, stamp
from tfexplain.rows.source import Read, passing
from tfexplain.rows.table import no_column
from tfexplain.types import Array

_MOST_CLASSES = 10_000


class ColumnFile(Protocol):
    """Gives the rows of a file in parts that can be entered at their first row.

    Attributes:
        schema: pyarrow's, of its columns.
        counts: Rows of each part.
        fingerprint: What tells it from other files.
    """

    schema: Any
    counts: npt.NDArray[np.int64]
    fingerprint: str

    def stream(self, part: int, columns: Sequence[str]) -> Iterator[Any]:
        """Yields pyarrow's record batches of a part's rows in order, a few megabytes each."""


class Columns:
    """Represents the rows of a file of columns as a `Source`.

    Args:
        data: Path of the file.
        file: The file.
        asked: What is known of the model.
        folder: Folder of listings.

    Raises:
        TfexplainError: no columns that become inputs, or none of labels.
    """

    expected = "rows of finite numbers or of pictures"

    def __init__(self, data: str, file: ColumnFile, asked: Asked, folder: str) -> None:
        self.data, self._file = data, file
        kinds = {field.name: kind_of_type(field.type) for field in file.schema}
        self._layout = layout(kinds, asked, data, self._first_shape)
        label = self._layout.label
        self.classes: Sequence[str] = ()
        if label is not None:
            self.classes = _named_classes(file.schema, label)
            if kinds[label] == TEXT:
                self.classes = self._classes(label, folder)
        self._numbers = {name: number for number, name in enumerate(self.classes)}
        self._texts = label is not None and kinds[label] == TEXT
        self.labelled = label is not None
        self.pictures = self._layout.kind == PICTURE
        self.features, self.notes = self._layout.features, self._layout.notes
        self.facts: Mapping[str, str] = {"data": file.fingerprint, "columns": self._layout.text}
        read = list(self._layout.used) + ([label] if label is not None else [])
        self._cursor = _Cursor(file, read)

    def __len__(self) -> int:
        return int(self._file.counts.sum())

    def read(self, rows: Sequence[int]) -> Read:
        """Reads rows; those that cannot be are left out and said."""
        cells: list[Any] = [None] * len(rows)
        labels: list[Any] | None = [0] * len(rows) if self.labelled else None
        for found, places in self._cursor.take(rows):
            if isinstance(found, Exception):
                for place in places:
                    cells[place] = found
                continue
            for place, cell in zip(places, self._cells(found), strict=True):
                cells[place] = cell
            if labels is not None:
                for place, label in zip(places, self._labels(found), strict=True):
                    labels[place] = label
        return made(self._layout, rows, cells, labels)

    def picture(self, row: int) -> Array:
        """Returns what maps of a row are drawn on, uint8 [H, W, C]."""
        ((found, _),) = self._cursor.take([row])
        return drawn(self._layout, found if isinstance(found, Exception) else self._cells(found)[0])

    def _cells(self, table: Any) -> Any:
        if self._layout.kind == NUMBER:
            return np.stack([numbers(table.column(name)) for name in self._layout.used], 1)
        column = table.column(self._layout.used[0])
        return lists(column) if self._layout.kind == LIST else pictures(column)

    def _labels(self, table: Any) -> Any:
        column = table.column(self._layout.label)
        if self._texts:
            return [np.nan if text is None else self._numbers[text] for text in texts(column)]
        return numbers(column, whole=True)

    def _first_shape(self, column: str) -> Sequence[int]:
        for part in range(len(self._file.counts)):
            for batch in self._file.stream(part, [column]):
                for values in lists(batch.column(column), flat=False):
                    if values is not None:
                        return list(np.shape(values))
        return ()

    def _classes(self, label: str, folder: str) -> Sequence[str]:
        """Returns the texts of a column of labels in order, which are looked through once."""
        now = stamp(self.data)

        def make(_: Writer) -> Mapping[str, Any]:
            found: set[str] = set()
            for part in range(len(self._file.counts)):
                for batch in self._file.stream(part, [label]):
                    found.update(text for text in texts(batch.column(label)) if text is not None)
                    if len(found) > _MOST_CLASSES:
                        raise TfexplainError(
                            f"--label={label!r}: expected numbers, or texts of at most "
                            f"{_MOST_CLASSES} classes; got more."
                        )
            return {"stamp": now, "classes": sorted(found)}

        listed = kept(
            folder,
            {"classes of": os.path.realpath(self.data), "label": label},
            lambda listing: bool(listing.said["stamp"] == now),
            make,
        )
        classes: Sequence[str] = listed.said["classes"]
        return classes


def column_texts(data: str, file: ColumnFile, column: str) -> Iterator[str]:
    """Yields the values of a column as text, "" where there is none.

    Raises:
        TfexplainError: no such column.
    """
    names = [field.name for field in file.schema]
    if column not in names:
        raise no_column(column, data, names)
    for part in range(len(file.counts)):
        for batch in file.stream(part, [column]):
            yield from (
                "" if value is None else str(value) for value in batch.column(column).to_pylist()
            )


class _Cursor:
    """Takes rows out of a file, going on where it stands where that lies before them."""

    def __init__(self, file: ColumnFile, columns: Sequence[str]) -> None:
        self._file, self._columns = file, columns
        self._ends = np.cumsum(file.counts)
        self._part, self._start = -1, 0
        self._batch: Any = None
        self._stream: Iterator[Any] = iter(())

    def take(self, rows: Sequence[int]) -> Iterator[tuple[Any, list[int]]]:
        """Yields (record batch or error, which of the rows it holds)."""
        asked = np.asarray(rows, np.int64)
        order = np.argsort(asked, kind="stable")
        parts = np.searchsorted(self._ends, asked[order], "right")
        for part in np.unique(parts).tolist():
            places = order[parts == part]
            start = int(self._ends[part - 1]) if part else 0
            yield from self._of_part(part, asked[places] - start, places)

    def _of_part(
        self, part: int, rows: npt.NDArray[np.int64], places: npt.NDArray[np.int64]
    ) -> Iterator[tuple[Any, list[int]]]:
        if part != self._part or rows[0] < self._start:
            self._part, self._start, self._batch = part, 0, None
            self._stream = self._file.stream(part, self._columns)
        while len(rows):
            end = self._start + (len(self._batch) if self._batch is not None else 0)
            here = int(np.searchsorted(rows, end))
            if here:
                yield self._batch.take(rows[:here] - self._start), places[:here].tolist()
                rows, places = rows[here:], places[here:]
                continue
            try:
                self._start, self._batch = end, next(self._stream)
            except Exception as error:
                self._part = -1  # it cannot go on
                if passing(error):
                    raise
                # What follows in this part cannot be reached.
                said = "the part ends before it" if isinstance(error, StopIteration) else error
                yield ValueError(f"damaged file: {said}"), places.tolist()
                return


def _named_classes(schema: Any, label: str) -> Sequence[str]:
    """Returns what Hugging Face's datasets call the classes of a column."""
    try:
        told = json.loads(schema.metadata[b"huggingface"])["info"]["features"][label]["names"]
    except (KeyError, TypeError, ValueError):
        return ()
    return [str(name) for name in told]
