"""Examples and benchmarks run as a user runs them, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from support.forks import run_script

ROOT = Path(__file__).resolve().parents[2]


def run_example(name: str, *arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """`python examples/NAME ARGUMENTS` in `folder`."""
    script = ROOT / "examples" / name
    return run_script(script, *arguments, folder=folder, environment=environment(), timeout=400)


def run_benchmark(name: str, *arguments: object) -> str:
    """What `python benchmarks/NAME ARGUMENTS` prints."""
    script, here = ROOT / "benchmarks" / name, Path.cwd()
    done = run_script(script, *arguments, folder=here, environment=os.environ, timeout=500)
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment() -> dict[str, str]:
    """Ours, with this checkout on the path."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
