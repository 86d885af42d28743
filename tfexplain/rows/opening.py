"""Opens data as rows by their numbers, whatever they are kept in."""

from __future__ import annotations

import os
from collections.abc import Callable

from tfexplain.errors import TfexplainError
from tfexplain.rows.arrays import Arrays
from tfexplain.rows.folder import Pictures
from tfexplain.rows.pictures import Screen
from tfexplain.rows.source import Source, first_readable
from tfexplain.rows.table import Table


def open_rows(
    data: str, *, screen: Callable[[], Screen], label: str | None, listing: str
) -> Source:
    """Opens a folder of pictures, a picture, an .npz or a .csv file.

    Args:
        data: Path of the folder or file.
        screen: How pictures become inputs; only called where they are.
        label: The column of a .csv file that holds labels.
        listing: A folder for what is found by looking through the data, which many that read the
            same data share.

    Raises:
        TfexplainError, OSError: nothing that can be opened, or without a row.
    """
    if not os.path.exists(data):
        raise FileNotFoundError(f"data={data!r}: no such file or folder. Check the path.")
    source = _opened(data, screen, label, listing)
    if not len(source):
        first_readable(source, 1)  # raises
    return source


def _opened(data: str, screen: Callable[[], Screen], label: str | None, listing: str) -> Source:
    extension = os.path.splitext(data)[1].lower()
    if extension == ".csv":
        return Table(data, label, listing)
    if label is not None:
        raise TfexplainError(
            f"--label={label!r}: expected a .csv file, whose columns have names; got {data}. Leave "
            "it out."
        )
    return Arrays(data, listing) if extension == ".npz" else Pictures(data, screen(), listing)
