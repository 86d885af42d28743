"""What an explanation costs here and in other libraries, beside the passes that it needs.

    python benchmarks/peers.py [--environments FOLDER] [--here] [--quick] [--peer NAME]
        [--case CASE] [--method METHOD] [--rounds N] [--side N] [--no-memory]

Each library runs in an environment of its own, made from the names of packages below FOLDER (kept
there for the next time; without it a temporary one), as one process that is only asked in its turn.
All get the same architecture, weights (checked by their logits), images, class and number of
passes. Ratios are medians over rounds, each of a call and of bare passes right before it in the
same process. Peak memory is that of a process that runs nothing else.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import measuring
from environments import ENVIRONMENTS, python_of
from turns import Worker, WorkFailed

OURS = "tfexplain"
METHODS = ("Grad-CAM", "Saliency", "IG", "SmoothGrad", "Occlusion")
TITLES = {
    "small_cnn": "Small CNN (3 convolutions, trained on digits), 28 x 28 x 3, batch of 32",
    "mobilenet_v2": "MobileNetV2 (random weights), {side} x {side} x 3, batch of 8",
}
# Logits of one model in two environments differ by rounding.
MOST_LOGIT_ERROR = 1e-4


@dataclass
class Row:
    """What was found of a method in a library; `missing` says why there is nothing."""

    method: str
    library: str
    missing: str = ""
    passes: int = 0
    first: float = 0.0
    times: dict[str, list[float]] = field(default_factory=lambda: {"wall": [], "cpu": []})
    bare: dict[str, list[float]] = field(default_factory=lambda: {"wall": [], "cpu": []})
    peak: float | None = None
    logged: dict[str, int] = field(default_factory=dict)
    agreement: dict[str, tuple[float, float]] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--environments", type=Path, help="folder that keeps the environments")
    parser.add_argument("--here", action="store_true", help="peers are installed here already")
    parser.add_argument(
        "--quick", action="store_true", help="small, and without peers: a smoke test"
    )
    parser.add_argument("--peer", choices=ENVIRONMENTS, action="append", help="default: all")
    parser.add_argument("--case", choices=TITLES, action="append", help="default: all")
    parser.add_argument("--method", choices=METHODS, action="append", help="default: all")
    parser.add_argument("--rounds", type=int, help="default: 9 small, 5 large")
    parser.add_argument("--side", type=int, default=224, help="of MobileNetV2's images")
    parser.add_argument("--no-memory", action="store_true", help="leave the peaks out")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = options.environments or Path(stack.enter_context(TemporaryDirectory()))
        peers = options.peer or ([] if options.quick else list(ENVIRONMENTS))
        pythons = {OURS: sys.executable}
        for name in peers:
            pythons[name] = sys.executable if options.here else python_of(name, folder.resolve())
        for name in options.case or (["small_cnn"] if options.quick else TITLES):
            measure(name, pythons, options)


def measure(name: str, pythons: dict[str, str], options: argparse.Namespace) -> None:
    """One model's table."""
    rounds = options.rounds or (2 if options.quick else {"small_cnn": 9}.get(name, 5))
    steps, samples = (4, 2) if options.quick else (50, 20)
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        script = Path(__file__).with_name("peers_tfexplain.py")
        subprocess.run([sys.executable, script, name, str(options.side), folder], check=True)

        def worker(library: str) -> Worker:
            script = Path(__file__).with_name("peers_work.py")
            command = [pythons[library], str(script), library, name, str(steps), str(samples)]
            return stack.enter_context(Worker([*command, folder]))

        workers = {library: worker(library) for library in pythons}
        opened = {library: worker.ask("open") for library, worker in workers.items()}
        for library, found in opened.items():
            assert found["error"] < MOST_LOGIT_ERROR, (library, found["error"])
        rows = planned(opened, options.method or METHODS)
        for row in rows:
            begin(row, workers[row.library], opened[row.library]["passes"][row.method][0])
        time_in_turns(rows, workers, opened, rounds)
        for row in rows:
            if not row.missing and not (options.quick or options.no_memory):
                with worker(row.library) as alone:
                    row.peak = alone.ask("peak", row.method)
    print(f"\n{TITLES[name].format(side=options.side)}; {rounds} rounds\n")
    print("\n".join(table(rows)))
    print("\n" + "; ".join(versions(library, found) for library, found in opened.items()))
    print(measuring.machine({}), flush=True)


