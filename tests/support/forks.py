"""Scripts in forks of a process that has imported TensorFlow, which saves five seconds of CPU each.

A script has its own process all the same, with its folder, arguments and output. Where there are no
forks it begins with nothing imported.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import time
from collections.abc import Mapping
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FORKS = "forkserver" in get_all_start_methods()


def forked(target: Any, *arguments: Any) -> Any:
    """A started process; one that has not ended with the tests is killed."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tensorboard.main", "tensorflow", "keras"])
    process = context.Process(target=target, args=arguments)
    process.start()
    return process


class Counted:
    """CPU seconds of forks that have ended: they are no children of this process."""

    cpu_s = 0.0


def run_script(
    script: Path, *arguments: object, folder: Path, environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """`python SCRIPT ARGUMENTS` in `folder`, once it has ended.

    Raises:
        subprocess.TimeoutExpired: it has not after `timeout` seconds; it is killed.
    """
    command = [str(script), *map(str, arguments)]
    if not FORKS:
        options: dict[str, Any] = {"cwd": folder, "env": dict(environment), "timeout": timeout}
        return subprocess.run([sys.executable, *command], capture_output=True, text=True, **options)
    with TemporaryDirectory() as made:
        process = forked(_run, command, str(folder), dict(environment), made)
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(command, timeout)
        said = [(Path(made) / name).read_text("utf-8") for name in ("stdout", "stderr")]
        spent = Path(made) / "cpu"
        Counted.cpu_s += float(spent.read_text()) if spent.exists() else 0.0
        return subprocess.CompletedProcess(command, process.exitcode, *said)


def _run(command: list[str], folder: str, environment: dict[str, str], made: str) -> None:
    """What `python SCRIPT ARGUMENTS` does."""
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        with open(Path(made) / name, "wb") as file:
            os.dup2(file.fileno(), descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = command
    sys.path.insert(0, str(Path(command[0]).parent))
    begun = time.process_time()
    try:
        runpy.run_path(command[0], run_name="__main__")
    finally:
        sys.stdout.flush()
        times = os.times()
        children = times.children_user + times.children_system
        (Path(made) / "cpu").write_text(str(time.process_time() - begun + children))
