"""Reads the data that models are compared on."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfexplain.data.groups import check_groups
from tfexplain.data.row_choice import sample
from tfexplain.data.validation import Rows, whole
from tfexplain.errors import TfexplainError

# All rows are predicted, so that those of a data set are held.
_ROWS = 1024
_BYTES = 128 << 20
_NAMES = (("x", "y"), ("images", "labels"))


def read_data(validation_data: Any, model: Any = None) -> Rows:
    """Reads the rows of the data: what `Explain` takes, or the path of an .npz file.

    Of data in batches it takes a sample of rows, the same in whatever order they come.

    Raises:
        TfexplainError, OSError: nothing in it, rows that do not match, a file without the arrays.
        TfexplainError: no data.
    """
    return read_grouped(validation_data, model, None)[0]


def read_grouped(
    validation_data: Any, model: Any, groups: Sequence[Any] | str | None
) -> tuple[Rows, list[str]]:
    """Reads the rows of the data, and the group of each.

    Args:
        validation_data: See `read_data`.
        model: The one they are for.
        groups: A name for each row, or that of the array in the file; None: no groups.

    Raises:
        TfexplainError, OSError: as `read_data`, and not a group for each row.
    """
    if isinstance(validation_data, (str, os.PathLike)):
        named = groups if isinstance(groups, str) else None
        validation_data, found = _npz(os.fspath(validation_data), named)
        groups = found if named is not None else groups
    elif isinstance(groups, str):
        raise TfexplainError(
            f"groups={groups!r}: expected a name for each row; got one for all. Pass a sequence; "
            "the name of an array is for data in an .npz file."
        )
    rows = whole(validation_data, model)
    if groups is None:
        return rows or sample(validation_data, model, _ROWS, _BYTES), []
    check_groups(groups, len(rows or ()), rows is not None)
    assert rows is not None
    return rows, [str(group) for group in groups[: len(rows)]]


def _npz(path: str, groups: str | None) -> tuple[tuple[Any, ...], Any]:
    """Reads (x, y) or (x,) from an .npz file, and the array of groups where it is named."""
    expected = "expected arrays x and y, or images and labels, or two arrays in this order"
    try:
        with open(path, "rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                raise TfexplainError("it holds a single array without a name")
            arrays = {name: loaded[name] for name in loaded}
    except FileNotFoundError:
        raise FileNotFoundError(
            f"validation_data={path!r}: no such file. Check the path."
        ) from None
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise TfexplainError(
            f"validation_data={path!r}: cannot be read as an .npz file ({error}); {expected}. "
            "Save it with np.savez(path, x=x, y=y)."
        ) from error
    if groups is not None and groups not in arrays:
        raise TfexplainError(
            f"groups={groups!r}: expected an array of {path!r}; got none of this name. It holds: "
            f"{', '.join(arrays) or 'nothing'}."
        )
    of_rows = arrays.pop(groups) if groups is not None else None
    for names in _NAMES:
        if names[0] in arrays:
            return tuple(arrays[name] for name in names if name in arrays), of_rows
    if not arrays or len(arrays) > 2:
        got = ", ".join(arrays) or "none"
        raise TfexplainError(
            f"validation_data={path!r}: {expected}; got {got}. Save with np.savez(path, x=x, y=y)."
        )
    return tuple(arrays.values()), of_rows
