"""Opens Parquet files, and Arrow files of random access or as streams."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.rows.column_values import pyarrow
from tfexplain.rows.columns import ColumnFile
from tfexplain.rows.listing import Writer, kept, stamp

# Decoded rows that are held.
_BYTES = 4 << 20
_ROWS = 8192
_BUFFER = 1 << 20
_OF_RANDOM_ACCESS = b"ARROW1"


def open_parquet(data: str) -> ColumnFile:
    """Opens a Parquet file, whose parts are row groups.

    Raises:
        TfexplainError: it cannot be read.
    """
    return _opened(data, "a Parquet file", lambda pa: _Parquet(pa, data))


def open_arrow(data: str, folder: str) -> ColumnFile:
    """Opens an Arrow file (Feather 2, or what Hugging Face's datasets keep), whose parts are
    record batches.

    Args:
        data: Its path.
        folder: Folder of listings.

    Raises:
        TfexplainError: it cannot be read.
    """
    return _opened(data, "an Arrow file", lambda pa: _Arrow(pa, data, folder))


def _opened(data: str, what: str, open_: Callable[[Any], ColumnFile]) -> ColumnFile:
    pa = pyarrow(data)
    try:
        return open_(pa)
    except pa.ArrowException as error:
        raise TfexplainError(f"data={data!r}: cannot be read as {what}: {error}.") from error


class _Parquet:
    def __init__(self, pa: Any, data: str) -> None:
        # Page by page: a row group may be larger than memory.
        self._file = pa.parquet.ParquetFile(data, buffer_size=_BUFFER, pre_buffer=False)
        self.schema = self._file.schema_arrow
        metadata = self._file.metadata
        groups = range(metadata.num_row_groups)
        self.counts: npt.NDArray[np.int64] = np.array(
            [metadata.row_group(group).num_rows for group in groups], np.int64
        )
        self.fingerprint = f"Parquet of {os.path.getsize(data)} bytes, index {_index_hash(data)}"

    def stream(self, part: int, columns: Sequence[str]) -> Iterator[Any]:
        """Yields record batches of a row group."""
        size = self._file.metadata.row_group(part).total_byte_size
        row = max(1, size // max(1, int(self.counts[part])))
        yield from self._file.iter_batches(
            batch_size=max(1, min(_ROWS, _BYTES // row)),
            row_groups=[part],
            columns=list(columns),
            use_threads=False,
        )


class _Arrow:
    def __init__(self, pa: Any, data: str, folder: str) -> None:
        self._pa, self._source = pa, pa.memory_map(data)
        now = stamp(data)
        self.fingerprint = f"Arrow file of size and time {now}"
        random_access = self._source.read(len(_OF_RANDOM_ACCESS)) == _OF_RANDOM_ACCESS
        self._source.seek(0)
        listed = kept(
            folder,
            {"arrow": os.path.realpath(data)},
            lambda listing: bool(listing.said["stamp"] == now),
            lambda writer: self._listed(writer, now, random_access),
        )
        self.counts = listed.numbers("counts")
        self._starts = listed.numbers("starts")
        self._source.seek(0)
        self._file = None
        if random_access:
            self._file = pa.ipc.open_file(self._source)
            self.schema = self._file.schema
        else:
            self.schema = pa.ipc.open_stream(self._source).schema
            coded = [f.name for f in self.schema if pa.types.is_dictionary(f.type)]
            if coded:
                raise TfexplainError(
                    f"data={data!r}: expected a stream without dictionaries, for its parts cannot "
                    f"be read alone; got {coded[0]}. Write it as Parquet."
                )

    def stream(self, part: int, columns: Sequence[str]) -> Iterator[Any]:
        """Yields a record batch."""
        if self._file is not None:
            batch = self._file.get_batch(part)
        else:
            self._source.seek(int(self._starts[part]))
            message = self._pa.ipc.read_message(self._source)
            batch = self._pa.ipc.read_record_batch(message, self.schema)
        yield batch.select(list(columns))

    def _listed(self, writer: Writer, now: str, random_access: bool) -> Mapping[str, Any]:
        """Writes the rows of each batch, and where those of a stream begin."""
        writer.begin("counts", "starts")
        if random_access:
            file = self._pa.ipc.open_file(self._source)
            for part in range(file.num_record_batches):
                writer.number("counts", len(file.get_batch(part)))
            return {"stamp": now}
        stream = self._pa.ipc.open_stream(self._source)
        while True:
            start = self._source.tell()
            try:
                batch = stream.read_next_batch()
            except StopIteration:
                return {"stamp": now}
            writer.number("starts", start)
            writer.number("counts", len(batch))


def _index_hash(data: str) -> str:
    """Returns a hash of what a Parquet file says of its parts at its end."""
    with open(data, "rb") as file:
        file.seek(-8, os.SEEK_END)
        length = int.from_bytes(file.read(4), "little")
        file.seek(-8 - length, os.SEEK_END)
        return hashlib.sha256(file.read(length)).hexdigest()[:16]
