"""Reads the rows of a .csv file, those alone that are asked for."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np

from tfexplain.errors import TfexplainError
from tfexplain.rows.listing import Writer, kept, stamp
from tfexplain.rows.source import Read
from tfexplain.types import Array

_BLOCK = 1 << 16
_MARK = b"\xef\xbb\xbf"  # some programs put it before UTF-8


class Table:
    """Represents the rows of a .csv file, whose first line names the columns, as a `Source`.

    It is looked through once for where each row begins.

    Args:
        data: Path of the file.
        label: The column that holds labels.
        folder: Folder of listings.
        beside: A column that is neither input nor label, of any text.

    Raises:
        TfexplainError: no table, or one without the column.
    """

    expected = "a header and rows of numbers"
    classes: Sequence[str] = ()
    notes: Sequence[str] = ()
    pictures = False

    def __init__(
        self, data: str, label: str | None, folder: str, beside: str | None = None
    ) -> None:
        self.data = data
        now = stamp(data)
        listed = kept(
            folder,
            {"table": os.path.realpath(data)},
            lambda listing: bool(listing.said["stamp"] == now),
            lambda writer: {"stamp": now, **_listed(data, writer)},
        )
        names = self._columns = listed.said["columns"]
        if label is not None and label not in names:
            raise TfexplainError(
                f"--label={label!r}: expected a column of {data}: {', '.join(names)}."
            )
        self._used = [i for i, name in enumerate(names) if name not in (label, beside)]
        self._beside = names.index(beside) if beside in names else None
        self._label = None if label is None else names.index(label)
        # [N, 3]: where a row begins and ends, and the number of its last line.
        self._rows = listed.numbers("rows").reshape(-1, 3)
        self.features: Sequence[str] = [names[i] for i in self._used]
        self.labelled = label is not None
        self.facts: Mapping[str, str] = {
            "data": f"table {listed.said['hash'][:16]}",
            "label": str(label),
        }

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, rows: Sequence[int]) -> Read:
        """Reads lines; those that are no numbers are left out and said."""
        good: list[int] = []
        names, values, skipped = [], [], []
        with open(self.data, "rb") as file:
            for row in rows:
                start, end, line = self._rows[row].tolist()
                file.seek(start)
                try:
                    values.append(self._values(file.read(end - start)))
                except ValueError as error:
                    skipped.append(f"line {line}: {error}")
                else:
                    good.append(int(row))
                    names.append(f"line {line}")
        if not good:
            return Read([], [], None, None, skipped)
        table = np.array(values)
        inputs = table[:, self._used].astype(np.float32)
        labels = None if self._label is None else table[:, self._label]
        return Read(good, names, inputs, labels, skipped)

    def picture(self, row: int) -> Array:
        """Raises, for rows of a table are no files of pictures."""
        raise NotImplementedError

    def _values(self, line: bytes) -> list[float]:
        cells = next(csv.reader(io.StringIO(line.decode(), newline="")), [])
        if len(cells) != len(self._columns):
            raise ValueError(f"expected {len(self._columns)} cells; got {len(cells)}")
        values = [0.0 if i == self._beside else float(cell) for i, cell in enumerate(cells)]
        if not np.isfinite(values).all():
            raise ValueError("NaN or infinity")
        return values


def column_texts(data: str, column: str) -> Iterator[str]:
    """Yields the texts of a column of a .csv file, "" where a row ends before it.

    Raises:
        TfexplainError: no such column.
    """
    with open(data, encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file)
        names = [name.strip() for name in next(reader, [])]
        if column not in names:
            raise no_column(column, data, names)
        place = names.index(column)
        yield from (cells[place].strip() if place < len(cells) else "" for cells in reader if cells)


def no_column(column: str, data: str, names: Sequence[str]) -> TfexplainError:
    """Returns the error for a column of groups that is not there."""
    return TfexplainError(
        f"groups={column!r}: expected a column of {data}; got none of this name. It has: "
        f"{', '.join(names)}."
    )


def _listed(data: str, writer: Writer) -> Mapping[str, Any]:
    """Writes where rows begin and end, and returns the columns' names and a hash of the file."""
    digest = hashlib.sha256()
    writer.begin("rows")
    at = 0

    def lines() -> Iterator[str]:
        nonlocal at
        for line in _lines(file):
            digest.update(line)
            text = line.removeprefix(_MARK) if not at else line
            # What is no text is a fault of its row alone, and said when that is read.
            strict = "surrogateescape" if at else "strict"
            at += len(line)
            yield text.decode("utf-8", strict)

    with open(data, "rb") as file:
        try:
            reader = csv.reader(lines())
            names = [name.strip() for name in next(reader, [])]
            _check(names, data)
            start = at
            for cells in reader:
                if cells:
                    writer.number("rows", start, at, reader.line_num)
                start = at
        except (UnicodeDecodeError, csv.Error) as error:
            raise TfexplainError(f"data={data!r}: cannot be read as a table: {error}.") from error
    return {"columns": names, "hash": digest.hexdigest()}


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yields lines that end as those of any system do, and as the csv module reads them."""
    rest = b""
    while block := file.read(_BLOCK):
        # The last one may go on, or end in half of "\r\n".
        *lines, rest = (rest + block).splitlines(keepends=True)
        yield from lines
    yield from rest.splitlines(keepends=True)


def _check(names: Sequence[str], data: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if not names or all(_is_number(name) for name in names) or twice:
        got = f"{twice[0]!r} twice" if twice else "none"
        raise TfexplainError(
            f"data={data!r}: expected a first line that names each column once; got {got}. Add it."
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
