"""One event file of our own, written so that a lost disk is noticed and costs little.

TensorFlow's summary writer hides a full disk and a removed directory: it reports success and the
events are gone. A record writer raises when it is flushed, so this one knows.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event

from tfexplain import schema
from tfexplain.callbacks import events

# Events of failed writes are kept for the next try, up to this many bytes.
MOST_PENDING_BYTES = 64 << 20

_serial = count()
_NAME = re.compile(r"events\.out\.tfevents\.(\d{10})\.")


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
        self._constant: list[events.Entry] = []
        self._pending: list[events.Entry] = []
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

    def add_constant(self, tag: schema.Tag, record: schema.Record, content: schema.Content) -> None:
        """A record at step 0, written once, and again whenever a new file is begun."""
        self._keep(events.record(tag, 0, record.encode(), content))

    def add_pictures(
        self, tag: schema.Tag, pictures: Sequence[bytes], content: schema.Content
    ) -> None:
        """PNG files, written once, and again whenever a new file is begun.

        They stand at a step that is new each time: of several blob sequences at one step,
        TensorBoard's Python mode shows the first, not the last.
        """
        self._keep(events.blobs(tag, int(time.time()), pictures, content))

    def add(
        self, tag: schema.Tag, step: int, record: schema.Record, content: schema.Content
    ) -> None:
        """One record."""
        self._pending.append(events.record(tag, step, record.encode(), content))

    def add_image(self, tag: str, step: int, png: bytes, size: tuple[int, int], text: str) -> None:
        """A picture for TensorBoard's own Images tab; `size` is (width, height)."""
        self._pending.append(events.image(tag, step, png, size, text))

    def add_scalar(self, tag: str, step: int, value: float, text: str = "") -> None:
        """A number for TensorBoard's own Scalars tab."""
        self._pending.append(events.scalar(tag, step, value, text))

    def add_histogram(
        self, tag: str, step: int, buckets: npt.NDArray[np.float64], text: str = ""
    ) -> None:
        """Counts [n, 3] (left, right, count) for its Histograms and Distributions tabs."""
        self._pending.append(events.histogram(tag, step, buckets, text))

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

    def _keep(self, entry: events.Entry) -> None:
        self._constant.append(entry)
        self._pending.append(entry)

    def _begin(self) -> None:
        tf.io.gfile.makedirs(self.directory)
        name = f"events.out.tfevents.{_start(self.directory):010d}.{socket.gethostname()}"
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


def _start(directory: str) -> int:
    """Seconds for the name of a new file, later than those of the files that are there.

    TensorBoard reads files in the order of their names; a restart may come within a second, or on
    a machine whose clock is behind.
    """
    names = tf.io.gfile.listdir(directory)
    known = [int(found[1]) for name in names if (found := _NAME.match(name))]
    return max([int(time.time()), *(second + 1 for second in known)])
