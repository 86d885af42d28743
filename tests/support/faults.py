"""Disks that fail for real, and a training that tells what it was warned about."""

from __future__ import annotations

import os
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import pytest

from support.models import digits, small_cnn
from tfexplain.errors import ExplainWarning


def fit(
    callbacks: list[Any], epochs: int = 5, model: Any = None, x: Any = None, y: Any = None
) -> Any:
    """(model, warnings of ours) after a training on the digits, or on other data."""
    model = model or small_cnn()
    if x is None:
        x, y = digits()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, y, epochs=epochs, batch_size=48, verbose=0, callbacks=callbacks)
    return model, [w for w in caught if issubclass(w.category, ExplainWarning)]


def kinds(told: list[Any]) -> set[str]:
    """What kinds of failures were warned about."""
    return {str(w.message).removeprefix("tfexplain: ").split(" at epoch")[0] for w in told}


def at_epoch(epoch: int, action: Any) -> Any:
    """Does something before an epoch begins."""
    return keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda now, logs: action() if now == epoch else None
    )


@contextmanager
def disk(path: Path, size: str) -> Iterator[Path]:
    """A real file system of that size in memory."""
    path.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path))
    try:
        yield path
    finally:
        unmount(path)


def make_read_only(path: Path) -> None:
    """For root, too, who may write what others may not; `unmount` ends it."""
    _mount("--bind", str(path), str(path))
    _mount("-o", "remount,bind,ro", str(path))


def unmount(path: Path) -> None:
    """The directory is what it was before something was mounted there."""
    subprocess.run(["umount", "-l", str(path)], check=True)


class Unanswered:
    """A file system over a directory whose server never answers: whoever touches it hangs."""

    def __init__(self, path: Path) -> None:
        self._path, self._server = path, -1

    def begin(self) -> None:
        """Mount it. Its server is this file descriptor, which nobody reads."""
        if not os.path.exists("/dev/fuse"):
            pytest.skip("the kernel has no FUSE")
        self._server = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={self._server},rootmode=40000,user_id=0,group_id=0"
        _mount("-i", "-t", "fuse", "-o", options, "nobody", str(self._path), server=self._server)

    def end(self) -> None:
        """Give up: those who hang get an error, and the directory is what it was."""
        if self._server >= 0:
            os.close(self._server)
            unmount(self._path)
            self._server = -1


@contextmanager
def unanswered(path: Path) -> Iterator[Unanswered]:
    """One that ends with the test."""
    path.mkdir(parents=True, exist_ok=True)
    hanging = Unanswered(path)
    try:
        yield hanging
    finally:
        hanging.end()


def _mount(*arguments: str, server: int = -1) -> None:
    keep = [server] if server >= 0 else []
    done = subprocess.run(["mount", *arguments], capture_output=True, check=False, pass_fds=keep)
    if done.returncode:
        pytest.skip(f"mounting needs root: {done.stderr.decode()}")
