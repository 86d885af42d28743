"""The benchmark of the page, once and small: it opens both dashboards and measures all it names.

How long anything takes is not tested.
"""

from __future__ import annotations

import subprocess
import sys

import pytest
from e2e.start import MISSING, chromium
from support.examples import ROOT

SCRIPT = ROOT / "benchmarks" / "dashboard.py"


def test_every_measure_is_told() -> None:
    if not chromium():
        pytest.skip(MISSING)
    command = [sys.executable, str(SCRIPT), "--quick", "--mode", "false"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    ours, theirs = done.stdout.split("| Images |")
    for name in ("listing", "one series", "first maps painted", "scrubbing", "page's memory"):
        assert f"| {name}" in ours
    # 6 epochs of 16 tags a run: the first screen shows pictures of some of them.
    assert "| steps kept of a tag | 6 |" in theirs
    assert "pictures in sight came" in theirs
