"""Computes one shard of a folder, in whatever process: what an engine calls."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tfexplain.commands.command import Command
from tfexplain.commands.opening import Opened
from tfexplain.errors import TfexplainError
from tfexplain.shards.shard import ShardFile

# The last one that was opened, by folder: a worker computes many shards of one job.
_opened: dict[str, Opened] = {}


@dataclass(frozen=True)
class Computed:
    """Holds what a shard has: its number, rows, rows that cannot be read, and bytes.

    `new` is whether it was computed now.
    """

    number: int
    rows: int
    skipped: int
    bytes: int
    new: bool


def compute_shard(folder: str, number: int, key: str) -> Computed:
    """Computes a shard of the command in a folder, unless it has a file.

    Args:
        folder: Its --out, by a path that this process can reach.
        number: The shard's.
        key: The job's, as whoever asks has it.

    Raises:
        TfexplainError: this process finds another job there, as where files have changed.
        OSError: a file is missing here, or the disk is full.
    """
    opened = _opened.get(folder)
    if opened is None or opened.job.key != key:
        _opened.clear()
        opened = _opened[folder] = Opened(Command.read(folder), folder)
        opened.job.enter(folder)
        if opened.job.key != key:
            raise TfexplainError(
                f"{folder}: expected job {key}; this process finds {opened.job.key}: its model, "
                "data or version of tfexplain differ. Give all workers the same."
            )
    return compute(opened, folder, number)


def compute(opened: Opened, folder: str, number: int) -> Computed:
    """Computes a shard with what is open, unless it has a file."""
    new = opened.work.write(folder, number)
    path = opened.job.path(folder, number)
    file = ShardFile(path)
    return Computed(number, len(file.rows), len(file.skipped), os.path.getsize(path), new)
