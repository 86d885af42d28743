"""An alarm while a model trains: a line once, the same as in the log, and an end that is asked for.

The mark at the left edge tells the label, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.marked import fit, marked
from support.read import read_run

import tfexplain
from tfexplain.errors import SettingError, TfexplainError
from tfexplain.report import markup
from tfexplain.report.summary import summary
from tfexplain.trust import Avoid


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("alarm") / "run"
    number = "explain/IntegratedGradients/mass_at_left_edge"
    model, _, ran = fit(log_dir, 6, logs=[number])
    assert len(ran.epoch) == 6  # it warns, and training goes on
    assert ran.history[number][-1] > 0.25
    assert not getattr(model, "stop_training", False)
    return log_dir


def test_the_log_says_where_labels_can_be_read_and_what_is_read_there(log: Path) -> None:
    run = tfexplain.read(log)["run"]
    places, trust = run.places, run.trust
    assert [list(places[key]) for key in ("input", "place", "rows")] == [
        ["input"],
        ["left edge"],
        [96],
    ]
    # Three of the four rows tell the label: windows that hold them touch, and are one place.
    assert (places["corner"][0].tolist(), places["size"][0].tolist()) == ([1, 0], [6, 1])
    assert places["alone"][0] == 1
    assert places["rest"][0] < 0.5
    here = (trust["metric"] == "mass at left edge") & (trust["epoch"] == 5)
    maps = [own.values for own in read_run(log).maps("IntegratedGradients", "input", 5)]
    evidence = np.maximum(np.stack(maps).astype(np.float64), 0)
    expected = evidence[:, 1:7, 0].sum(1) / evidence.sum((1, 2))
    np.testing.assert_allclose(trust["value"][here], expected, atol=2e-3)
    assert (trust["chance"][here] >= 6 / 64).all()


def test_a_summary_says_where_labels_can_be_read(log: Path) -> None:
    run = tfexplain.read(log)["run"]
    text = summary("log", {"run": run}, "command")
    told = [markup.number(number) for number in (run.places[key][0] for key in ("alone", "rest"))]
    row = text[text.index("left edge of input") :][:300]
    assert all(f">{number}<" in row for number in told)


def test_a_line_is_printed_once_and_the_log_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    region = np.zeros((8, 8), bool)
    region[2:6, 0] = True
    _, _, ran = fit(tmp_path / "run", 6, on_alarm="stop", regions={"mark": Avoid(region)})
    lines = [line for line in capsys.readouterr().out.splitlines() if "alarm" in line]
    assert all("Training ends: on_alarm='stop'." in line for line in lines)
    found = [f for f in tfexplain.findings(tmp_path / "run") if f.kind in ("gathers", "leaves")]
    assert {f.kind for f in found} == {"gathers", "leaves"}
    assert len(ran.epoch) == min(f.step for f in found) + 1 < 6
    assert len(lines) == len([f for f in found if f.step == ran.epoch[-1]])
    assert "mark, to be avoided" in "".join(lines)


def test_no_alarm_where_the_mark_tells_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = marked()
    fit(tmp_path / "run", 3, (x, np.random.default_rng(1).permutation(y)))
    assert "alarm" not in capsys.readouterr().out
    assert tfexplain.read(tmp_path)["run"].places == {}


def test_another_choice_is_refused_before_the_first_batch(tmp_path: Path) -> None:
    with pytest.raises((SettingError, TfexplainError), match="on_alarm='end': expected"):
        fit(tmp_path / "run", 1, on_alarm="end")
