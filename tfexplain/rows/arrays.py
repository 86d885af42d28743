"""Reads the rows of an .npz file, those alone that are asked for."""

from __future__ import annotations

import os
import shutil
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfexplain.errors import TfexplainError
from tfexplain.rows.listing import Writer, kept, stamp
from tfexplain.rows.source import Read
from tfexplain.types import Array

_NAMES = (("x", "y"), ("images", "labels"))
EXPECTED = "expected arrays x and y, or images and labels, or two arrays in this order"
REMEDY = "Save it with np.savez(path, x=x, y=y)."
_LOCAL_HEADER = 30  # bytes of a zip member's, before its name and what else is said


class Arrays:
    """Represents the rows of an .npz file as a `Source`.

    Its arrays are mapped where they lie. Compressed ones can only be read from their beginning, so
    they are unpacked beside the listing, once.

    Args:
        data: Path of the file.
        folder: Folder of listings.

    Raises:
        TfexplainError: a file without the arrays, or of arrays that do not match.
    """

    expected = "rows of finite numbers"
    features: Sequence[str] = ()
    classes: Sequence[str] = ()
    notes: Sequence[str] = ()
    pictures = False

    def __init__(self, data: str, folder: str) -> None:
        self.data = data
        try:
            with zipfile.ZipFile(data) as file:
                by_name = {info.filename.removesuffix(".npy"): info for info in file.infolist()}
            names = named(list(by_name))
            found = mapped(data, names, folder)
        except (zipfile.BadZipFile, EOFError, ValueError, struct.error) as error:
            raise TfexplainError(
                f"data={data!r}: cannot be read as an .npz file ({error}); {EXPECTED}. {REMEDY}"
            ) from error
        if not names:
            raise unclear(f"data={data!r}", list(by_name))
        crcs = " ".join(f"{by_name[name].CRC:08x}" for name in names)
        self.facts: Mapping[str, str] = {"data": f"arrays of checksums {crcs}"}
        shapes = [array.shape for array in found]
        if () in shapes or len({shape[0] for shape in shapes}) > 1:
            told = " and ".join(str(list(shape)) for shape in shapes)
            raise TfexplainError(
                f"data={data!r}: expected as many labels as inputs; got arrays of {told}. {REMEDY}"
            )
        self._inputs, self._labels = found[0], found[1] if len(found) > 1 else None
        self.labelled = self._labels is not None

    def __len__(self) -> int:
        return len(self._inputs)

    def read(self, rows: Sequence[int]) -> Read:
        """Copies rows; those with NaN or infinity are left out and said."""
        asked = np.asarray(rows, np.int64)
        inputs = np.asarray(self._inputs[asked])
        fine = np.ones(len(asked), bool)
        if np.issubdtype(inputs.dtype, np.floating):
            fine = np.isfinite(inputs).reshape(len(asked), -1).all(axis=1)
        good = asked[fine].tolist()
        return Read(
            good,
            [f"row {row}" for row in good],
            inputs[fine] if good else None,
            None if self._labels is None else np.asarray(self._labels[good]),
            [f"row {row}: NaN or infinity" for row in asked[~fine].tolist()],
        )

    def picture(self, row: int) -> Array:
        """Raises, for rows of an array are no files of pictures."""
        raise NotImplementedError


def named(names: Sequence[str]) -> tuple[str, ...]:
    """Returns the names of the inputs and, where there are any, of the labels; none where that is
    not clear.

    >>> named(["labels", "images"])
    ('images', 'labels')
    """
    for pair in _NAMES:
        if pair[0] in names:
            return tuple(name for name in pair if name in names)
    return tuple(names) if len(names) <= 2 else ()


def unclear(said: str, names: Sequence[str]) -> TfexplainError:
    """Returns the error for a file of other arrays."""
    return TfexplainError(f"{said}: {EXPECTED}; got {', '.join(names) or 'none'}. {REMEDY}")


def mapped(path: str, names: Sequence[str], folder: str) -> list[Array]:
    """Maps arrays of an .npz file.

    Args:
        path: Its path.
        names: Their names.
        folder: Folder of listings, beside which packed ones are unpacked.

    Raises:
        ValueError, OSError, zipfile.BadZipFile: they cannot be read.
    """
    with zipfile.ZipFile(path) as file:
        return [_array(file, file.getinfo(f"{name}.npy"), path, folder) for name in names]


def _array(file: zipfile.ZipFile, member: zipfile.ZipInfo, data: str, folder: str) -> Array:
    """Maps an array where it lies, or where it is unpacked."""
    if member.compress_type == zipfile.ZIP_STORED:
        return _mapped(data, _start(data, member))
    now = stamp(data)

    def unpack(writer: Writer) -> Mapping[str, Any]:
        with file.open(member) as packed, open(writer.path("array.npy"), "wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
        return {"stamp": now}

    listed = kept(
        folder,
        {"array": member.filename, "of": os.path.realpath(data)},
        lambda listing: bool(listing.said["stamp"] == now),
        unpack,
    )
    return _mapped(listed.path("array.npy"), 0)


def _start(path: str, member: zipfile.ZipInfo) -> int:
    """Returns where a stored member's bytes begin; its own header tells, not the file's index."""
    with open(path, "rb") as file:
        file.seek(member.header_offset)
        name, extra = struct.unpack("<HH", file.read(_LOCAL_HEADER)[-4:])
    return int(member.header_offset + _LOCAL_HEADER + name + extra)


def _mapped(path: str, start: int) -> Array:
    with open(path, "rb") as file:
        file.seek(start)
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read = np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file)
        offset = file.tell()
    if dtype.hasobject:
        raise ValueError("arrays of objects, which would have to be unpickled")
    if 0 in shape:  # which cannot be mapped
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype, "r", offset, shape, "F" if fortran else "C")
