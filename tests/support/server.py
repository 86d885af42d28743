"""A real TensorBoard in a process of its own, and its answers taken apart as the page does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from support.forks import FORKS, forked

_ADDRESS = re.compile(r"TensorBoard \S+ at (http://\S+/)")
_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: Any
    body: bytes


@dataclass(frozen=True)
class Server:
    """A running TensorBoard; `address` ends with a slash and holds the path prefix."""

    address: str
    pid: int

    def get(self, path: str, method: str = "GET") -> Answer:
        """The answer to a path below the address, whatever its status."""
        request = urllib.request.Request(self.address + path, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def plugin(self, route: str, **query: Any) -> Answer:
        """The answer of one of our routes; lists repeat their argument."""
        return self.get(f"data/plugin/tfexplain/{route}?{urlencode(query, doseq=True)}")

    def runs(self) -> dict[str, Any]:
        """The listed runs by name."""
        answer = self.plugin("runs")
        assert answer.status == 200, answer.body
        return {run["run"]: run for run in json.loads(answer.body)["runs"]}

    def wait_for(self, ready: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The runs, once TensorBoard has read enough of them and reads no more.

        It lists what it has read so far: a page that opens before the rest would ask again. A log
        that grows all the time is waited for only a while.
        """
        end = time.monotonic() + _PATIENCE_S
        while not ready(runs := self.runs()):
            if time.monotonic() > end:
                raise TimeoutError(f"TensorBoard did not read the log; it has {sorted(runs)}")
            time.sleep(0.2)
        for _ in range(10):
            time.sleep(0.2)
            before, runs = runs, self.runs()
            if runs == before:
                break
        return runs

    def wait_for_runs(self, count: int, last: int) -> dict[str, Any]:
        """The runs, once there are as many as `count` and each has been read to its `last` step."""
        return self.wait_for(
            lambda runs: (
                len(runs) == count
                and all(
                    run["groups"]
                    and all(g["last_step"] in (0, last) for g in run["groups"])
                    and any(g["last_step"] == last for g in run["groups"])
                    for run in runs.values()
                )
            )
        )


def unframe(body: bytes) -> tuple[dict[str, Any], bytes]:
    """The head of a binary answer, and the bytes behind it."""
    size = int.from_bytes(body[:4], "little")
    return json.loads(body[4 : 4 + size]), body[4 + size :]


def records(body: bytes) -> dict[tuple[str, int], dict[int, bytes | str]]:
    """A `series` answer as record or error by group, sample and step."""
    head, data = unframe(body)
    return {
        (s["group"], s["sample"]): {
            p["step"]: p["error"] if "error" in p else data[p["offset"] : p["offset"] + p["length"]]
            for p in s["points"]
        }
        for s in head["series"]
    }


@contextmanager
def serve(
    log_dir: Path, *flags: str, python: str | None = None, cwd: Path | None = None
) -> Iterator[Server]:
    """Run TensorBoard on a free port until the block ends.

    It runs in a fork of a process that has imported TensorBoard and TensorFlow, which saves five
    seconds of CPU each time; with another Python or in another directory it starts from nothing.
    """
    flags = ("--logdir", str(log_dir), "--port", "0", "--reload_interval", "1", *flags)
    with tempfile.TemporaryDirectory(prefix="tensorboard") as made:
        said = Path(made) / "stderr"
        said.touch()
        process: _Started = (
            _forked(said, flags)
            if python is None and cwd is None and FORKS
            else _begun(said, [python or sys.executable, "-m", "tensorboard.main", *flags], cwd)
        )
        try:
            yield Server(_address(said, process), process.pid)
        finally:
            process.end()


@dataclass(frozen=True)
class _Started:
    """A process of either kind.

    `end` asks it to end, then kills it: TensorBoard's handler of SIGTERM raises SystemExit, which
    is lost where a request is just being handed to its thread.
    """

    pid: int
    runs: Callable[[], bool]
    end: Callable[[], None]


def _begun(said: Path, command: Sequence[str], cwd: Path | None) -> _Started:
    with said.open("wb") as stderr:
        process = subprocess.Popen(command, stderr=stderr, cwd=cwd)

    def end() -> None:
        process.terminate()
        try:
            process.wait(_PATIENCE_S / 12)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    return _Started(process.pid, lambda: process.poll() is None, end)


def _forked(said: Path, flags: Sequence[str]) -> _Started:
    process = forked(_run, str(said), flags)

    def end() -> None:
        process.terminate()
        process.join(_PATIENCE_S / 12)
        process.kill()
        process.join()
        process.close()

    return _Started(process.pid, process.is_alive, end)


def _run(said: str, flags: Sequence[str]) -> None:
    """What `python -m tensorboard.main` does."""
    with open(said, "wb") as stderr:
        os.dup2(stderr.fileno(), 2)
    sys.argv = ["tensorboard", *flags]
    import_module("tensorboard.main").run_main()


def _address(said: Path, process: _Started) -> str:
    """Where it says that it listens; raises RuntimeError where it never does."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        # Asked before its words are read, so that none come behind them.
        runs = process.runs() and time.monotonic() < end
        text = said.read_text("utf-8", errors="replace")
        if match := _ADDRESS.search(text):
            return match[1]
        if not runs:
            raise RuntimeError(f"TensorBoard did not start:\n{text}")
        time.sleep(0.05)
