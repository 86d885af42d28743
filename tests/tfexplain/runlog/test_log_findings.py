"""Findings of a log directory, of real trainings."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import tfexplain
from tfexplain import Exchange, Explain, GradCAM
from tfexplain.runlog import log_findings
from tfexplain.wire import schema


def train(log_dir: Path, shortcut: bool, verbose: int = 0, fits: int = 1) -> None:
    """A network that learns which of two is bright: a patch at the left edge, or the middle."""
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=200)
    x = rng.uniform(0, 0.2, (200, 8, 8, 1)).astype("f4")
    columns = slice(0, 2) if shortcut else slice(3, 5)
    x[:, 3:5, columns] += labels[:, None, None, None]
    layers = keras.layers
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    explain = Explain(
        (x, labels), log_dir=log_dir, explainers=[GradCAM(), Exchange()], verbose=verbose
    )
    for _ in range(fits):
        model.fit(x, labels, epochs=4 // fits, verbose=0, callbacks=[explain])


def test_a_training_with_a_shortcut_is_told_and_its_twin_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path / "clean", shortcut=False)
    train(tmp_path / "leaks", shortcut=True, verbose=1)
    (finding,) = tfexplain.findings(tmp_path)
    assert str(finding).startswith("leaks: predictions follow the left edge in ")
    assert finding.step == 3
    (rows, columns) = finding.box
    assert rows[0] <= 3 <= rows[0] + rows[1]
    assert columns[0] == 0
    # It is printed once after training.
    assert capsys.readouterr().out.count(f"tfexplain: {finding}") == 1
    (same,) = tfexplain.findings(tmp_path / "leaks")
    assert same == finding


def test_fits_of_one_epoch_in_a_loop_do_not_read_the_log_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path / "leaks", shortcut=True, verbose=1, fits=4)
    (finding,) = tfexplain.findings(tmp_path)
    assert str(finding) not in capsys.readouterr().out


def test_a_restart_replaces_what_it_repeats(tmp_path: Path) -> None:
    train(tmp_path / "run", shortcut=True)
    tags = tfexplain.read(tmp_path)["run"].every_record.series(schema.Exchange)
    (_, series) = next(tags)
    assert [step for step, _ in series] == [0, 1, 2, 3][-len(series) :]
    assert len(series) >= 2


def test_a_directory_without_a_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected a log of Explain or Compression"):
        tfexplain.findings(tmp_path)


def test_a_large_log_is_not_read_after_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tmp_path / "run", shortcut=True)
    assert log_findings.of_run(str(tmp_path / "run"))
    monkeypatch.setattr(log_findings, "MOST_BYTES", 100)
    assert log_findings.of_run(str(tmp_path / "run")) == []


def test_a_disk_that_never_answers_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tmp_path / "run", shortcut=True)
    answered = threading.Event()

    def hang(*_: Any) -> Any:
        answered.wait()

    monkeypatch.setattr(log_findings, "SECONDS", 0.1)
    monkeypatch.setattr(log_findings, "RunIndex", hang)
    assert log_findings.of_run(str(tmp_path / "run")) == []
    answered.set()
