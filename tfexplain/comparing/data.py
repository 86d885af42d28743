"""Reads the data that models are compared on."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfexplain.data.groups import check_groups
from tfexplain.data.row_choice import sample
from tfexplain.data.validation import Rows, whole
from tfexplain.errors import TfexplainError
from tfexplain.rows.arrays import EXPECTED, REMEDY, mapped, named, unclear

# All rows are predicted, so that those of a data set are held.
_ROWS = 1024
_BYTES = 128 << 20


def read_grouped(
    validation_data: Any, model: Any, groups: Sequence[Any] | str | None
) -> tuple[Rows, list[str]]:
    """Reads the rows of the data, and the group of each.

    Of data in batches it takes a sample of rows, the same in whatever order they come.

    Args:
        validation_data: What `Explain` takes.
        model: The one they are for.
        groups: A name for each row; None: no groups.

    Raises:
        TfexplainError: nothing in it, rows that do not match, not a group for each row.
    """
    if isinstance(groups, str):
        raise TfexplainError(
            f"groups={groups!r}: expected a name for each row; got one for all. Pass a sequence; "
            "the name of an array is for data in an .npz file."
        )
    rows = whole(validation_data, model)
    if groups is None:
        return rows or sample(validation_data, model, _ROWS, _BYTES), []
    check_groups(groups, len(rows or ()), rows is not None)
    assert rows is not None
    return rows, of_rows(groups, len(rows))


def of_rows(groups: Sequence[Any], count: int) -> list[str]:
    """Returns the group of each row as text."""
    return [str(group) for group in groups[:count]]


def read_arrays(
    path: str, model: Any, groups: Sequence[Any] | str | None, folder: str
) -> tuple[Rows, list[str]]:
    """Maps the arrays of an .npz file where they lie.

    Args:
        path: Its path.
        model: The one they are for.
        groups: A name for each row, or that of the array in the file; None: no groups.
        folder: Where packed ones are unpacked to be mapped.

    Raises:
        TfexplainError, OSError: as `read_grouped`, and a file without the arrays.
    """
    found, own = _npz(path, groups if isinstance(groups, str) else None, folder)
    rows = whole(found, model)
    assert rows is not None
    named_groups = own if isinstance(groups, str) else groups
    if named_groups is None:
        return rows, []
    check_groups(named_groups, len(rows), True)
    return rows, of_rows(named_groups, len(rows))


def _npz(path: str, groups: str | None, folder: str) -> tuple[tuple[Any, ...], Any]:
    """Maps (x, y) or (x,) of an .npz file, and the array of groups where it is named."""
    said = f"validation_data={path!r}"
    try:
        with open(path, "rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                raise TfexplainError("it holds a single array without a name")
            names = list(loaded)
            chosen = named([name for name in names if name != groups])
            own = loaded[groups] if groups in names else None
        found = mapped(path, chosen, folder)
    except FileNotFoundError:
        raise FileNotFoundError(f"{said}: no such file. Check the path.") from None
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise TfexplainError(
            f"{said}: cannot be read as an .npz file ({error}); {EXPECTED}. {REMEDY}"
        ) from error
    if groups is not None and own is None:
        raise TfexplainError(
            f"groups={groups!r}: expected an array of {path!r}; got none of this name. It holds: "
            f"{', '.join(names) or 'nothing'}."
        )
    if not chosen:
        raise unclear(said, names)
    return tuple(found), own
