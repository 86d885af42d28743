"""Failures in the middle of training: told once, counted, logged, and training goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.failing import Failing
from support.faults import fit
from support.forks import run_script
from support.models import digits, same_bits, small_cnn
from support.read import read_run

from tfexplain import Explain, GradCAM

X, Y = digits()


def test_a_failing_explainer_is_told_once_counted_and_takes_no_other_down(tmp_path: Path) -> None:
    callback = Explain(
        (X, Y),
        explainers=[GradCAM(), Failing(lambda call: call > 2)],
        log_dir=tmp_path,
        verbose=False,
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
    callback = Explain(
        (X, Y), explainers=explainers, log_dir=tmp_path, on_error="raise", verbose=False
    )
    with pytest.raises(RuntimeError, match="out of luck"):
        small_cnn().fit(X, Y, epochs=3, verbose=0, callbacks=[callback])


STRANGE: dict[str, Any] = {
    "note": "7",
    "nothing": None,
    "parts": {"a": 1},
    "wave": 1j,
    "ragged": [[1], [1, 2]],
    "many": np.zeros(1000),
}


def test_what_is_no_number_among_the_logs_leaves_out_itself_alone(tmp_path: Path) -> None:
    """A metric of several numbers is logged by its parts."""

    class Strange(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            several = {"f1": tf.constant([0.5, 0.25]), "matrix": np.arange(4).reshape(2, 2)}
            logs |= STRANGE | several | {"half": tf.constant(1.5, tf.bfloat16), "flag": True}

    callback = Explain((X, Y), explainers=GradCAM(), log_dir=tmp_path, verbose=False)
    _, told = fit([Strange(), callback], epochs=2)
    said = [str(w.message).split(" is left out")[0] for w in told]
    assert said == [f"tfexplain: metric {name!r}" for name in STRANGE]
    run = read_run(tmp_path)
    assert sorted(run.values["map/GradCAM/conv/0"]) == [0, 1]
    values = run.record("metrics").values
    assert values.keys() - {"accuracy", "loss", "learning_rate", "half", "flag"} == {
        *("f1[0]", "f1[1]", "matrix[0,0]", "matrix[0,1]", "matrix[1,0]", "matrix[1,1]")
    }
    assert (values["f1[1]"], values["matrix[1,0]"], values["half"], values["flag"]) == (
        *(0.25, 2.0, 1.5),
        1.0,
    )
    assert len(run.record("status").problems) == len(STRANGE)


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
callbacks = [Explain((x, y), log_dir={str(tmp_path)!r}, every=1),
    keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda e, logs: epochs.append(e), on_train_batch_end=kill)]
small_cnn().fit(x, y, epochs=9, verbose=0, callbacks=callbacks)
"""
    (tmp_path / "script.py").write_text(script)
    done = run_script(tmp_path / "script.py", folder=tmp_path)
    assert done.returncode == -9, done.stderr
    run = read_run(tmp_path)
    assert sorted(run.values["map/IntegratedGradients/input/7"]) == [0, 1, 2]
