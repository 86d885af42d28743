"""The benchmark of the graph runs to its end on one model; no time is tested."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from e2e.start import MISSING, chromium

pytestmark = pytest.mark.process

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "graph.py"


@pytest.mark.skipif(chromium() is None, reason=MISSING)
def test_a_graph_is_opened_unfolded_and_moved() -> None:
    command = [sys.executable, str(SCRIPT), "--quick", "--model", "mobilenet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = dict(re.findall(r"^\| (.+?) \| (.+) \|$", done.stdout, re.MULTILINE))
    (folded,) = (int(n) for n in re.findall(r"opened, folded \((\d+) boxes", done.stdout))
    (unfolded,) = (int(n) for n in re.findall(r"unfolded \((\d+) boxes", done.stdout))
    assert 1 < folded < unfolded == 156
    assert re.match(r"\d+\.\d ms a frame, p95 \d+\.\d ms", rows["unfolded, moved"])
