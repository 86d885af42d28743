"""What a bar shows of work that takes long."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from support.models import digits, small_cnn

from tfexplain import GradCAM, IntegratedGradients
from tfexplain.explainers.run import explanations
from tfexplain.model import progress

X, _ = digits(10)


class Told:
    """Stands for the terminal: keeps what the bar was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import rich.progress

        self.lines: list[tuple[str, float, float | None, int]] = []
        told = self

        class Noted(rich.progress.Progress):
            def update(self, task_id: Any, **fields: Any) -> None:
                super().update(task_id, **fields)
                told.note(self)

            def advance(self, task_id: Any, advance: float = 1) -> None:
                super().advance(task_id, advance)
                told.note(self)

        monkeypatch.setattr(rich.progress, "Progress", Noted)

    def note(self, drawn: Any) -> None:
        (task,) = drawn.tasks
        line = task.description, task.completed, task.total, task.fields["chunks"]
        self.lines.append(line)


def test_a_bar_tells_the_explainer_its_share_and_the_chunks(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    told = Told(monkeypatch)
    methods = [GradCAM(), IntegratedGradients(steps=8, batch_size=8)]
    explanations(small_cnn(), methods, X, batch_size=5, verbose=True)
    names = list(dict.fromkeys(line[0] for line in told.lines))
    assert names == ["explaining", "GradCAM", "IntegratedGradients"]
    shares = [line[1] for line in told.lines]
    assert shares == sorted(shares)
    assert told.lines[-1][1:3] == (pytest.approx(2), 2)
    # Each of 2 portions: one shared pass, 5 chunks of the path, the scores where 5 paths start.
    assert told.lines[-1][3] == 2 * (1 + 5 + 1)
    printed = capsys.readouterr()
    assert "100%" in printed.err
    assert not printed.out


def test_a_dataset_of_unknown_length_has_a_bar_without_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Told(monkeypatch)
    data = tf.data.Dataset.from_tensor_slices(X).batch(4)
    GradCAM()(small_cnn(), data.filter(lambda _: True), verbose=True)
    assert told.lines[-1][1:3] == (3, None)
    told.lines.clear()
    GradCAM()(small_cnn(), data, verbose=True)
    assert told.lines[-1][1:3] == (3, 3)


def test_explaining_on_the_way_of_explaining_is_no_part_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Told(monkeypatch)
    with progress.shown(1, 2):
        with progress.explaining("outer"):
            explanations(small_cnn(), [GradCAM()], X)
        assert told.lines[-1] == ("outer", 1, 2, 1)


def test_without_a_bar_nothing_is_said(capsys: Any) -> None:
    found = GradCAM()(small_cnn(), X)
    progress.ran()
    assert np.isfinite(found.values).all()
    assert capsys.readouterr() == ("", "")
    with pytest.raises(ZeroDivisionError), progress.shown(1, None), progress.explaining("fails"):
        raise ZeroDivisionError
    progress.ran()


def test_lines_for_log_files_say_what_is_done(capsys: Any) -> None:
    methods = [GradCAM(), IntegratedGradients(steps=8, batch_size=8)]
    explanations(small_cnn(), methods, X, batch_size=5, verbose=2)
    printed = capsys.readouterr()
    assert not printed.out
    lines = [line for line in printed.err.splitlines() if line.startswith("tfexplain: ")]
    assert [line.split(", ")[0] for line in lines] == [
        "tfexplain: GradCAM: 0.5 of 2",
        "tfexplain: IntegratedGradients: 1 of 2",
        "tfexplain: GradCAM: 1.5 of 2",
        "tfexplain: IntegratedGradients: 2 of 2",
    ]
    assert ", 14 chunks, " in lines[-1]
