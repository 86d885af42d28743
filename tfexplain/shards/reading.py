"""Reads the maps of shards lazily: `tfexplain.read_shards`."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tfexplain.attribution import Attribution
from tfexplain.errors import TfexplainError
from tfexplain.joining import joined_rows
from tfexplain.shards.job import FOLDER
from tfexplain.shards.shard import ShardFile


class Shards:
    """Holds the shards of a folder, of which only what is asked for is read.

    Attributes:
        rows: int64 [N], the rows' numbers in the data, in rising order.
        maps: Names of the maps: by method, with the layer behind it where it has several.
    """

    def __init__(self, folder: str) -> None:
        below = os.path.join(folder, FOLDER)
        paths = sorted(glob.glob(os.path.join(glob.escape(below), "*.safetensors")))
        if not paths:
            raise TfexplainError(
                f"folder={folder!r}: expected one that tfexplain explain has written; it holds no "
                f"{FOLDER}/*.safetensors. Pass its --out."
            )
        self._files = [ShardFile(path) for path in paths]
        jobs = sorted({file.job for file in self._files})
        if len(jobs) > 1:
            raise TfexplainError(
                f"folder={folder!r}: expected shards of one job; got those of {', '.join(jobs)}. "
                "Remove those of one."
            )
        by_file = [file.rows for file in self._files]
        self._ends = np.cumsum([len(rows) for rows in by_file])
        self.rows: npt.NDArray[np.int64] = np.concatenate(by_file)
        self._full = next((file for file in self._files if file.maps), self._files[0])
        self.maps = self._full.maps

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[ShardFile]:
        return iter(self._files)

    def map(self, name: str, start: int = 0, stop: int | None = None) -> Attribution:
        """Returns one map of the rows from place `start` to `stop`, in one `Attribution`."""
        start, stop, _ = slice(start, stop).indices(len(self))
        parts = []
        for file, end in zip(self._files, self._ends.tolist(), strict=True):
            begin = end - len(file.rows)
            if max(start, begin) < min(stop, end):
                parts.append(file.map(name, max(start - begin, 0), min(stop, end) - begin))
        return joined_rows(parts or [self._full.map(name, 0, 0)])

    def chosen(self, name: str, places: Sequence[int]) -> Attribution:
        """Returns one map of the rows at these places, in one `Attribution`."""
        return joined_rows(
            [self.map(name, place, place + 1) for place in places] or [self.map(name, 0, 0)]
        )

    def of(self, method: str) -> list[str]:
        """Returns the names of one method's maps."""
        return [name for name in self.maps if self._full.methods.get(name) == method]

    @property
    def seconds(self) -> dict[str, float]:
        """Returns by method the time that all shards took."""
        methods = dict.fromkeys(self._full.methods.values())
        return {m: sum(file.seconds.get(m, 0.0) for file in self._files) for m in methods}

    @property
    def skipped(self) -> list[str]:
        """Returns the rows that cannot be read, with the reason."""
        return [line for file in self._files for line in file.skipped]
