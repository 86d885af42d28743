"""Names log directories, and tells whether a training was logged there before."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.event_pb2 import Event

from tfexplain.errors import TfexplainError
from tfexplain.reading.event_files import ROOMS
from tfexplain.reading.event_files import read_events as events_of
from tfexplain.wire.clock import FINE, step_of

# What is written once, before the first epoch.
_CONSTANT = ("samples", "inputs/", "values/")
_NUMBERED = re.compile(r"training-([1-9][0-9]{0,8})/?")


def located(log_dir: str) -> str:
    """Returns where `log_dir` is, wherever the process changes its directory to.

    Raises:
        TfexplainError: it is empty, or a remote address that lost a slash: it would be a local
            folder.
    """
    if not log_dir.strip():
        raise TfexplainError(
            f"log_dir={log_dir!r}: expected a directory; got no name. Pass '.' for the working "
            "directory."
        )
    lost = re.match(r"([a-z][a-z0-9]+):/(?!/)(.*)", log_dir)
    if lost:
        raise TfexplainError(
            f"log_dir={log_dir!r}: expected '{lost[1]}://{lost[2]}', of which pathlib.Path keeps "
            "one slash. Pass a string."
        )
    if is_remote(log_dir):
        scheme, _, rest = log_dir.partition("://")
        return f"{scheme}://{re.sub('/+', '/', rest).rstrip('/')}"
    return os.path.abspath(os.path.expanduser(log_dir))


def is_remote(path: str) -> bool:
    """Returns whether only TensorFlow's file systems reach it."""
    return "://" in path


def identity(path: str) -> str:
    """Returns one text for all spellings of a `located` directory, links included."""
    return path if is_remote(path) else os.path.normcase(os.path.realpath(path))


def numbers(log_dir: str) -> list[int]:
    """Returns which `training-N` there are below a directory, in order."""
    names = tf.io.gfile.listdir(log_dir) if tf.io.gfile.isdir(log_dir) else []
    return sorted(int(match[1]) for name in names if (match := _NUMBERED.fullmatch(name)))


def holds_epochs(directory: str) -> bool:
    """Returns whether an epoch was logged there. Reads no further than to the first."""
    return any(_is_epoch(event) for room in ROOMS for event in _events(directory, room))


def counts_finely(folder: str) -> bool:
    """Returns whether what was written last into a run's folder has fractions of epochs."""
    for path in reversed(_files(folder)):
        for step in _epochs(path):
            return step >= FINE
    return False


def ended_none(directory: str) -> bool:
    """Returns whether no epoch had ended of what was logged there, only parts of the first."""
    paths = [path for room in ROOMS for path in _files(os.path.join(directory, room))]
    return all(step_of(step) < 0 for path in paths for step in _epochs(path))


def _epochs(path: str) -> Iterator[int]:
    """Yields the steps of a file's events at which metrics were logged, as they all are."""
    for event in _sound(path):
        if any(value.tag == "metrics" for value in event.summary.value):
            yield event.step


def _is_epoch(event: Event) -> bool:
    return any(not value.tag.startswith(_CONSTANT) for value in event.summary.value)


def _events(directory: str, room: str) -> Iterator[Event]:
    for path in _files(os.path.join(directory, room)):
        yield from _sound(path)


def _files(folder: str) -> list[str]:
    names = tf.io.gfile.listdir(folder) if tf.io.gfile.isdir(folder) else []
    return [os.path.join(folder, name) for name in sorted(names) if "tfevents" in name]


def _sound(path: str) -> Iterator[Event]:
    """Yields the events of a file up to where it is damaged; none of another file."""
    try:
        yield from read_events(path)
    except (DecodeError, OSError, tf.errors.OpError):
        return


def read_events(path: str) -> Iterator[Event]:
    """Yields the events of a file, which may end in half a record."""
    opened: Any = tf.io.gfile.GFile if is_remote(path) else open
    with opened(path, "rb") as file:
        for _, _, event in events_of(file, tf.io.gfile.stat(path).length):
            yield event
