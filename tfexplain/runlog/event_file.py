"""Writes one event file after another in a run directory; every method may fail or hang.

TensorFlow's summary writer hides a full disk and a removed directory: it reports success and the
events are gone. Its record writer and its files hold Python's lock while a disk hangs, and with it
training. So records are made in memory, and written by Python where the path is local.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event

from tfexplain.runlog.directory import is_remote
from tfexplain.runlog.events import Entry

_serial = count()
_NAME = re.compile(r"events\.out\.tfevents\.(\d{10})\.")


class EventFile:
    """Writes the current event file, and begins the next one where that is lost.

    Attributes:
        begun: How many files were begun.
    """

    def __init__(self, directory: str) -> None:
        self.begun = 0
        self._directory = directory
        self._file: Any = None
        self._path = ""
        self._unseen = 0
        self._described: set[str] = set()

    def begin(self) -> None:
        """Makes the directory and begins a new file."""
        tf.io.gfile.makedirs(self._directory)
        name = f"events.out.tfevents.{_start(self._directory):010d}.{socket.gethostname()}"
        name = f"{name}.{os.getpid()}.{next(_serial)}.tfexplain"
        self._path = os.path.join(self._directory, name)
        # Files far away TensorFlow writes to memory, and lets go of the lock when it sends them.
        opened = tf.io.gfile.GFile if is_remote(self._path) else open
        self._file, self._unseen = opened(self._path, "wb"), 0
        header = Event(wall_time=time.time(), file_version="brain.Event:2")
        self._append([header.SerializeToString()])
        self._described.clear()
        self.begun += 1

    def __del__(self) -> None:
        """Closes the file; a training that was interrupted never closes its log."""
        self._abandon()

    def write(self, entries: Sequence[Entry], constant: Sequence[Entry], close: bool) -> None:
        """Writes and flushes the entries, and closes the file if asked to.

        A new file begins with the entries that are constant.

        After an error the next call begins a new file: this one may end in half a record, and
        nothing can be read behind that.
        """
        try:
            if entries or not close:
                self._write(entries, constant)
        except Exception:
            self._abandon()
            raise
        if close:
            self._abandon()

    def _write(self, entries: Sequence[Entry], constant: Sequence[Entry]) -> None:
        if self._file is not None and self._is_lost():
            self._abandon()
        if self._file is None:
            self.begin()
            entries = [e for e in constant if e not in entries] + list(entries)
        self._append(self._event(entry) for entry in entries)

    def _is_lost(self) -> bool:
        """Returns whether the file was removed, or moved away with its directory.

        Drives that are mounted from far away (Colab's) show a new name late. So a file that is not
        seen is waited for once, unless the open file itself has no name any more.
        """
        if tf.io.gfile.exists(self._path):
            self._unseen = 0
            return False
        self._unseen += 1
        if is_remote(self._path):
            return True
        return self._unseen > 1 or os.fstat(self._file.fileno()).st_nlink == 0

    def _event(self, entry: Entry) -> bytes:
        # TensorBoard keeps what is constant from the first event of a tag in a file.
        described = entry.tag in self._described
        self._described.add(entry.tag)
        return entry.event(described=described)

    def _append(self, events: Iterable[bytes]) -> None:
        self._file.write(_records(events))
        self._file.flush()

    def _abandon(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            # Closing flushes, and may fail for the reason that is being reported already.
            with suppress(tf.errors.OpError, OSError):
                file.close()


def _records(events: Iterable[bytes]) -> bytes:
    """Returns events as they stand in a file.

    They are made in TensorFlow's memory, for checksums in Python are slow.
    """
    path = f"ram://tfexplain/{next(_serial)}"
    with tf.io.TFRecordWriter(path) as writer:
        for event in events:
            writer.write(event)
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            framed: bytes = file.read()
    finally:
        tf.io.gfile.remove(path)
    return framed


def _start(directory: str) -> int:
    """Returns seconds for the name of a new file, later than those of the files that are there.

    TensorBoard reads files in the order of their names; a restart may come within a second, or on
    a machine whose clock is behind.
    """
    names = tf.io.gfile.listdir(directory)
    known = [int(match[1]) for name in names if (match := _NAME.match(name))]
    return max([int(time.time()), *(second + 1 for second in known)])
