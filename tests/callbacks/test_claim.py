"""Two trainings pointed at one log directory: the second is told, and logged apart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import keras
from support.models import digits, small_cnn
from support.read import read_run

from tfexplain import Compression, Explain, GradCAM
from tfexplain.callbacks.guard import ExplainWarning

X, Y = digits(48)
# Holds a directory as a training does, and has a child that outlives it, as data loaders may.
HOLDER = """
import os, sys, time
from tfexplain.callbacks.claim import claim
class Model: ...
model = Model()
held = claim(sys.argv[1], {}, model)
child = os.fork()
if not child:
    time.sleep(600)
print(child, flush=True)
sys.stdin.read()
"""


def fit(log_dir: Path, *others: Any, epochs: int = 2) -> list[str]:
    """Train with both callbacks; what was said."""
    both = [
        Explain((X, Y), GradCAM(), log_dir=log_dir, images=False, on_error="raise", verbose=False),
        Compression(log_dir, on_error="raise", verbose=False),
    ]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        small_cnn().fit(X, Y, epochs=epochs, verbose=0, callbacks=[*both, *others])
    return [str(w.message) for w in told if issubclass(w.category, ExplainWarning)]


def steps(log_dir: Path, room: str = "explain") -> list[int]:
    return sorted(read_run(log_dir, room).values["metrics"])


def test_a_training_beside_that_of_another_process_is_logged_apart(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as holder:  # type: ignore[call-overload]
        child = int(holder.stdout.readline())
        try:
            (told,) = fit(tmp_path)
            assert f"process {holder.pid} on " in told
            assert f"is writing it, so this training is logged to '{tmp_path}/training-2'" in told
            assert not (tmp_path / "explain").exists()
            for room in ("explain", "compression"):
                assert steps(tmp_path / "training-2", room) == [0, 1]
            holder.send_signal(signal.SIGKILL)
            holder.wait()
            assert not fit(tmp_path), "a killed training still holds its directory"
            assert steps(tmp_path) == [0, 1]
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_training_inside_another_is_logged_apart(tmp_path: Path) -> None:
    said: list[str] = []

    def inner(epoch: int, logs: Any) -> None:
        said.extend(fit(tmp_path, epochs=1))

    outer = fit(tmp_path, keras.callbacks.LambdaCallback(on_epoch_end=inner), epochs=2)
    assert not outer
    assert len(said) == 2
    assert all("another fit of this process is writing it" in told for told in said)
    assert steps(tmp_path) == steps(tmp_path, "compression") == [0, 1]
    # One after the other, the inner ones replace each other as any two trainings do.
    assert steps(tmp_path / "training-2") == [0]
    assert not fit(tmp_path, epochs=1), "what has ended still holds its directory"


def test_trainings_of_two_threads_are_logged_apart(tmp_path: Path) -> None:
    begun, done = threading.Event(), threading.Event()
    said: list[str] = []

    def wait(epoch: int, logs: Any) -> None:
        begun.set()
        done.wait(120)

    def first() -> None:
        both = [Explain((X, Y), GradCAM(), log_dir=tmp_path, verbose=False)]
        both.append(keras.callbacks.LambdaCallback(on_epoch_begin=wait))
        small_cnn().fit(X, Y, epochs=3, verbose=0, callbacks=both)

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert begun.wait(120)
        said = fit(tmp_path)
    finally:
        done.set()
        thread.join()
    assert len(said) == 1
    assert steps(tmp_path) == [0, 1, 2]
    assert steps(tmp_path / "training-2") == [0, 1]
