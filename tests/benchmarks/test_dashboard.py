"""The benchmark of the page runs to its end on a small log; no time is tested."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from e2e.start import MISSING, chromium

pytestmark = pytest.mark.process

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "dashboard.py"


@pytest.mark.skipif(chromium() is None, reason=MISSING)
def test_the_page_and_the_images_dashboard_are_measured() -> None:
    command = [sys.executable, str(SCRIPT), "--quick", "--mode", "true"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    ours, images = done.stdout.split("| Images |")
    rows = dict(re.findall(r"^\| (.+?) \| (.+) \|$", ours, re.MULTILINE))
    painted = re.fullmatch(
        r"(\d+) ms after navigation, (\d+) ms after our frame began", rows["first maps painted"]
    )
    assert painted
    assert int(painted[1]) > int(painted[2]) > 0
    (scrubbed,) = (text for name, text in rows.items() if name.startswith("scrubbing, as it opens"))
    assert re.match(r"\d+\.\d ms a frame, p95 \d+\.\d ms", scrubbed)
    assert "steps kept of a tag | 6" in images
    assert re.search(r"all \d+ pictures in sight came \| \d+ ms", images)
