"""Reads the maps of shards lazily: `tfexplain.read_shards`."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tfexplain.attribution import Attribution
from tfexplain.errors import TfexplainError
from tfexplain.joining import joined_rows
from tfexplain.shards.job import FOLDER
from tfexplain.shards.shard import ShardFile


def read_shards(folder: str | os.PathLike[str]) -> Shards:
    """Reads the maps that `tfexplain explain` or `tfexplain.explain(out=)` has written.

    Args:
        folder: The `out` of either.

    Raises:
        TfexplainError: there are no shards, or those of several jobs.

    Example:
        >>> import keras, numpy as np, tempfile
        >>> from tfexplain import Saliency, explain
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> out = tempfile.mkdtemp()
        >>> data = (np.ones((10, 2)) for shard in range(3))
        >>> _ = explain(model, data, 0, explainers=Saliency(), out=out)
        >>> shards = read_shards(out)
        >>> len(shards), shards.maps, shards.map("Saliency", 8, 12).values.shape
        (30, ('Saliency',), (4, 2))
    """
    return Shards(os.fspath(folder))


class Shards:
    """Holds the shards of a folder, of which only what is asked for is read.

    Iterating gives their files in order, one at a time; `file.whole()` is all of one.

    Attributes:
        maps: Names of the maps: by method, with the layer behind it where it has several.
    """

    def __init__(self, folder: str) -> None:
        below = os.path.join(folder, FOLDER)
        paths = glob.glob(os.path.join(glob.escape(below), "*.safetensors"))
        if not paths:
            raise TfexplainError(
                f"folder={folder!r}: expected one that tfexplain explain has written; it holds no "
                f"{FOLDER}/*.safetensors. Pass its --out."
            )
        # Beyond a million shards their numbers have more digits.
        self._paths = sorted(paths, key=lambda path: (len(path), path))
        counts, jobs, full = [], set(), ""
        # One after the other: a process may have only so many files open, or mapped.
        for file in self:
            counts.append(file.count)
            jobs.add(file.job)
            full = full or (file.path if file.maps else "")
        if len(jobs) > 1:
            raise TfexplainError(
                f"folder={folder!r}: expected shards of one job; got those of "
                f"{', '.join(sorted(jobs))}. Remove those of one."
            )
        self._ends = np.cumsum(counts)
        self._full = ShardFile(full or self._paths[0])
        self.maps = self._full.maps

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        """Returns the rows' numbers in the data, int64 [N], in rising order."""
        return np.concatenate([file.rows for file in self])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __iter__(self) -> Iterator[ShardFile]:
        return map(ShardFile, self._paths)

    def map(self, name: str, start: int = 0, stop: int | None = None) -> Attribution:
        """Returns one map of the rows from place `start` to `stop`, in one `Attribution`.

        Args:
            name: One of `maps`.
            start: The first row's place among all that were explained.
            stop: The place behind the last; default all. Files of other rows are not opened.
        """
        start, stop, _ = slice(start, stop).indices(len(self))
        parts = []
        first = int(np.searchsorted(self._ends, start, side="right"))
        for path, end in zip(self._paths[first:], self._ends[first:].tolist(), strict=True):
            file = ShardFile(path)
            begin = end - file.count
            if begin >= stop:
                break
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
        return {m: sum(file.seconds.get(m, 0.0) for file in self) for m in methods}

    @property
    def skipped(self) -> list[str]:
        """Returns the rows that cannot be read, with the reason."""
        return [line for file in self for line in file.skipped]
