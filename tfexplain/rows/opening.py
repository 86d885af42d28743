"""Opens data as rows by their numbers, whatever they are kept in."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from tfexplain.errors import TfexplainError
from tfexplain.rows.arrays import Arrays
from tfexplain.rows.arrow import open_arrow, open_parquet
from tfexplain.rows.columns import Columns, column_texts
from tfexplain.rows.files import (
    ARRAYS,
    ARROW,
    PARQUET,
    PICTURES,
    RECORDS,
    TABLES,
    Files,
    find_files,
    is_pattern,
    kind_of,
)
from tfexplain.rows.folder import Pictures
from tfexplain.rows.functions import Returned, is_function
from tfexplain.rows.layout import Asked
from tfexplain.rows.pictures import Screen
from tfexplain.rows.records import Records
from tfexplain.rows.several import Several
from tfexplain.rows.source import Source, first_readable
from tfexplain.rows.table import Table
from tfexplain.rows.table import column_texts as table_texts

_OF_COLUMNS = {TABLES, PARQUET, ARROW, RECORDS}


def open_rows(
    data: str,
    *,
    screen: Callable[[], Screen],
    label: str | None,
    listing: str,
    shape: Sequence[int | None] | None = None,
    beside: str | None = None,
) -> Source:
    """Opens pictures, rows of files, or what a function returns.

    Args:
        data: Path of a folder or file, a pattern of paths, or `module:function`.
        screen: How pictures become inputs; only called where they are.
        label: The column that holds labels, where there are columns.
        listing: A folder for what is found by looking through the data, which many that read the
            same data share.
        shape: Of a row of the model's input, which lists of numbers become; None in it, or in its
            place, where it is not known.
        beside: A column that is neither input nor label; see `column_of`.

    Raises:
        TfexplainError, OSError: nothing that can be opened, or without a row.
    """
    source = _opened(data, Asked(screen, label, shape, beside), listing)
    if not len(source):
        first_readable(source, 1)  # raises
    return source


def column_of(data: str, column: str, listing: str) -> list[str]:
    """Returns what a column holds of every row, as text, such as the group of each.

    Args:
        data: A .csv, Parquet or Arrow file, a folder of these, or a pattern.
        column: Its name.
        listing: See `open_rows`.

    Raises:
        TfexplainError, OSError: no such column, or data without columns.
    """
    kind, files = ("", None) if is_function(data) else _found(data, listing)
    if files is None or kind not in (TABLES, PARQUET, ARROW):
        raise TfexplainError(
            f"groups={column!r}: expected a name for each row; got one for all. Pass a sequence in "
            "Python; a name is that of an array of an .npz file, or of a column of .csv, Parquet "
            "or Arrow files."
        )
    one = os.path.isfile(data)
    paths = [data] if one else [files.path(number) for number in range(len(files.names))]
    found: list[str] = []
    for path in paths:
        if kind == TABLES:
            found += table_texts(path, column)
            continue
        file = open_parquet(path) if kind == PARQUET else open_arrow(path, listing)
        found += column_texts(path, file, column)
    return found


def _found(data: str, listing: str) -> tuple[str, Files]:
    """Returns the kind of the data and its files, one for a single file."""
    if not is_pattern(data) and not os.path.exists(data):
        raise FileNotFoundError(f"data={data!r}: no such file or folder. Check the path.")
    kind = PICTURES if is_pattern(data) or os.path.isdir(data) else kind_of(data) or PICTURES
    files = find_files(data, kind, listing)
    return (kind, files) if len(files.names) else _others(data, files, listing)


def _opened(data: str, asked: Asked, listing: str) -> Source:
    if is_function(data):
        if asked.label is not None:
            raise without_columns(asked.label, data)
        return Returned(data, listing)
    kind, files = _found(data, listing)
    if kind not in _OF_COLUMNS and asked.label is not None:
        raise without_columns(asked.label, data)
    if kind == PICTURES:
        return Pictures(data, files, asked.screen())
    if os.path.isfile(data):
        return _file(data, kind, asked, listing)
    shape = asked.shape and list(asked.shape)
    more = {"label": asked.label, "shape": shape, "beside": asked.beside}
    return Several(data, files, lambda path: _file(path, kind, asked, listing), more, listing)


def _file(path: str, kind: str, asked: Asked, listing: str) -> Source:
    if kind == ARRAYS:
        return Arrays(path, listing)
    if kind == TABLES:
        return Table(path, asked.label, listing, asked.beside)
    if kind == RECORDS:
        return Records(path, asked, listing)
    file = open_parquet(path) if kind == PARQUET else open_arrow(path, listing)
    return Columns(path, file, asked, listing)


def _others(data: str, files: Files, listing: str) -> tuple[str, Files]:
    """Returns the files of rows where there are no pictures."""
    found = {kind: count for kind, count in (files.others or {}).items() if kind != "other files"}
    if len(found) > 1:
        told = " and ".join(f"{count} {kind}" for kind, count in sorted(found.items()))
        raise TfexplainError(
            f"data={data!r}: expected files of one kind; found {told}. Name those of one by a "
            "pattern, such as 'folder/*.csv'."
        )
    if not found and is_pattern(data):
        raise FileNotFoundError(f"data={data!r}: no picture or file of rows has such a path.")
    (kind,) = found or {PICTURES}
    return kind, find_files(data, kind, listing)


def without_columns(label: str, data: str) -> TfexplainError:
    """Returns the error for a column of labels where columns have no names."""
    return TfexplainError(
        f"--label={label!r}: expected data whose columns have names, such as a .csv file; got "
        f"{data}. Leave it out."
    )
