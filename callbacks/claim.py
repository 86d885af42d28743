"""Which training writes which log directory: one at a time, of this process and of others."""

from __future__ import annotations

import os
import socket
import sys
import warnings
import weakref
from contextlib import suppress
from functools import partial
from itertools import count
from types import FrameType
from typing import Any

from tfexplain.callbacks.guard import ExplainWarning
from tfexplain.callbacks.job import answered

try:
    import fcntl
except ImportError:  # Windows: only trainings of this process are seen
    fcntl = None  # type: ignore[assignment]

_LOCK = ".tfexplain.lock"


class Claim:
    """A log directory that one `fit` writes, for as long as one of its callbacks holds this.

    Between processes it is a lock of the operating system, which ends with the process however
    that ends. Remote directories have none.

    Args:
        directory: The log directory.
        params: What Keras hands to all callbacks of a `fit`, the same dictionary to each.
        model: The model in training.

    Raises:
        Held: another process writes it.
        OSError: it does not answer.
    """

    def __init__(self, directory: str, params: Any, model: Any) -> None:
        self.directory = directory
        self.params, self._model = params, weakref.ref(model)
        try:
            lock = answered(partial(_lock, directory))
        except TimeoutError as error:
            raise OSError(
                f"log_dir={directory!r}: expected a directory that can be written; {error}. "
                "Pass another log_dir."
            ) from error
        if lock is not None:
            weakref.finalize(self, os.close, lock)

    def pass_to(self, params: Any, model: Any) -> None:
        """Another `fit` writes here from now on.

        Raises:
            Held: this one was not interrupted, it is still running.
        """
        if _running(self._model()):
            raise Held("another fit of this process")
        self.params, self._model = params, weakref.ref(model)


class Held(Exception):
    """Another training writes the directory; says which."""


# Weak: a training that was interrupted never says goodbye.
_claims: weakref.WeakValueDictionary[str, Claim] = weakref.WeakValueDictionary()


def claim(log_dir: str, params: Any, model: Any) -> Claim:
    """The directory that a `fit` writes: `log_dir`, or while another training writes that, with a
    warning, `training-2` in it, and so on.
    """
    holder = ""
    for number in count(1):
        directory = log_dir if number == 1 else os.path.join(log_dir, f"training-{number}")
        known = _claims.get(directory)
        try:
            if known is None:
                known = _claims[directory] = Claim(directory, params, model)
            elif known.params is not params:
                known.pass_to(params, model)
            else:
                return known
        except Held as held:
            holder = holder or str(held)
            continue
        if holder:
            warnings.warn(
                f"tfexplain: log_dir={log_dir!r}: {holder} is writing it, so this training is "
                f"logged to {directory!r}. Give each training its own log_dir.",
                ExplainWarning,
                stacklevel=2,
            )
        return known
    raise AssertionError("there is always another number")


def _running(model: Any) -> bool:
    """Whether a `fit` of `model` is on the stack of any thread."""
    for frame in sys._current_frames().values() if model is not None else ():
        caller: FrameType | None = frame
        while caller is not None:
            if caller.f_code.co_name == "fit" and caller.f_locals.get("self") is model:
                return True
            caller = caller.f_back
    return False


def _lock(directory: str) -> int | None:
    """A file descriptor that only one process can have; None where files cannot be locked."""
    if fcntl is None or "://" in directory:
        return None
    try:
        os.makedirs(directory, exist_ok=True)
        file = os.open(os.path.join(directory, _LOCK), os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:  # the writer will say so
        return None
    try:
        # Not `flock`: children of this process would go on holding that after it was killed.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        holder = os.read(file, 200).decode(errors="replace")
        os.close(file)
        raise Held(holder or "another process") from None
    except OSError:  # a file system without locks
        os.close(file)
        return None
    with suppress(OSError):  # a full disk holds locks, if not who has them
        os.ftruncate(file, 0)
        os.write(file, f"process {os.getpid()} on {socket.gethostname()}".encode())
    return file
