"""Processes that take turns: each lives as long as it is needed, and works only while it is asked.

So that libraries whose requirements clash are measured side by side, under the same load.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any


class WorkFailed(Exception):
    """The work raised; the message is its own."""


class Worker:
    """One process, and what it is asked."""

    def __init__(self, command: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 (closed in __exit__)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def ask(self, name: str, *arguments: Any) -> Any:
        """The answer of one piece of work.

        Raises:
            WorkFailed: it raised.
            RuntimeError: the process is gone; the message ends with what it printed last.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = ""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps([name, *arguments]) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            raise RuntimeError(f"{self._process.args} ended:\n{self._errors.read()[-3000:]}")
        answer = json.loads(line)
        if "failed" in answer:
            raise WorkFailed(answer["failed"])
        return answer["answer"]

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()


def serve(work: Mapping[str, Callable[..., Any]]) -> None:
    """Do what is asked on the standard input until it ends. What the work prints is kept apart."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        try:
            answer = {"answer": work[name](*arguments)}
        except Exception as error:
            traceback.print_exc()
            answer = {"failed": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
