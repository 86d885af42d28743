"""Locks log directories: one training at a time writes each, of this process and of others.

Trainings follow each other in one directory only where the second goes on from where the first
ended.
"""

from __future__ import annotations

import os
import socket
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, count
from typing import Any, TypeVar

from tfexplain.callbacks.fit_frame import running
from tfexplain.callbacks.step_clock import iterations
from tfexplain.errors import ExplainWarning
from tfexplain.runlog.background import answered
from tfexplain.runlog.directory import ended_none, holds_epochs, identity, is_remote, numbers

try:
    import fcntl
except ImportError:  # Windows: only trainings of this process are seen
    fcntl = None  # type: ignore[assignment]

_LOCK = ".tfexplain.lock"

T = TypeVar("T")


class LogLock:
    """Holds a log directory for one `fit`, for as long as one of its callbacks holds this.

    Between processes it is a lock of the operating system, which the process releases however it
    ends. Remote directories have none.

    Args:
        directory: Directory that this `fit` writes.
        keys: The `identity` of that, and of what its callbacks were told.
        params: Parameters that Keras passes to all callbacks of a `fit`, as one dictionary.
        model: The model in training.

    Attributes:
        resumes: Whether this training goes on from where one that is logged there ended.
        after: The last step that this process logged there; -1 where it logged none.
        rooms: Who writes which folder of the directory. Weak: a training that was interrupted
            never says goodbye.

    Raises:
        Held: another process writes it.
        OSError: it does not answer.
    """

    def __init__(self, directory: str, keys: tuple[str, str], params: Any, model: Any) -> None:
        self.directory, (self._key, self._asked) = directory, keys
        self.resumes, self.after = False, -1
        self.rooms: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
        self.params, self._model = params, weakref.ref(model)
        lock = _asked(directory, partial(_lock, directory))
        if lock is not None:
            weakref.finalize(self, os.close, lock)

    def is_of(self, asked: str, params: Any, model: Any) -> bool:
        """Returns whether this `fit` holds the lock.

        Who calls the callbacks by hand may set no parameters.
        """
        same = self.params is params and (params is not None or self._model() is model)
        return same and self._asked == asked

    def pass_to(self, asked: str, params: Any, model: Any) -> None:
        """Passes the lock to another `fit`, which writes here from now on."""
        self._asked, self.params, self._model = asked, params, weakref.ref(model)

    def logged(self, step: int) -> None:
        """Notes that an epoch has ended; a later `fit` of the model goes on behind this step."""
        # Nothing here may touch the directory, which may hang.
        _ended[self._key] = self._model, step


class Held(Exception):
    """Another training writes the directory; the message says which."""


# Weak: a training that was interrupted never says goodbye.
_locks: weakref.WeakValueDictionary[str, LogLock] = weakref.WeakValueDictionary()
# Which model was logged last to a directory, and to which step.
_ended: dict[str, tuple[weakref.ref[Any], int]] = {}
_taking = threading.Lock()


def lock_log(log_dir: str, params: Any, model: Any, epoch: int) -> LogLock:
    """Locks and returns the directory that a `fit` writes.

    That is `log_dir`. If another training writes it, or if it holds one that this one does not
    continue, it is the next `training-2` in it, with a warning. This one continues the training
    there if this process logged this model, if it does not begin at epoch 0, or if the one there
    was interrupted in epoch 0 and the optimizer has made steps before.

    Args:
        log_dir: A directory as `located` returns it.
        params: Parameters that Keras passes to all callbacks of a `fit`.
        model: The model in training.
        epoch: The first one of this `fit`.
    """
    with _taking:
        asked = _identity(log_dir)
        for known in list(_locks.values()):
            if known.is_of(asked, params, model):
                return known
        taken, reason = _choose(log_dir, asked, params, model, epoch)
    if reason:
        warnings.warn(
            f"tfexplain: log_dir={log_dir!r}: {reason}, so this training is logged to "
            f"{taken.directory!r}. Give each training its own log_dir.",
            ExplainWarning,
            stacklevel=2,
        )
    return taken


def _choose(log_dir: str, asked: str, params: Any, model: Any, epoch: int) -> tuple[LogLock, str]:
    """Returns a lock, and why it is of another directory than was asked for, where it is."""
    reason = ""
    before = _asked(log_dir, partial(numbers, log_dir))
    on = _resumable(log_dir, before, model, epoch)
    new = ((_numbered(log_dir, n), -1, False) for n in chain([1], count(max(before, default=2))))
    for directory, after, resumes in chain(on, new):
        key = _identity(directory)
        try:
            taken = _known(key) or LogLock(directory, (key, asked), params, model)
        except Held as held:
            reason = reason or f"{held} is writing it"
            continue
        if not resumes and _holds_epochs(directory):
            reason = reason or (
                "it holds another training, and this one, which begins at epoch "
                f"{epoch}, does not go on from the end of that"
            )
            continue
        _locks[key] = taken
        taken.pass_to(asked, params, model)
        taken.resumes, taken.after = resumes, after
        return taken, "" if resumes else reason
    raise AssertionError("there is always another number")


def _resumable(
    log_dir: str, before: list[int], model: Any, epoch: int
) -> Iterator[tuple[str, int, bool]]:
    """Yields directories that this training may go on in, and the step after which it does."""
    directories = [_numbered(log_dir, number) for number in [*reversed(before), 1]]
    for directory in directories:
        trained, step = _ended.get(_identity(directory), (None, -1))
        if trained is not None and trained() is model:
            yield directory, step, True
    # An epoch that is trained for the first time begins anew with a model that was restored.
    for directory in directories if epoch > 0 or iterations(model) else []:
        if _holds_epochs(directory) and (epoch > 0 or _ended_none(directory)):
            yield directory, -1, True


def _known(key: str) -> LogLock | None:
    """Returns the lock of this process that an interrupted training left behind.

    Raises:
        Held: that training is still running.
    """
    known = _locks.get(key)
    if known is not None and known.params is not None and running(known.params):
        raise Held("another fit of this process")
    return known


def _numbered(log_dir: str, number: int) -> str:
    return log_dir if number == 1 else os.path.join(log_dir, f"training-{number}")


def _identity(directory: str) -> str:
    return _asked(directory, partial(identity, directory))


def _holds_epochs(directory: str) -> bool:
    return _asked(directory, partial(holds_epochs, directory))


def _ended_none(directory: str) -> bool:
    return _asked(directory, partial(ended_none, directory))


def _asked(directory: str, work: Callable[[], T]) -> T:
    """Calls what touches the directory, which may never answer."""
    try:
        return answered(work)
    except TimeoutError as error:
        raise OSError(
            f"log_dir={directory!r}: expected a directory that can be written; {error}. "
            "Pass another log_dir."
        ) from error


def _lock(directory: str) -> int | None:
    """Opens a file descriptor that only one process can lock; None where files cannot be locked."""
    if fcntl is None or is_remote(directory):
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
