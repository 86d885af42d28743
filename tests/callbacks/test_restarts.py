"""Trainings that are killed and go on: real processes, real kills, read by a real TensorBoard."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import restarted
from support.forks import run_script
from support.read import read_run
from support.restarted import EPOCHS
from support.server import records, serve

from tfexplain.wire import schema

pytestmark = pytest.mark.process

ALL = list(range(EPOCHS))
NEVER = 99
# Three processes: the first explained epochs 0 and 1, the second one more, the third the rest.
PLACES = ("GradCAM/conv", "IntegratedGradients/input")
CONSTANT = ("samples", "structure", "places/input", *(f"start/{place}" for place in PLACES))
COUNTS = [1, 2, 1, *range(1, EPOCHS - 2)]


def train(directory: Path, epoch: int = NEVER, moment: str = "batch") -> int:
    done = run_script(restarted.__file__, directory, epoch, moment, folder=directory.parent)
    assert done.returncode in (0, -9), done.stderr
    return done.returncode


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Killed among the batches of epoch 2, again while epoch 3 is explained, then finished."""
    directory = tmp_path_factory.mktemp("restarted")
    assert train(directory, 2) == -9
    shutil.copytree(directory / "run", directory / "killed")
    # An epoch takes longer than this to explain and to write.
    assert train(directory, 3, "0.01") == -9
    assert train(directory) == 0
    return directory


def test_a_training_killed_among_its_batches_has_logged_all_epochs_before(directory: Path) -> None:
    for room in ("explain", "compression"):
        assert sorted(read_run(directory / "killed", room).values["metrics"]) == [0, 1]


@pytest.mark.parametrize("load_fast", ["true", "false"])
def test_steps_are_neither_lost_nor_doubled(directory: Path, load_fast: str) -> None:
    with serve(directory / "run", f"--load_fast={load_fast}") as server:
        runs = server.wait_for(
            lambda runs: {"explain", "compression"} <= set(runs) and all(map(_whole, runs.values()))
        )
        for run, listed in runs.items():
            # Of each step, what was written last.
            written = read_run(directory / "run", run).values
            groups = [g["group"] for g in listed["groups"] if g["group"] not in CONSTANT]
            found = records(server.plugin("series", run=run, group=groups).body)
            for (group, sample), points in found.items():
                tag = group if sample < 0 else f"{group}/{sample}"
                assert points == {step: written[tag][step][0] for step in ALL}, tag
            if run == "explain":
                assert _counts(found["predictions", -1]) == COUNTS


def test_similarity_is_to_the_first_epoch_of_all_processes(directory: Path) -> None:
    run = read_run(directory / "run")
    for tag in ("drift/GradCAM/conv", "drift/IntegratedGradients/input"):
        assert {run.record(tag, step).reference for step in ALL} == {"epoch 0"}
        assert all((run.record(tag, step).values[:, 0] < 1).all() for step in ALL[1:])


def _whole(run: Any) -> bool:
    """Whether TensorBoard has read a run to its end."""
    return all(g["last_step"] == EPOCHS - 1 for g in run["groups"] if g["group"] not in CONSTANT)


def _counts(points: Mapping[int, bytes | str]) -> list[int]:
    """What the page adds up to know how many were explained: each process counts its own."""
    found = [points[step] for step in sorted(points)]
    return [schema.Predictions.decode(p).explained for p in found if isinstance(p, bytes)]


def test_wherever_a_log_ends_what_was_complete_is_read(directory: Path, tmp_path: Path) -> None:
    """A kill leaves the first part of a file: two hundred of them, read back."""
    (first,) = (directory / "killed" / "explain").iterdir()
    data = first.read_bytes()
    complete: list[int] = []
    for size in np.linspace(24, len(data), 200).astype(int):
        (tmp_path / "explain").mkdir(exist_ok=True)
        (tmp_path / "explain" / first.name).write_bytes(data[:size])
        values = read_run(tmp_path).values
        before, complete = complete, sorted(values.get("status", {}))
        assert complete[: len(before)] == before
        for tag in [f"map/GradCAM/conv/{sample}" for sample in range(8)] if complete else []:
            assert set(complete) <= set(values[tag])
    assert complete == [0, 1]
