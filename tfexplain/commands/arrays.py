"""Writes `.npz` files sample by sample, as their values come."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfexplain.errors import TfexplainError
from tfexplain.types import Array


class Growing:
    """Writes an `.npz` file whose `values` [N, ...] come batch by batch.

    Args:
        path: Path of the file.
        count: N.
    """

    def __init__(self, path: str, count: int) -> None:
        self._file = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._count = count
        self._entry: Any = None
        self._shape: tuple[int, ...] = ()

    def add(self, values: Array) -> None:
        """Writes the next samples' values, all of one shape.

        Raises:
            TfexplainError: of another one.
        """
        shape = (self._count, *values.shape[1:])
        if self._entry is None:
            self._entry, self._shape = self._file.open("values.npy", "w", force_zip64=True), shape
            description = np.lib.format.dtype_to_descr(values.dtype)
            header = {"descr": description, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_2_0(self._entry, header)
        if shape != self._shape:
            raise TfexplainError(
                f"data: expected samples of one shape; got maps of {self._shape[1:]} and of "
                f"{shape[1:]}. Explain them apart."
            )
        self._entry.write(np.ascontiguousarray(values).data)

    def close(self, others: Mapping[str, Array]) -> None:
        """Writes the arrays that are beside `values`, and the end of the file."""
        if self._entry is not None:
            self._entry.close()
        for name, array in others.items():
            with self._file.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)
        self._file.close()

    def abandon(self) -> None:
        """Closes the file as it is, whatever the disk says."""
        for file in (self._entry, self._file):
            try:
                if file is not None:
                    file.close()
            except (OSError, ValueError):
                pass
