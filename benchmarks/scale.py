"""What shards cost beside the bare passes: rows a second, bytes, and memory as rows grow.

    python benchmarks/scale.py [--quick]

The same explainers on the same batches: `bare` forgets what they return, `shards` is
`tfexplain.explain(out=)` in the same process by turns, then with a Dask cluster of so many workers
on this machine, and the command `tfexplain explain`, whose rate is that of the rows above the
smallest number, for it starts and merges too. Each peak of memory is of a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from cases import small_cnn
from measuring import machine, peak_mb, ratio, size, timed

import tfexplain
from tfexplain import GradCAM, Saliency, cli
from tfexplain.explainers.run import explain_batches
from tfexplain.model.trace_model import trace_model
from tfexplain.shards import engine

SIDE, BATCH, ROUNDS = 28, 32, 5
EXPLAINERS = (GradCAM(), Saliency())
METHODS = [f"--method={type(explainer).__name__}" for explainer in EXPLAINERS]


def shards(rows: int) -> Iterator[Any]:
    """The rows, of which one shard is in memory at a time."""
    most = 1024 if rows > 4096 else 128
    for number, start in enumerate(range(0, rows, most)):
        count = min(most, rows - start)
        yield np.random.default_rng(number).random((count, SIDE, SIDE, 1), np.float32)


def bare(model: Any, rows: int) -> None:
    """Explain all, and keep nothing."""
    traced = trace_model(model, tf.zeros((1, SIDE, SIDE, 1)))
    for x in shards(rows):
        for start in range(0, len(x), BATCH):
            batch = x[start : start + BATCH]
            list(explain_batches(model, EXPLAINERS, batch, 3, traced_model=traced))


def ours(model: Any, rows: int, out: Path, client: Any = None) -> None:
    """Explain all into a folder."""
    asked: dict[str, Any] = {"explainers": EXPLAINERS, "batch_size": BATCH}
    tfexplain.explain(model, shards(rows), 3, out=out, client=client, **asked)


def by_turns(model: Any, rows: int, folder: Path) -> dict[str, Any]:
    """Seconds of parts of the rows, bare and in shards in turn, and the bytes of a row."""
    some = max(rows // ROUNDS, min(rows, 400))
    bare(model, BATCH * 2)
    ours(model, BATCH * 2, folder / "first")
    found: dict[str, Any] = {"bare": [], "shards": []}
    for number in range(ROUNDS):
        out = folder / str(number)
        found["bare"].append(timed(lambda: bare(model, some)))
        found["shards"].append(timed(lambda out=out: ours(model, some, out)))
    return {**found, "rows": some, "bytes": size(folder / "0") / some}


def peak(model: Any, rows: int, folder: Path, part: str) -> dict[str, Any]:
    """Memory of one part, all rows."""
    bare(model, rows) if part == "bare" else ours(model, rows, folder)
    return {"peak": peak_mb()}


def by_workers(model: Any, rows: int, folder: Path, workers: str) -> dict[str, Any]:
    """Seconds of a cluster that has opened the model, and the largest worker's memory."""
    with engine.local(int(workers)) as client:
        ours(model, BATCH * 32, folder / "first", client)
        before = sum(client.run(time.process_time).values())
        wall, cpu = timed(lambda: ours(model, rows, folder / "all", client))
        cpu += sum(client.run(time.process_time).values()) - before
        return {"wall": wall, "cpu": cpu, "peak": max(client.run(peak_mb).values())}


def by_command(model: Any, rows: int, folder: Path, workers: str) -> dict[str, Any]:
    """Seconds of the whole command, and this process' memory."""
    model.save(folder / "model.keras")
    write_rows(folder / "x.npy", rows)
    with zipfile.ZipFile(folder / "data.npz", "w") as file:
        file.write(folder / "x.npy", "x.npy")
    paths = [str(folder / name) for name in ("model.keras", "data.npz")]
    options = ["--batch-size", str(BATCH), "--workers", workers, "--target", "3"]
    command = ["explain", *paths, "--out", str(folder / "out"), *METHODS, *options]
    wall, _ = timed(lambda: cli.main(command))
    return {"wall": wall, "peak": peak_mb()}


def write_rows(path: Path, rows: int) -> None:
    """Write all to an .npy file, one shard in memory at a time."""
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, SIDE, SIDE, 1)}
        np.lib.format.write_array_header_1_0(file, header)
        for x in shards(rows):
            file.write(x.tobytes())


PARTS = {"turns": by_turns, "peak": peak, "workers": by_workers, "command": by_command}


def child(name: str, rows: int, *arguments: str) -> dict[str, Any]:
    """What a process of its own measures."""
    command = [sys.executable, __file__, "--part", name, str(rows), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def table(sizes: Sequence[int], workers: Sequence[str], *, quick: bool) -> Iterator[str]:
    """A row for each number of rows and who explains them; without the slower parts where quick."""
    started: dict[str, float] = {}
    parts = () if quick else ("bare", "shards")
    for rows in sizes:
        found = child("turns", rows)
        walls, cpus = ([[t[i] for t in found[part]] for part in ("bare", "shards")] for i in (0, 1))
        memory = {part: f"{child('peak', rows, part)['peak']:.0f}" for part in parts}
        each = [min(own) / found["rows"] for own in (*walls, *cpus)]
        yield f"| {rows} | bare | {1 / each[0]:.0f} | 1 | 1 | | {memory.get('bare', '')} |"
        yield (
            f"| {rows} | shards | {1 / each[1]:.0f} | {ratio(walls[1], walls[0]):.2f} "
            f"| {ratio(cpus[1], cpus[0]):.2f} | {found['bytes']:.0f} | {memory.get('shards', '')} |"
        )
        for count in workers:
            own = child("workers", rows, count)
            yield (
                f"| {rows} | {count} of Dask | {rows / own['wall']:.0f} "
                f"| {own['wall'] / rows / each[0]:.2f} | {own['cpu'] / rows / each[2]:.2f} | "
                f"| {own['peak']:.0f} each |"
            )
            if quick:
                continue
            told = child("command", rows, count)
            more = rows - sizes[0]
            spent = (told["wall"] - started.setdefault(count, told["wall"])) / max(more, 1)
            rate = f"{1 / spent:.0f} | {spent / each[0]:.2f}" if more else " | "
            yield f"| {rows} | command, {count} | {rate} | | | {told['peak']:.0f} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="few rows: a smoke test")
    parser.add_argument("--part", nargs="+", help="measures one part here, for this script")
    options = parser.parse_args(arguments)
    if options.part:
        name, rows, *others = options.part
        keras.utils.set_random_seed(0)
        with tempfile.TemporaryDirectory() as folder:
            found = PARTS[name](small_cnn((SIDE, SIDE, 1)), int(rows), Path(folder), *others)
        print(json.dumps(found))
        return
    sizes, workers = ([64], ["1"]) if options.quick else ([400, 40_000], ["1", "2"])
    print(f"{machine({'tensorflow': tf.__version__, 'keras': keras.version()})}\n")
    print("| rows | who | rows a second | ÷ bare, wall | ÷ bare, CPU | bytes a row | peak MB |")
    print("|--:|---|--:|--:|--:|--:|--:|")
    for row in table(sizes, workers, quick=options.quick):
        print(row, flush=True)


if __name__ == "__main__":
    main()
