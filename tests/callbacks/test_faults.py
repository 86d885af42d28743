"""Failures in the middle of training: told once, counted, logged, and training goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import pytest
from support.models import digits, same_bits, small_cnn
from support.read import read_run

from tfexplain import Explain, GradCAM
from tfexplain.callbacks.guard import ExplainWarning
from tfexplain.explainers import Explainer

X, Y = digits()


@dataclass(frozen=True, eq=False)
class Failing(Explainer):
    """Works before training, then fails from the second epoch on."""

    calls: tuple[list[int], ...] = ()

    def reading(self, passes: Any) -> None:
        return None

    def finish(self, context: Any, reduced: Any) -> Any:
        self.calls[0].append(1)
        if len(self.calls[0]) > 2:
            raise MemoryError("no memory for 3 GB")
        return {}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs needs root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def at_epoch(epoch: int, action: Any) -> Any:
    return keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda now, logs: action() if now == epoch else None
    )


def fit(callbacks: list[Any], epochs: int = 5) -> Any:
    model = small_cnn()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, Y, epochs=epochs, batch_size=48, verbose=0, callbacks=callbacks)
    return model, [w for w in caught if issubclass(w.category, ExplainWarning)]


def test_a_failing_explainer_is_told_once_counted_and_takes_no_other_down(tmp_path: Path) -> None:
    callback = Explain((X, Y), [GradCAM(), Failing(calls=([],))], log_dir=tmp_path, verbose=False)
    model, told = fit([callback])
    assert len(told) == 1
    assert "Failing: MemoryError at epoch 1: no memory for 3 GB Training goes on" in str(
        told[0].message
    )
    run = read_run(tmp_path)
    assert sorted(run.values["map/GradCAM/conv/0"]) == [0, 1, 2, 3, 4]
    (problem,) = run.record("status").problems
    assert (problem.kind, problem.count, problem.step) == ("Failing: MemoryError", 4, 4)
    plain = small_cnn()
    plain.fit(X, Y, epochs=5, batch_size=48, verbose=0)
    assert same_bits(plain.get_weights(), model.get_weights())


def test_on_error_raise_raises(tmp_path: Path) -> None:
    explainers = [Failing(calls=([],))]
    callback = Explain((X, Y), explainers, log_dir=tmp_path, on_error="raise", verbose=False)
    with pytest.raises(MemoryError, match="no memory"):
        small_cnn().fit(X, Y, epochs=3, verbose=0, callbacks=[callback])


def test_a_removed_directory_is_made_anew_with_everything_that_explains_it(tmp_path: Path) -> None:
    log_dir = tmp_path / "run"
    callback = Explain((X, Y), GradCAM(), log_dir=log_dir, verbose=False)
    _, told = fit([callback, at_epoch(2, lambda: shutil.rmtree(log_dir))])
    assert len(told) == 1
    assert "log file lost" in str(told[0].message)
    run = read_run(log_dir)
    assert sorted(run.values["map/GradCAM/conv/0"]) == [2, 3, 4]
    assert run.record("samples").rows.shape == (8,)
    assert len(run.pictures()) == 8
    assert run.record("status").problems[0].kind == "writer: log file lost"


def test_a_full_disk_costs_no_training_and_as_little_log_as_can_be(small_disk: Path) -> None:
    ballast = small_disk / "ballast"

    def fill() -> None:
        subprocess.run(["dd", "if=/dev/zero", f"of={ballast}"], capture_output=True, check=False)

    callback = Explain((X, Y), GradCAM(), log_dir=small_disk / "run", images=False, verbose=False)
    actions = [at_epoch(2, fill), at_epoch(4, ballast.unlink)]
    _, told = fit([callback, *actions], epochs=6)
    kinds = {str(w.message).split(" at epoch")[0] for w in told}
    assert kinds == {"tfexplain: writer: OSError", "tfexplain: writer: log file lost"}
    run = read_run(small_disk / "run")
    assert sorted(run.values["map/GradCAM/conv/0"]) == [0, 1, 2, 3, 4, 5]
    assert sorted(run.values["metrics"]) == [0, 1, 2, 3, 4, 5]
    problems = {p.kind: p.count for p in run.record("status").problems}
    assert problems["writer: OSError"] == 2


def test_logs_that_are_no_numbers_are_a_problem_not_an_end(tmp_path: Path) -> None:
    class Strange(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["note"] = "text"

    callback = Explain((X, Y), GradCAM(), log_dir=tmp_path, verbose=False)
    _, told = fit([Strange(), callback], epochs=2)
    assert len(told) == 1
    assert "metrics: ValueError" in str(told[0].message)
    assert sorted(read_run(tmp_path).values["map/GradCAM/conv/0"]) == [0, 1]


def test_what_is_written_so_far_survives_a_kill(tmp_path: Path) -> None:
    script = f"""
import os, signal, sys
import keras
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from support.models import digits, small_cnn
from tfexplain import Explain
x, y = digits()
kill = lambda batch, logs: os.kill(os.getpid(), signal.SIGKILL) if epochs[-1] == 3 else None
epochs = []
callbacks = [Explain((x, y), log_dir={str(tmp_path)!r}),
    keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda e, logs: epochs.append(e), on_train_batch_end=kill)]
small_cnn().fit(x, y, epochs=9, verbose=0, callbacks=callbacks)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == -9, done.stderr
    run = read_run(tmp_path)
    assert sorted(run.values["map/IntegratedGradients/input/7"]) == [0, 1, 2]
