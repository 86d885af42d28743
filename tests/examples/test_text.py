"""The text example, run as a user runs it; what it logged is read back and checked."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.examples import ROOT, run_example
from support.read import read_run

pytestmark = pytest.mark.process

EPOCHS = 5


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """(what was printed, the run)."""
    folder = tmp_path_factory.mktemp("text")
    done = run_example("text.py", "--epochs", EPOCHS, "--log-dir", "logs", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, read_run(folder / "logs")


def test_it_learns_what_it_has_not_seen(text):
    printed, _ = text
    accuracy = [float(found) for found in re.findall(r"val_accuracy: ([\d.]+)", printed)]
    assert len(accuracy) == EPOCHS
    assert accuracy[-1] > 0.7  # as many of one as of the other: 0.5 is none


def test_the_words_that_speak_for_each_are_those_a_reader_expects(text):
    printed, _ = text
    spoken = {
        name: dict(re.findall(r"(\w+) ([-+][\d.]+)", line))
        for name, _, line in (line.partition(": ") for line in printed.splitlines())
        if name in ("Python", "NumPy")
    }
    assert {"array", "axis"} <= set(spoken["NumPy"])
    assert "array" not in spoken["Python"]
    assert all(float(value) > 0.5 for value in spoken["NumPy"].values())
    assert all(float(value) < -0.5 for value in spoken["Python"].values())


def test_each_word_of_a_sentence_has_its_value_and_padding_none(text):
    _, run = text
    found = run.maps("IntegratedGradients", "input", EPOCHS - 1)
    values = np.stack([record.values for record in found])
    assert values.shape == (8, 24)
    assert run.content("map/IntegratedGradients/input/0").unit == "logit"
    filled = sentences()[run.record("samples").rows] == 0
    assert filled.any(axis=1).all()
    assert not values[filled].any()
    assert (values[~filled] != 0).mean() > 0.9
    assert max(abs(record.gap) for record in found) < 0.05 * np.abs(values).sum(axis=1).max()


def sentences():
    """The indices of words that the example validates on, padding as 0."""
    spec = importlib.util.spec_from_file_location("docstrings", ROOT / "examples" / "docstrings.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    train, held = module.load()
    return module.indices([*held[0], *held[1]], module.vocabulary([*train[0], *train[1]]))


def test_sentences_are_found_wherever_python_and_the_checkout_lie(tmp_path):
    below = tmp_path / "a test" / "tests"
    below.mkdir(parents=True)
    for package in Path(np.__file__).parents[1].glob("numpy*"):
        (below / package.name).symlink_to(package)
    (below / "examples").symlink_to(ROOT / "examples")
    code = "import docstrings, numpy; print(numpy.__file__); print(*map(len, docstrings.load()[0]))"
    command, path = (
        [sys.executable, "-c", code],
        os.pathsep.join(map(str, (below, below / "examples"))),
    )
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    where, counts = done.stdout.splitlines()
    assert where.startswith(str(below))
    assert min(map(int, counts.split())) > 1000
