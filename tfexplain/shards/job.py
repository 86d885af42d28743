"""Defines `Job`: what is computed of which rows, and which files are its shards."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tfexplain.errors import TfexplainError
from tfexplain.shards.shard import ShardFile
from tfexplain.shards.whole_file import write_once

FOLDER = "shards"
_JOB = "job.json"


@dataclass(frozen=True)
class OpenJob:
    """Holds what the maps of rows depend on, of which there are as many as come.

    Attributes:
        facts: What results depend on, such as a hash of the model, in words and JSON's values.
    """

    facts: Mapping[str, str]

    @cached_property
    def key(self) -> str:
        """Returns what tells the job from others, 16 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.said, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def said(self) -> dict[str, str | int]:
        """Returns all that results and files depend on."""
        return dict(self.facts)

    def path(self, folder: str, shard: int) -> str:
        """Returns the file of a shard below a folder."""
        return os.path.join(folder, FOLDER, f"{shard:06d}.safetensors")

    def enter(self, folder: str) -> None:
        """Takes a folder for this job, which others of the same facts may share.

        Raises:
            TfexplainError: it is another job's.
            OSError: it cannot be written.
        """
        os.makedirs(os.path.join(folder, FOLDER), exist_ok=True)
        path = os.path.join(folder, FOLDER, _JOB)
        if not os.path.exists(path):
            write_once(path, json.dumps(self.said, indent=1, sort_keys=True).encode())
        self._check(path)

    def finished(self, folder: str, shard: int) -> bool:
        """Whether a shard's file is there.

        Raises:
            TfexplainError: it is another job's.
        """
        path = self.path(folder, shard)
        if not os.path.exists(path):
            return False
        if (own := ShardFile(path).job) != self.key:
            raise TfexplainError(
                f"{path}: expected a shard of job {self.key}; got one of {own}. Pass another "
                "folder."
            )
        return True

    def _check(self, path: str) -> None:
        with open(path, encoding="utf-8") as file:
            other = json.load(file)
        own = self.said
        names = [name for name in sorted({*own, *other}) if own.get(name) != other.get(name)]
        if names:
            differ = "; ".join(f"{name} {other.get(name)}, now {own.get(name)}" for name in names)
            raise TfexplainError(
                f"{os.path.dirname(path)}: expected a new folder, or one of the same job; it is "
                f"that of another: {differ}. Pass another."
            )


@dataclass(frozen=True)
class Job(OpenJob):
    """Holds what the maps of some rows depend on, and how the rows are cut into shards.

    Rows are explained in chunks that begin at the same rows however many work on them, so that
    results are equal to the bit; a shard is some whole chunks.

    Attributes:
        facts: What results depend on, such as a hash of the model, in words and JSON's values.
        count: Number of rows.
        chunk: Rows that are explained at once.
        size: Rows of a shard, a multiple of `chunk`.
    """

    count: int
    chunk: int
    size: int

    def __len__(self) -> int:
        return -(-self.count // self.size)

    def chunks(self, shard: int) -> list[range]:
        """Returns the rows of a shard, by chunk.

        >>> Job({}, count=10, chunk=2, size=4).chunks(2)
        [range(8, 10)]
        """
        end = min((shard + 1) * self.size, self.count)
        starts = range(shard * self.size, end, self.chunk)
        return [range(start, min(start + self.chunk, end)) for start in starts]

    def part(self, number: int, of: int) -> range:
        """Returns the shards of the `number`th of so many workers, the first being 1.

        >>> list(Job({}, count=10, chunk=2, size=2).part(1, 2))
        [0, 2, 4]
        """
        if not 1 <= number <= of:
            raise TfexplainError(
                f"--shard={number}/{of}: expected a part from 1/{of} to {of}/{of}. Give each "
                "worker its own."
            )
        return range(number - 1, len(self), of)

    def path(self, folder: str, shard: int) -> str:
        """Returns the file of a shard below a folder."""
        return os.path.join(folder, FOLDER, f"{shard:06d}-of-{len(self):06d}.safetensors")

    @property
    def said(self) -> dict[str, str | int]:
        """Returns all that results and files depend on."""
        cut = {"rows": self.count, "rows at once": self.chunk, "rows of a shard": self.size}
        return {**self.facts, **cut}
