"""`peers.py` and `training.py`, once and small, with what is installed here: no network.

How long anything takes is not tested. tf-keras-vis is installed with tfexplain, so that one other
library runs, whose maps must be ours.
"""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def rows(*arguments: str) -> list[dict[str, str]]:
    """The tables that a script prints, a dictionary for each row."""
    command = [sys.executable, str(BENCHMARKS / arguments[0]), *arguments[1:]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    lines = [line.strip("| ") for line in done.stdout.splitlines() if line.startswith("|")]
    head, _, *body = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [dict(zip(head, [*row, *[""] * len(head)], strict=False)) for row in body]


def test_peers_agree_and_each_method_has_its_row():
    found = {
        (row["method"], row["library"]): row
        for row in rows("peers.py", "--quick", "--here", "--peer", "tf-keras-vis", "--rounds", "1")
    }
    assert len(found) == 5 * 2
    for method in ("Grad-CAM", "Saliency", "SmoothGrad"):
        ours, theirs = found[method, "tfexplain"], found[method, "tf-keras-vis"]
        for row in (ours, theirs):
            ratios = [float(row["÷ bare passes"]), float(row["the same in CPU time"])]
            assert all(0 < ratio < math.inf for ratio in ratios)
        agreed = theirs["correlation with ours, largest difference"].removeprefix("our noise: ")
        correlation, difference = agreed.split(", ")
        assert float(correlation) > 0.9999
        assert float(difference.rstrip("%")) < 0.1
        pictures, numbers = (part.split()[0] for part in ours["bytes an epoch"].split("; "))
        assert int(pictures.replace(",", "")) > int(numbers.replace(",", "")) > 0
    assert found["IG", "tfexplain"]["passes"] == "4"
    occlusion = found["Occlusion", "tfexplain"]
    assert occlusion["passes"] == "16"
    assert "without pictures" in occlusion["bytes an epoch"]
    for method in ("IG", "Occlusion"):
        assert found[method, "tf-keras-vis"]["passes"] == "has none"


def test_training_with_and_without_callbacks():
    found = {row["which"]: row for row in rows("training.py", "--quick")}
    assert list(found) == ["without", "Explain and Compression"]
    for row in found.values():
        assert float(row["epoch, s"]) > 0
        assert float(row["CPU, s"]) > 0
    assert found["without"]["setup, CPU s"] == ""
    assert found["Explain and Compression"]["more than without"].endswith("%")


def test_a_worker_tells_what_failed_in_its_process(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from turns import Worker, WorkFailed

    code = (
        f"import os, sys; sys.path.insert(0, {str(BENCHMARKS)!r}); from turns import serve\n"
        "def leave(): print('last words', flush=True); os._exit(3)\n"
        "serve({'twice': lambda x: print('aside') or 2 * x, 'leave': leave})"
    )
    with Worker([sys.executable, "-c", code]) as worker:
        assert worker.ask("twice", 21) == 42
        with pytest.raises(WorkFailed, match="TypeError: unsupported operand"):
            worker.ask("twice", None)
        with pytest.raises(RuntimeError, match="last words"):
            worker.ask("leave")
