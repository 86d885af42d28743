"""Scripts in forks of a process that has imported TensorFlow, which saves five seconds of CPU each.

A script has its own process all the same, with its folder, arguments and output. Where there are no
forks it begins with nothing imported. What one that is killed has used is not counted.
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


class Script:
    """`python SCRIPT ARGUMENTS`, or `python -m MODULE ARGUMENTS`, begun in `folder`."""

    def __init__(
        self,
        script: Path | str,
        *arguments: object,
        folder: Path,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.command = [str(script), *map(str, arguments)]
        self._made = TemporaryDirectory()
        told = self.command, str(folder), dict(environment), self._made.name
        self._process = (forked if FORKS else _spawned)(_run, *told)

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return bool(self._process.is_alive())

    def said(self, where: str = "stdout") -> str:
        """What it has printed so far."""
        path = Path(self._made.name) / where
        return path.read_text("utf-8") if path.exists() else ""

    def signal(self, number: int) -> None:
        """Sends a signal, unless it has ended."""
        if self.runs:
            os.kill(self._process.pid, number)

    def wait(self, timeout: float) -> subprocess.CompletedProcess[str]:
        """What came of it.

        Raises:
            subprocess.TimeoutExpired: it has not ended after `timeout` seconds; it is killed.
        """
        self._process.join(timeout)
        ended = self._process.exitcode is not None
        self._process.kill()
        self._process.join()
        with self._made:
            code, said = self._process.exitcode, (self.said("stdout"), self.said("stderr"))
            Counted.cpu_s += float(self.said("cpu") or 0)
        if not ended:
            raise subprocess.TimeoutExpired(self.command, timeout, *said)
        return subprocess.CompletedProcess(self.command, code, *said)


def run_script(
    script: Path | str,
    *arguments: object,
    folder: Path,
    environment: Mapping[str, str] = os.environ,
    timeout: float = 600,
) -> subprocess.CompletedProcess[str]:
    """A `Script` that is waited for."""
    return Script(script, *arguments, folder=folder, environment=environment).wait(timeout)


def _spawned(target: Any, *arguments: Any) -> Any:
    process = get_context("spawn").Process(target=target, args=arguments)
    process.start()
    return process


def _run(command: list[str], folder: str, environment: dict[str, str], made: str) -> None:
    """What Python does with a script or module."""
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        with open(Path(made) / name, "wb") as file:
            os.dup2(file.fileno(), descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    # Importing tensorflow_model_optimization sets it in the process of whichever test does so.
    os.environ.pop("TF_USE_LEGACY_KERAS", None)
    sys.argv = command
    begun = time.process_time()
    try:
        if command[0].endswith(".py"):
            sys.path.insert(0, str(Path(command[0]).parent))
            runpy.run_path(command[0], run_name="__main__")
        else:
            runpy.run_module(command[0], run_name="__main__", alter_sys=True)
    finally:
        sys.stdout.flush()
        times = os.times()
        children = times.children_user + times.children_system
        (Path(made) / "cpu").write_text(str(time.process_time() - begun + children))
