"""Explaining with less memory than it takes at once, for real."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.read import Run, read_run

pytestmark = pytest.mark.process

SCRIPT = Path(__file__).parents[1] / "support" / "out_of_memory.py"
OVERCOMMIT = Path("/proc/sys/vm/overcommit_memory")


def check_same_maps(one: Run, other: Run, step: int) -> None:
    tags = [tag for tag in one.values if tag.startswith(("map/", "channels/"))]
    assert len(tags) == 24
    for tag in tags:
        a, b = one.record(tag, step), other.record(tag, step)
        assert np.allclose(a.values, b.values, rtol=0, atol=2e-3 * np.abs(a.values).max()), tag
        if tag.startswith("channels/"):
            assert np.array_equal(a.dead, b.dead)
        else:
            assert (a.target, round(a.score, 4)) == (b.target, round(b.score, 4))


def test_what_does_not_fit_into_memory_is_explained_in_portions_then_left_out(
    tmp_path: Path,
) -> None:
    if not OVERCOMMIT.exists() or OVERCOMMIT.read_text() != "0\n":
        pytest.skip("this system does not refuse what is more than its memory")
    command = [sys.executable, str(SCRIPT), str(tmp_path)]
    # The allocator of oneDNN tries for ten seconds before it gives up.
    environment = dict(os.environ, TF_ENABLE_ONEDNN_OPTS="0")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    same, nothing = done.stdout.splitlines()
    assert same == "same weights"
    assert nothing.startswith(
        "validation_data: expected samples small enough to explain one at a time"
    )
    enough, scarce = (read_run(tmp_path / name) for name in ("enough", "scarce"))
    for step in range(2):
        check_same_maps(enough, scarce, step)
    shown = {tag: sorted(scarce.values[tag]) for tag in enough.values if "/" in tag}
    assert {tuple(steps) for tag, steps in shown.items() if tag[0] in "mc"} == {(0, 1, 3)}
    told = {p.kind: (p.count, p.step, p.message) for p in scarce.record("status").problems}
    assert told.pop("Greedy: MemoryError")[:2] == (5, 3)
    # The path of Integrated Gradients begins with 16 points at once, and so is halved twice.
    halved = {"FeatureMaps": (1, 4), "GradCAM": (1, 4), "IntegratedGradients": (2, 2)}
    for name, (count, at_once) in halved.items():
        message = f"explained {at_once} of 8 samples at a time from now on."
        assert told.pop(f"{name}: memory ran out") == (count, 1, message)
        message = "memory ran out even for one sample at a time. Leave it out."
        assert told.pop(f"{name}: MemoryError") == (1, 2, message)
    assert not told
