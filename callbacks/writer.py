"""One event file of our own, written so that a lost disk is noticed and costs little.

TensorFlow's summary writer hides a full disk and a removed directory: it reports success and the
events are gone. A record writer raises when it is flushed, so this one knows.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import (
    DATA_CLASS_BLOB_SEQUENCE,
    DATA_CLASS_TENSOR,
    Summary,
    SummaryMetadata,
)
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.plugins.image import metadata as image_metadata

from tfexplain import schema

# Events of failed writes are kept for the next try, up to this many bytes.
MOST_PENDING_BYTES = 64 << 20

_serial = count()


@dataclass(frozen=True, eq=False)
class _Entry:
    """An event to be written: bytes as a scalar string tensor, several as a vector of them."""

    tag: str
    step: int
    data: bytes | Sequence[bytes]
    metadata: SummaryMetadata
    wall_time: float

    @property
    def size(self) -> int:
        return len(self.data) if isinstance(self.data, bytes) else sum(map(len, self.data))

    def event(self, *, described: bool) -> bytes:
        """The serialized event, without its metadata where the file holds them already."""
        scalar = isinstance(self.data, bytes)
        dims = [] if scalar else [TensorShapeProto.Dim(size=len(self.data))]
        tensor = TensorProto(
            dtype=DT_STRING,
            tensor_shape=TensorShapeProto(dim=dims),
            string_val=[self.data] if scalar else self.data,
        )
        metadata = None if described else self.metadata
        value = Summary.Value(tag=self.tag, metadata=metadata, tensor=tensor)
        event = Event(wall_time=self.wall_time, step=self.step, summary=Summary(value=[value]))
        serialized: bytes = event.SerializeToString()
        return serialized


class RunWriter:
    """Writes one run directory. Events are collected by `add_...` and written by `commit`.

    Args:
        directory: The run's directory; made by `open`. One process writes it.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.reopened = 0
        self._file: tf.io.TFRecordWriter | None = None
        self._path = ""
        self._constant: list[_Entry] = []
        self._pending: list[_Entry] = []
        self._described: set[str] = set()

    def open(self) -> None:
        """Make the directory and begin a new file.

        Raises:
            OSError: it cannot be written; says where and why.
        """
        try:
            self._begin()
        except (tf.errors.OpError, OSError) as error:
            raise OSError(
                f"log_dir={self.directory!r}: expected a directory that can be written; {error}. "
                "Pass another log_dir."
            ) from error

    def add_constant(
        self, tag: schema.Tag, data: bytes | Sequence[bytes], content: schema.Content
    ) -> None:
        """Something that is written once, and again whenever a new file is begun.

        Records stand at step 0. Pictures stand at a step that is new each time: of several blob
        sequences at one step, TensorBoard's Python mode shows the first, not the last.
        """
        step = 0 if isinstance(data, bytes) else int(time.time())
        self._constant.append(_Entry(str(tag), step, data, _metadata(data, content), time.time()))
        self._pending.append(self._constant[-1])

    def add(
        self, tag: schema.Tag, step: int, record: schema.Record, content: schema.Content
    ) -> None:
        """One record."""
        data = record.encode()
        self._pending.append(_Entry(str(tag), step, data, _metadata(data, content), time.time()))

    def add_image(self, tag: str, step: int, png: bytes, size: tuple[int, int], text: str) -> None:
        """A picture for TensorBoard's own Images tab; `size` is (width, height)."""
        metadata = image_metadata.create_summary_metadata(tag, text, converted_to_tensor=True)
        metadata.data_class = DATA_CLASS_BLOB_SEQUENCE
        parts = [str(size[0]).encode(), str(size[1]).encode(), png]
        self._pending.append(_Entry(tag, step, parts, metadata, time.time()))

    def commit(self) -> None:
        """Write and flush what was added; on failure it is kept for the next call.

        Raises:
            OSError: the disk is full or the directory is gone.
        """
        try:
            if self._file is not None and not tf.io.gfile.exists(self._path):
                self._abandon()
            if self._file is None:
                self._begin()
                self.reopened += 1
                self._pending = [
                    e for e in self._constant if e not in self._pending
                ] + self._pending
            assert self._file is not None
            for entry in self._pending:
                # TensorBoard keeps what is constant from the first event of a tag in a file.
                self._file.write(entry.event(described=entry.tag in self._described))
                self._described.add(entry.tag)
            self._file.flush()
        except (tf.errors.OpError, OSError) as error:
            # The file may end in half a record: nothing more can be read behind that.
            self._abandon()
            self._forget_oldest()
            raise OSError(f"log_dir={self.directory!r}: cannot be written: {error}") from error
        self._pending.clear()

    def close(self) -> None:
        """Write what is left and close the file."""
        if self._pending:
            self.commit()
        self._abandon()

    def _begin(self) -> None:
        tf.io.gfile.makedirs(self.directory)
        name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}"
        self._path = os.path.join(self.directory, f"{name}.{os.getpid()}.{next(_serial)}.tfexplain")
        self._file = tf.io.TFRecordWriter(self._path)
        self._file.write(
            Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString()
        )
        self._file.flush()
        self._described.clear()

    def _abandon(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            # Closing flushes, and may fail for the reason that is being reported already.
            with suppress(tf.errors.OpError, OSError):
                file.close()

    def _forget_oldest(self) -> None:
        size = sum(entry.size for entry in self._pending)
        while size > MOST_PENDING_BYTES:
            size -= self._pending.pop(0).size


def _metadata(data: bytes | Sequence[bytes], content: schema.Content) -> SummaryMetadata:
    plugin = SummaryMetadata.PluginData(plugin_name=schema.PLUGIN_NAME, content=content.encode())
    data_class = DATA_CLASS_TENSOR if isinstance(data, bytes) else DATA_CLASS_BLOB_SEQUENCE
    return SummaryMetadata(plugin_data=plugin, data_class=data_class)
