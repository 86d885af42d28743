"""A pytest plugin: what each test file costs in CPU seconds, written to tests/artifacts.

    file                                    CPU s   wall s  tests
    tests/e2e/test_page.py                   61.0     80.2     21

CPU seconds are those of the process, of its children and of scripts in forks that have ended, so
they hardly depend on what else the machine does. What a fixture costs counts for the test that sets
it up, and a server for the test that takes it down. A test above `LIMIT_S` before that, without the
marker `slow` or `process`, fails.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.forks import Counted

LIMIT_S = 20.0
LONGEST = 60
_BEGUN = pytest.StashKey[float]()
_PROPERTY = "cpu_s"


def cpu_seconds() -> float:
    """What this process and its ended children have used so far."""
    times = os.times()
    own = times.user + times.system
    return own + times.children_user + times.children_system + Counted.cpu_s


@dataclass
class Cost:
    """Of one test, or of all tests of a file."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    tests: int = 0


class CostReport:
    """Measures tests where they run, and writes the sums where they are reported."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tests: dict[str, Cost] = defaultdict(Cost)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        """Begin to count."""
        item.stash[_BEGUN] = cpu_seconds()
        yield

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        """Count, and fail what is above the limit unmarked."""
        # Before fixtures end: a shared server that does is no cost of whichever test comes last.
        cpu_s = cpu_seconds() - item.stash[_BEGUN]
        yield
        item.user_properties.append((_PROPERTY, cpu_seconds() - item.stash[_BEGUN]))
        marked = any(item.get_closest_marker(name) for name in ("slow", "process"))
        if cpu_s > LIMIT_S and not marked:
            pytest.fail(
                f"{item.nodeid}: expected at most {LIMIT_S:g} s of CPU; got {cpu_s:.1f}. "
                "Make it smaller, share its fixtures, or mark it `slow`.",
                pytrace=False,
            )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather from the workers' reports what the tests cost."""
        cost = self._tests[report.nodeid]
        cost.wall_s += report.duration
        if report.when == "teardown":
            cost.cpu_s = float(dict(report.user_properties).get(_PROPERTY, 0.0))
            cost.tests = 1

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report; not in a worker, which has no more than its own part."""
        if not hasattr(session.config, "workerinput") and self._tests:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(table(self._tests), "utf-8")


def table(tests: dict[str, Cost]) -> str:
    """The files by CPU seconds, and the tests that take longest."""
    files: dict[str, Cost] = defaultdict(Cost)
    for name, cost in tests.items():
        file = files[name.partition("::")[0]]
        file.cpu_s += cost.cpu_s
        file.wall_s += cost.wall_s
        file.tests += cost.tests
    total = Cost(
        sum(cost.cpu_s for cost in files.values()),
        sum(cost.wall_s for cost in files.values()),
        sum(cost.tests for cost in files.values()),
    )
    longest = sorted(tests.items(), key=lambda item: -item[1].wall_s)[:LONGEST]
    ordered = sorted(files.items(), key=lambda item: -item[1].cpu_s)
    lines = [f"{'file':<64} {'CPU s':>8} {'wall s':>8} {'tests':>6}"]
    lines += [_row(name, cost) for name, cost in [*ordered, ("all", total)]]
    lines += ["", f"{LONGEST} longest tests"]
    lines += [_row(name, cost) for name, cost in longest]
    return "\n".join(lines) + "\n"


def _row(name: str, cost: Cost) -> str:
    return f"{name:<64} {cost.cpu_s:8.1f} {cost.wall_s:8.1f} {cost.tests:6}"
