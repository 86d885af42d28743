"""Reads the rows of a TFRecord file of `tf.train.Example`s."""

from __future__ import annotations

import gzip
import os
import shutil
import struct
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
import tensorflow as tf
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from tfexplain.errors import TfexplainError
from tfexplain.model.keras_private import record_reader
from tfexplain.rows.layout import LIST, NUMBER, OTHER, PICTURE, TEXT, Asked, drawn, layout, made
from tfexplain.rows.listing import Writer, kept, stamp
from tfexplain.rows.pictures import picture
from tfexplain.rows.source import Read
from tfexplain.types import Array

_HEAD = struct.Struct("<QI")  # a record's length, and a checksum of that
_TAIL = 4  # bytes of a checksum after it
_GZIP = b"\x1f\x8b"
# Records that are looked at for one that can be read.
_FIRST = 100


class Records:
    """Represents the records of a file as a `Source`.

    It is looked through once for where each record begins. What the first record holds says which
    features are the inputs, as columns do: of numbers in order of their names. A file packed by
    gzip, which can only be read from its beginning, is unpacked beside the listing, once.

    Args:
        data: Path of the file.
        asked: What is known of the model.
        folder: Folder of listings.

    Raises:
        TfexplainError: no record that can be read, or none of features that become inputs.
    """

    expected = "records of tf.train.Example"
    classes: Sequence[str] = ()

    def __init__(self, data: str, asked: Asked, folder: str) -> None:
        self.data = data
        now = stamp(data)
        listed = kept(
            folder,
            {"records": os.path.realpath(data)},
            lambda listing: bool(listing.said["stamp"] == now),
            lambda writer: {"stamp": now, **_listed(data, writer)},
        )
        self._path = listed.path("records") if listed.said["packed"] else data
        self._starts = listed.numbers("starts")
        self._reader: Any = None
        example = self._first()
        kinds = {name: _kind(example[name]) for name in sorted(example)}
        self._layout = layout(kinds, asked, data, lambda name: [len(example[name])])
        if asked.label is not None and kinds[asked.label] == TEXT:
            raise TfexplainError(
                f"--label={asked.label!r}: expected a feature of whole numbers; got texts. Write "
                "the numbers of the classes."
            )
        self.features, self.notes = self._layout.features, self._layout.notes
        self.pictures = self._layout.kind == PICTURE
        self.labelled = asked.label is not None
        self.facts: Mapping[str, str] = {
            "data": f"{len(self)} records, size and time {now}",
            "columns": self._layout.text,
        }

    def __len__(self) -> int:
        return len(self._starts)

    def read(self, rows: Sequence[int]) -> Read:
        """Reads records; damaged ones are left out and said."""
        cells: list[Any] = []
        labels: list[Any] = []
        for row in rows:
            cell: Any
            label: Any = 0
            try:
                example = self._example(int(row))
                cell = self._cell(example)
                if self._layout.label is not None:
                    (label,) = _given(example, self._layout.label)
            except ValueError as error:
                cell = error
            cells.append(cell)
            labels.append(label)
        return made(self._layout, rows, cells, labels if self.labelled else None)

    def picture(self, row: int) -> Array:
        """Returns what maps of a row are drawn on, uint8 [H, W, C]."""
        return drawn(self._layout, self._cell(self._example(row)))

    def _cell(self, example: Mapping[str, Any]) -> Any:
        if self._layout.kind == NUMBER:
            return np.concatenate([_given(example, name) for name in self._layout.used])
        found = _given(example, self._layout.used[0])
        return found[0] if self._layout.kind == PICTURE else found

    def _example(self, row: int) -> dict[str, Any]:
        """Reads a record by the names of its features.

        Raises:
            ValueError: it is damaged, or no `tf.train.Example`.
        """
        if self._reader is None:
            self._reader = record_reader(self._path)
        try:
            data, _ = self._reader.read(int(self._starts[row]))
        except (tf.errors.DataLossError, tf.errors.OutOfRangeError, IndexError) as error:
            raise ValueError(f"damaged record, byte {self._starts[row]}") from error
        try:
            features = tf.train.Example.FromString(data).features.feature
        except Exception as error:  # protobuf's own, which lies elsewhere in each version
            raise ValueError("no tf.train.Example") from error
        return {name: _values(feature) for name, feature in features.items()}

    def _first(self) -> dict[str, Any]:
        why = "it is empty"
        for row in range(min(len(self), _FIRST)):
            try:
                if example := self._example(row):
                    return example
                why = "an Example without features"
            except ValueError as error:
                why = str(error)
        raise TfexplainError(
            f"data={self.data!r}: expected records of tf.train.Example; got none: {why}."
        )


def _values(feature: Any) -> Any:
    """Returns an array of numbers, or a list of bytes."""
    kind = feature.WhichOneof("kind")
    if kind == "bytes_list":
        return list(feature.bytes_list.value)
    if kind == "int64_list":
        return np.array(feature.int64_list.value, np.int64)
    return np.array(feature.float_list.value, np.float32)


def _given(example: Mapping[str, Any], name: str) -> Any:
    found = example.get(name, ())
    if not len(found):
        raise ValueError(f"no {name}")
    return found


def _kind(values: Any) -> str:
    if not isinstance(values, list):
        return NUMBER if len(values) == 1 else LIST if len(values) else OTHER
    if len(values) != 1:
        return OTHER
    try:
        picture(values[0])
    except Exception:  # Pillow raises errors of many kinds
        return TEXT
    return PICTURE


def _listed(data: str, writer: Writer) -> Mapping[str, Any]:
    """Writes where records begin, the first that is damaged being the last."""
    with open(data, "rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
    path = data
    if packed:
        path = writer.path("records")
        try:
            with gzip.open(data) as file, open(path, "wb") as unpacked:
                shutil.copyfileobj(file, unpacked)
        except (EOFError, gzip.BadGzipFile) as error:
            raise TfexplainError(f"data={data!r}: cannot be unpacked: {error}") from error
    writer.begin("starts")
    size, start = os.path.getsize(path), 0
    with open(path, "rb") as file:
        while start < size:
            writer.number("starts", start)
            length = _length(file, start)
            if length is None:
                break  # where the next one begins is not known
            start += _HEAD.size + length + _TAIL
    return {"packed": packed}


def _length(file: BinaryIO | Any, start: int) -> int | None:
    """Reads the length of a record; None where its checksum says that it is none."""
    file.seek(start)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length, checksum = _HEAD.unpack(head)
    return int(length) if masked_crc32c(head[:8]) == checksum else None
