"""Failures in the middle of training: told once, counted, logged, and training goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import pytest
from support.failing import Failing
from support.faults import fit
from support.models import digits, same_bits, small_cnn
from support.read import read_run

from tfexplain import Explain, GradCAM

X, Y = digits()


def test_a_failing_explainer_is_told_once_counted_and_takes_no_other_down(tmp_path: Path) -> None:
    callback = Explain(
        (X, Y), [GradCAM(), Failing(lambda call: call > 2)], log_dir=tmp_path, verbose=False
    )
    model, told = fit([callback])
    assert len(told) == 1
    assert "Failing: RuntimeError at epoch 1: out of luck Training goes on" in str(told[0].message)
    run = read_run(tmp_path)
    assert sorted(run.values["map/GradCAM/conv/0"]) == [0, 1, 2, 3, 4]
    (problem,) = run.record("status").problems
    assert (problem.kind, problem.count, problem.step) == ("Failing: RuntimeError", 4, 4)
    plain = small_cnn()
    plain.fit(X, Y, epochs=5, batch_size=48, verbose=0)
    assert same_bits(plain.get_weights(), model.get_weights())


def test_on_error_raise_raises(tmp_path: Path) -> None:
    explainers = [Failing(lambda call: call > 2)]
    callback = Explain((X, Y), explainers, log_dir=tmp_path, on_error="raise", verbose=False)
    with pytest.raises(RuntimeError, match="out of luck"):
        small_cnn().fit(X, Y, epochs=3, verbose=0, callbacks=[callback])


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