def planned(opened: dict[str, Any], methods: Sequence[str]) -> list[Row]:
    """A row for each method and library, also where a library has none."""
    rows = []
    for method in methods:
        for library, found in opened.items():
            row = Row(method, library, passes=found["passes"][method][1])
            if method not in found["methods"]:
                row.missing = "has none"
            rows.append(row)
    return rows


def begin(row: Row, worker: Worker, bare: str) -> None:
    """First calls, the bytes of a log, and the maps' agreement before any weight has moved."""
    if row.missing:
        return
    print(f"{row.method} of {row.library}", file=sys.stderr, flush=True)
    worker.ask("first", bare)
    try:
        row.first = worker.ask("first", row.method)
        row.logged = worker.ask("logged", row.method)
        if row.library == OURS:
            worker.ask("maps", row.method)
        else:
            row.agreement = worker.ask("agree", row.method)
    except WorkFailed as error:
        row.missing = f"failed: {error}"[:200]


def time_in_turns(
    rows: list[Row], workers: dict[str, Worker], opened: dict[str, Any], rounds: int
) -> None:
    """Each round, each library's bare passes and then its method; then all weights move."""
    running = [row for row in rows if not row.missing]
    for i in range(rounds):
        print(f"round {i + 1} of {rounds}", file=sys.stderr, flush=True)
        for row in running:
            worker, bare = workers[row.library], opened[row.library]["passes"][row.method][0]
            for times, part in ((row.bare, bare), (row.times, row.method)):
                for kind, seconds in zip(("wall", "cpu"), worker.ask("time", part), strict=True):
                    times[kind].append(seconds)
        for worker in workers.values():
            worker.ask("epoch")


def table(rows: list[Row]) -> Iterator[str]:
    """Markdown."""
    yield (
        "| method | library | passes | first call, s | then, ms | CPU, ms | ÷ bare passes "
        "| the same in CPU time | peak MB over the model | bytes an epoch "
        "| correlation with ours, largest difference |"
    )
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|"
    for row in rows:
        cells = [row.method, row.library]
        if row.missing:
            cells += [row.missing, *[""] * 8]
        else:
            cells += [str(row.passes), f"{row.first:.1f}"]
            cells += [f"{1e3 * median(row.times[kind]):.1f}" for kind in row.times]
            cells += [f"{over_bare(row, kind):.2f}" for kind in row.times]
            cells += ["" if row.peak is None else f"{row.peak:.0f}"]
            cells += ["; ".join(f"{count:,}{how}" for how, count in row.logged.items())]
            cells += ["; ".join(agreed(how, *pair) for how, pair in row.agreement.items())]
        yield "| " + " | ".join(cells) + " |"


def over_bare(row: Row, kind: str) -> float:
    """Time over that of as many bare passes, in the same process."""
    return measuring.ratio(row.times[kind], [row.passes * time for time in row.bare[kind]])


def agreed(how: str, correlation: float, difference: float) -> str:
    """As in `0.9998, 0.2%`."""
    return f"{how}{': ' if how else ''}{correlation:.4f}, {difference:.2%}"


def versions(library: str, found: dict[str, Any]) -> str:
    """What a library ran with."""
    (name, number), *others = found["versions"].items()
    return f"{name} {number} ({', '.join(f'{other} {n}' for other, n in others)})"


if __name__ == "__main__":
    main()
