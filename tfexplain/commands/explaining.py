"""Explains the rows of a file with a saved model: in shards, from which the rest is made."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from tfexplain.checks import check_whole
from tfexplain.commands.command import Command
from tfexplain.commands.merging import merged
from tfexplain.commands.metrics import metrics
from tfexplain.commands.opening import Opened
from tfexplain.commands.output import Output
from tfexplain.commands.worker import Computed, compute, compute_shard
from tfexplain.errors import TfexplainError
from tfexplain.runlog.settings import check_metrics
from tfexplain.shards.job import FOLDER
from tfexplain.shards.progress import counted


@dataclass(frozen=True)
class Done:
    """Holds what to tell the user: choices and places, and what was skipped."""

    text: str
    skipped: Sequence[str]


def explain_file(options: argparse.Namespace, *, verbose: bool) -> Done:
    """Does what `tfexplain explain` was asked for.

    Raises:
        ValueError, TypeError, OSError: whatever cannot be read, explained or written. Shards that
            are finished stay.
    """
    check_whole("--batch-size", options.batch_size)
    check_whole("--workers", options.workers)
    check_showing(options)
    part = _part(options.shard)
    if part and (options.cluster or options.workers > 1):
        raise TfexplainError(
            f"--shard={options.shard}: expected no --workers and no --cluster beside it. Start a "
            "process for each part, or leave --shard out."
        )
    command, output = Command.of(options), Output(options.out)
    with _taken(options.out, alone=part is None):
        opened = Opened(command, options.out)
        opened.job.enter(options.out)
        command.write(options.out)
    job = opened.job
    numbers = job.part(*part) if part else range(len(job))
    done: list[Computed] = []
    with counted(f"{len(job)} shards", len(numbers), shown=verbose) as step:
        for one in _computed(opened, options, numbers):
            done.append(one)
            step()
    if part:
        return _of_part(options, opened, done)
    text, skipped = merged(opened, options.out, output, command)
    return Done(text, skipped)


def check_showing(options: argparse.Namespace) -> None:
    """Raises TfexplainError for options of pictures, tables and the log that cannot be."""
    check_whole("--log-samples", options.log_samples, optional=True)
    if options.overlays is not None and options.overlays < 0:
        raise TfexplainError(f"--overlays={options.overlays}: expected 0 or more.")
    check_metrics(metrics(options.quality))


def _computed(
    opened: Opened, options: argparse.Namespace, numbers: Sequence[int]
) -> Iterator[Computed]:
    """Yields shards as they are done: here, or by workers."""
    folder, job = os.path.abspath(options.out), opened.job
    missing: list[int] = []
    if options.cluster is not None or options.workers > 1:
        missing = [number for number in numbers if not job.finished(folder, number)]
    for number in sorted({*numbers} - {*missing}):
        yield compute(opened, folder, number)
    if not missing:
        return
    from tfexplain.shards import engine

    workers = (
        engine.local(min(options.workers, len(missing)))
        if options.cluster is None
        else engine.connect(options.cluster)
    )
    with workers as client:
        yield from engine.computed(client, partial(compute_shard, folder, key=job.key), missing)


def _of_part(options: argparse.Namespace, opened: Opened, done: Sequence[Computed]) -> Done:
    """Says what one of several workers did."""
    job = opened.job
    new = sum(one.new for one in done)
    left = [number for number in range(len(job)) if not job.finished(options.out, number)]
    lines = [
        f"tfexplain: part {options.shard}: {len(done)} of {len(job)} shards, {new} computed now, "
        f"{sum(one.rows for one in done)} rows"
    ]
    if left:
        lines.append(f"  {len(left)} shards of other parts are missing yet")
    else:
        lines.append(f"  all shards are there: tfexplain merge {options.out}")
    count = sum(one.skipped for one in done)
    return Done("\n".join(lines), [f"{count} rows of this part"] if count else [])


def _part(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    number, _, of = text.partition("/")
    if not (number.isdigit() and of.isdigit()):
        raise TfexplainError(f"--shard={text!r}: expected K/N, such as 3/16.")
    return int(number), int(of)


@contextmanager
def _taken(folder: str, *, alone: bool) -> Iterator[None]:
    """Makes the folder of shards, and removes it after an error unless others may use it."""
    new_folder, shards = not os.path.isdir(folder), os.path.join(folder, FOLDER)
    new_shards = not os.path.isdir(shards)
    try:
        os.makedirs(shards, exist_ok=True)
        yield
    except BaseException:
        if alone and new_shards:
            shutil.rmtree(shards, ignore_errors=True)
            if new_folder and os.path.isdir(folder) and not os.listdir(folder):
                os.rmdir(folder)
        raise
