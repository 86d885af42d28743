"""The example with a table, run as a user runs it; what it logged is read back and checked."""

from __future__ import annotations

import re

import numpy as np
import pytest
from support.examples import run_example
from support.read import read_run

pytestmark = pytest.mark.process

EPOCHS = 30


@pytest.fixture(scope="module")
def tabular(tmp_path_factory):
    """(what was printed, the run)."""
    folder = tmp_path_factory.mktemp("tabular")
    done = run_example("tabular.py", "--epochs", EPOCHS, "--log-dir", "logs", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, read_run(folder / "logs")


def table(printed):
    """(column, importance, F alone), the most important first."""
    lines = printed.split("F alone\n")[1].splitlines()
    rows = [re.fullmatch(r"(\S+) +(\S+) +(\S+)", line).groups() for line in lines]
    return [(name, float(importance), float(alone)) for name, importance, alone in rows]


def test_it_learns(tabular):
    printed, _ = tabular
    assert float(re.findall(r"val_accuracy: ([\d.]+)", printed)[-1]) > 0.9


def test_the_network_uses_what_tells_wines_apart_and_not_the_noise(tabular):
    rows = table(tabular[0])
    assert len(rows) == 15
    importance, alone = (np.array([row[i] for row in rows]) for i in (1, 2))
    noise = [i for i, row in enumerate(rows) if row[0].startswith("noise")]
    assert importance[noise].max() < importance[0] / 10
    assert min(noise) >= 9
    # The columns that tell most by themselves are among those that the network uses most.
    best = {rows[i][0] for i in np.argsort(-alone)[:4]}
    assert len(best & {row[0] for row in rows[:6]}) >= 3


def test_names_and_values_of_single_wines_are_logged(tabular):
    _, run = tabular
    assert list(run.record("values/input").names)[-2:] == ["noise_1", "noise_2"]
    for method in ("IntegratedGradients", "KernelSHAP"):
        found = run.maps(method, "input", EPOCHS - 1)
        values = np.stack([record.values for record in found])
        assert values.shape == (8, 15)
        assert np.abs(values[:, -2:]).mean() < np.abs(values).mean()
