"""A real TensorBoard in a process of its own, and its answers taken apart as the page does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

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
        """The runs, once TensorBoard has read enough of them."""
        end = time.monotonic() + _PATIENCE_S
        while not ready(runs := self.runs()):
            if time.monotonic() > end:
                raise TimeoutError(f"TensorBoard did not read the log; it has {sorted(runs)}")
            time.sleep(0.2)
        return runs


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
    log_dir: Path, *flags: str, python: str = sys.executable, cwd: Path | None = None
) -> Iterator[Server]:
    """Run TensorBoard on a free port until the block ends."""
    command: Sequence[str] = [
        *(python, "-m", "tensorboard.main", "--logdir", str(log_dir)),
        *("--port", "0", "--reload_interval", "1", *flags),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=cwd)
    said: list[str] = []
    found: list[str] = []
    started = threading.Event()

    def listen() -> None:
        assert process.stderr
        for line in process.stderr:
            said.append(line)
            if match := _ADDRESS.search(line):
                found.append(match[1])
                started.set()
        started.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        if not started.wait(_PATIENCE_S) or not found:
            raise RuntimeError(f"TensorBoard did not start:\n{''.join(said)}")
        yield Server(found[0], process.pid)
    finally:
        process.terminate()
        process.wait()
        listener.join()
        assert process.stderr
        process.stderr.close()
