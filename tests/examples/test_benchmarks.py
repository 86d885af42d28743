"""Every benchmark can be asked what it does; `make bench-smoke` runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
# All in one process, for importing TensorFlow takes longer than all else.
ASK = """
import contextlib, io, pathlib, runpy, sys
for path in map(pathlib.Path, sys.argv[1:]):
    sys.argv, said = [str(path), "--help"], io.StringIO()
    sys.path.insert(0, str(path.parent))
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_path(str(path), run_name="__main__")
    except SystemExit as end:
        assert not end.code, (path, end.code)
    assert f"usage: {path.name}" in said.getvalue(), path
"""


def test_every_script_is_imported_and_says_what_it_takes() -> None:
    scripts = [str(p) for p in BENCHMARKS.glob("*.py") if "ArgumentParser" in p.read_text("utf-8")]
    assert len(scripts) >= 7
    done = subprocess.run([sys.executable, "-c", ASK, *scripts], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
