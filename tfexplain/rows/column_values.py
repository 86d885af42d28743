"""Converts columns of pyarrow to numbers, lists, texts and the bytes of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfexplain.errors import TfexplainError
from tfexplain.rows.layout import LIST, NUMBER, OTHER, PICTURE, TEXT
from tfexplain.types import Array


def pyarrow(data: str) -> Any:
    """Imports pyarrow, which is asked for by its extra.

    Raises:
        TfexplainError: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.compute
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError as error:
        raise TfexplainError(
            f"data={data!r}: expected pyarrow, which reads such files; it is not installed. pip "
            'install "tensorboard-plugin-tfexplain[parquet]"'
        ) from error
    return pyarrow


def kind_of_type(type_: Any) -> str:
    """Returns what a column of one of pyarrow's types holds."""
    from pyarrow import types

    plain = _storage(type_)
    if any(is_(plain) for is_ in (types.is_integer, types.is_floating, types.is_boolean)):
        return NUMBER
    if types.is_decimal(plain):
        return NUMBER
    if _is_text(plain) or (types.is_dictionary(plain) and _is_text(plain.value_type)):
        return TEXT
    if _is_binary(plain) or (types.is_struct(plain) and _bytes_field(plain) >= 0):
        return PICTURE
    depth = plain
    while _is_list(depth):
        depth = _storage(depth.value_type)
    return LIST if depth is not plain and kind_of_type(depth) == NUMBER else OTHER


def numbers(column: Any, *, whole: bool = False) -> Array:
    """Returns a column's numbers, NaN where there is none.

    Args:
        column: The column.
        whole: Whole numbers remain such where none is missing; else all are float64.
    """
    import pyarrow

    if whole and not column.null_count and pyarrow.types.is_integer(column.type):
        return np.asarray(column.to_numpy(zero_copy_only=False))
    floats = column.cast(pyarrow.float64(), safe=False)
    return np.asarray(floats.to_numpy(zero_copy_only=False))


def texts(column: Any) -> Sequence[str | None]:
    """Returns a column's texts."""
    found: Sequence[str | None] = column.to_pylist()
    return found


def pictures(column: Any) -> Sequence[bytes | None]:
    """Returns the bytes of a column's pictures, None where there are none."""
    import pyarrow

    column = _stored(column)
    if pyarrow.types.is_struct(column.type):
        column = column.field(_bytes_field(column.type))
    found: Sequence[bytes | None] = column.to_pylist()
    return found


def lists(column: Any, *, flat: bool = True) -> Sequence[Any]:
    """Returns the numbers of each list, those of lists in it one after the other.

    Args:
        column: The column.
        flat: Else lists in lists remain such.
    """
    column = _stored(column)
    if not flat:
        nested: Sequence[Any] = column.to_pylist()
        return nested
    return [_flat(row.values) if row.is_valid else None for row in column]


def _flat(values: Any) -> Array:
    values = _stored(values)
    while _is_list(values.type):
        values = _stored(values.flatten())
    return np.asarray(values.to_numpy(zero_copy_only=False))


def _stored(column: Any) -> Any:
    """Returns a column as it is kept, whatever extension of the types it is read by."""
    return column.storage if hasattr(column.type, "storage_type") else column


def _storage(type_: Any) -> Any:
    return getattr(type_, "storage_type", type_)


def _bytes_field(type_: Any) -> int:
    """Returns which part of a structure holds a picture's bytes, as Hugging Face's have; else
    -1."""
    place = int(type_.get_field_index("bytes"))
    return place if place >= 0 and _is_binary(type_.field(place).type) else -1


def _is_text(type_: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(type_) or types.is_large_string(type_))


def _is_binary(type_: Any) -> bool:
    from pyarrow import types

    return bool(types.is_binary(type_) or types.is_large_binary(type_))


def _is_list(type_: Any) -> bool:
    from pyarrow import types

    return bool(
        types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_)
    )
