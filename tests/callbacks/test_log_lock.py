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
import numpy as np
import pytest
from support.models import digits, small_cnn
from support.read import read_run

from tfexplain import Compression, Explain, GradCAM, Saliency
from tfexplain.errors import ExplainWarning

pytestmark = pytest.mark.process

X, Y = digits(48)
ROWS, LABELS = np.random.default_rng(0).random((32, 4), dtype="float32"), np.arange(32) % 2
# Holds a directory as a training does, and has a child that outlives it, as data loaders may.
HOLDER = """
import os, sys, time
from tfexplain.callbacks.log_lock import lock_log
class Model: ...
model = Model()
held = lock_log(sys.argv[1], {}, model, 0)
child = os.fork()
if not child:
    time.sleep(600)
print(child, flush=True)
sys.stdin.read()
"""


def fit(log_dir: Path, *others: Any, epochs: int = 2) -> list[str]:
    """Train with both callbacks; what was said."""
    both = [
        Explain(
            (X, Y),
            explainers=GradCAM(),
            log_dir=log_dir,
            write_images=False,
            on_error="raise",
            verbose=False,
        ),
        Compression(log_dir=log_dir, on_error="raise", verbose=False),
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
            assert not list((tmp_path / "training-2").glob("training-*"))
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
    # One after the other, and each is a training of its own.
    for name in ("training-2", "training-3"):
        assert steps(tmp_path / name) == steps(tmp_path / name, "compression") == [0]


def test_trainings_of_two_threads_are_logged_apart(tmp_path: Path) -> None:
    begun, done = threading.Event(), threading.Event()
    said: list[str] = []

    def wait(epoch: int, logs: Any) -> None:
        begun.set()
        done.wait(120)

    def first() -> None:
        both = [Explain((X, Y), explainers=GradCAM(), log_dir=tmp_path, verbose=False)]
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


def small(units: int = 2) -> Any:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def both(log_dir: Any) -> list[Any]:
    said = {"on_error": "raise", "verbose": False}
    return [
        Compression(log_dir=log_dir, **said),
        Explain((ROWS, LABELS), explainers=Saliency(), log_dir=log_dir, **said),
    ]


def train(model: Any, callbacks: list[Any], **settings: Any) -> list[str]:
    """What was said in a `fit`."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.fit(ROWS, LABELS, verbose=0, callbacks=callbacks, **settings)
    return [str(w.message) for w in told if issubclass(w.category, ExplainWarning)]


def logged(log_dir: Path) -> list[int]:
    """The steps of both rooms, which are the same, each written once."""
    found = [read_run(log_dir, room).written["metrics"] for room in ("explain", "compression")]
    assert found[0] == found[1]
    return found[0]


def test_only_what_goes_on_from_the_end_of_a_training_is_logged_behind_it(tmp_path: Path) -> None:
    first, second = small(), small()
    callbacks = both(tmp_path)
    assert not train(first, callbacks, epochs=2)
    # A fold of a cross-validation with the same callbacks, one with its own, and a crash at once.
    (told,) = train(second, callbacks, epochs=3)
    assert f"log_dir='{tmp_path}': it holds another training" in told
    assert f"is logged to '{tmp_path}/training-2'" in told
    assert len(train(small(), both(tmp_path), epochs=1)) == 1
    assert logged(tmp_path) == [0, 1]
    assert logged(tmp_path / "training-2") == [0, 1, 2]
    assert logged(tmp_path / "training-3") == [0]
    drift = read_run(tmp_path / "training-2").record("drift/Saliency/input", 0)
    assert drift.reference == "epoch 0"
    assert np.allclose(drift.values[:, 0], 1), "compared with the epoch of another training"

    # Later fits of a model go on behind it, whatever callbacks they have.
    assert not train(first, callbacks, epochs=1)
    assert not train(second, [*callbacks[:1], *both(tmp_path)[1:]], epochs=1)
    assert logged(tmp_path) == [0, 1, 2]
    assert logged(tmp_path / "training-2") == [0, 1, 2, 3]
    # What begins later than at epoch 0 goes on in the last training, whatever its model.
    assert not train(small(), both(tmp_path), initial_epoch=1, epochs=2)
    assert logged(tmp_path / "training-3") == [0, 1]


def test_an_interrupted_training_is_no_other_one_of_its_model(tmp_path: Path) -> None:
    def interrupt(epoch: int, logs: Any) -> None:
        if epoch == 1:
            raise KeyboardInterrupt

    model, left = small(), both(tmp_path)
    stop = keras.callbacks.LambdaCallback(on_epoch_end=interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(model, [*left, stop], epochs=3)
    assert len(train(small(), both(tmp_path))) == 1
    assert not train(model, both(tmp_path))
    assert logged(tmp_path) == [0, 1, 2]
    assert logged(tmp_path / "training-2") == [0]


def test_a_directory_is_the_same_whatever_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a path from the home directory, one from the working directory and a link; the working
    directory changes meanwhile."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("logs")
    names = iter(["~/logs/", tmp_path / "link", f"{tmp_path}/other/../logs"])
    said: list[str] = []

    def inside(epoch: int, logs: Any) -> None:
        monkeypatch.chdir(tmp_path.parent)
        said.extend(train(small(), both(next(names))))

    inner = keras.callbacks.LambdaCallback(on_epoch_end=inside)
    assert not train(small(), [*both(os.path.join("logs", "")), inner], epochs=3)
    assert len(said) == 3
    assert all("another fit of this process is writing it" in told for told in said)
    assert logged(tmp_path / "logs") == [0, 1, 2]
    for number in (2, 3, 4):
        assert logged(tmp_path / "logs" / f"training-{number}") == [0]
    assert {path.name for path in tmp_path.iterdir()} == {"link", "logs"}


def test_two_callbacks_of_one_directory_are_refused_by_whatever_names(tmp_path: Path) -> None:
    twice = [Compression(log_dir=name, verbose=False) for name in (tmp_path, f"{tmp_path}/.")]
    with pytest.raises(ValueError, match="another Compression of this fit already writes"):
        train(small(), twice)


@pytest.mark.parametrize("log_dir", ["", " "])
def test_a_directory_without_a_name_is_refused(log_dir: str) -> None:
    with pytest.raises(ValueError, match=r"log_dir='.?': expected a directory; got no name"):
        train(small(), [Compression(log_dir=log_dir, verbose=False)])
