"""Reads the data that models are compared on."""

from __future__ import annotations

import os
import zipfile
from typing import Any

import numpy as np

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
    if isinstance(validation_data, (str, os.PathLike)):
        validation_data = _npz(os.fspath(validation_data))
    return whole(validation_data, model) or sample(validation_data, model, _ROWS, _BYTES)


def _npz(path: str) -> tuple[Any, ...]:
    """Reads (x, y) or (x,) from an .npz file."""
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
    for names in _NAMES:
        if names[0] in arrays:
            return tuple(arrays[name] for name in names if name in arrays)
    if not arrays or len(arrays) > 2:
        got = ", ".join(arrays) or "none"
        raise TfexplainError(
            f"validation_data={path!r}: {expected}; got {got}. Save with np.savez(path, x=x, y=y)."
        )
    return tuple(arrays.values())
