"""Every benchmark can be asked what it does; `make bench-smoke` runs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.forks import run_script

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


def test_every_script_is_imported_and_says_what_it_takes(tmp_path: Path) -> None:
    scripts = [str(p) for p in BENCHMARKS.glob("*.py") if "ArgumentParser" in p.read_text("utf-8")]
    assert len(scripts) >= 7
    (tmp_path / "ask.py").write_text(ASK)
    done = run_script(tmp_path / "ask.py", *scripts, folder=tmp_path)
    assert done.returncode == 0, done.stderr
