"""The example of a student and its teacher, run as a user runs it, for two epochs."""

from __future__ import annotations

import re

import pytest
from support.examples import run_example

import tfexplain

pytestmark = pytest.mark.process


def test_a_student_is_logged_beside_its_teacher(tmp_path):
    done = run_example("distillation.py", "--epochs", 2, "--log-dir", "logs", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    said = re.findall(r"(\w+): accuracy [\d.]+, as the teacher ([\d.]+), KL", done.stdout)
    assert [name for name, _ in said] == ["alone", "distilled"]
    runs = tfexplain.read(tmp_path / "logs")
    assert list(runs["distilled"].fidelity["epoch"]) == [0, 1]
    assert f"{runs['distilled'].fidelity['agreement'][-1]:.3f}" == said[1][1]
    # The same samples, at layers of each.
    own, theirs = (runs[name].samples["label"] for name in ("distilled", "distilled/teacher"))
    assert list(own) == list(theirs)
    assert set(runs["distilled"].similarity["layer"]) == {"narrow2"}
    assert set(runs["distilled/teacher"].maps[0].epochs) == {0}
