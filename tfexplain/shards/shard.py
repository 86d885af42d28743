"""Defines `Shard`, the maps of some rows, and writes and reads it as a safetensors file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from tfexplain.attribution import BY_SAMPLE, Attribution
from tfexplain.errors import TfexplainError
from tfexplain.shards.whole_file import write_whole
from tfexplain.types import Array
from tfexplain.wire.container import long_text
from tfexplain.wire.records.halves import from_half, to_halves

KIND = "tfexplain shard"
# Where a map's float16 values are value / scale of their row.
_SCALE = "scale"


@dataclass(frozen=True, eq=False)
class Shard:
    """Holds the maps of some consecutive rows.

    Attributes:
        rows: int64 [n], the rows' numbers in the data, in rising order.
        names: [n], what the data calls them.
        predicted: [n], the predicted class (int64) or value (float64) of each.
        maps: By method, with the layer behind it where it has several.
        labels: [n], where there are any.
        probability: float32 [n], that of the predicted class, where the model has classes.
        loss: float32 [n], the cross-entropy of the label in nats, of a value the distance from it.
        skipped: Rows between these that cannot be read, with the reason.
        methods: By map the name of the method that made it.
        seconds: By method the time it took.
    """

    rows: npt.NDArray[np.int64]
    names: Sequence[str]
    predicted: Array
    maps: Mapping[str, Attribution]
    labels: Array | None = None
    probability: npt.NDArray[np.float32] | None = None
    loss: npt.NDArray[np.float32] | None = None
    skipped: Sequence[str] = ()
    methods: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


# Arrays of one number a row, where there are any.
_NUMBERS = ("labels", "probability", "loss")


def write_shard(path: str, shard: Shard, job: str) -> int:
    """Writes a shard beside and renames it, so that a file of its name is whole.

    Values are float16 of value / scale with a scale for each row: their error is at most 2**-11 of
    the row's largest magnitude. Pictures stay uint8.

    Returns:
        How many bytes it has.

    Raises:
        OSError: it cannot be written; nothing of it is left then.
    """
    data = packed(shard, job)
    write_whole(path, data)
    return len(data)


def packed(shard: Shard, job: str, inputs: str = "") -> bytes:
    """Returns the bytes of a shard's file; see `write_shard`.

    Args:
        shard: The maps.
        job: What they were computed for.
        inputs: A hash of the rows, where the job does not tell which they are.
    """
    arrays: dict[str, Array] = {"rows": shard.rows, "predicted": shard.predicted}
    arrays |= {"names": long_text(shard.names), "skipped": long_text(shard.skipped)}
    numbers = {name: getattr(shard, name) for name in _NUMBERS}
    arrays |= {name: np.asarray(own) for name, own in numbers.items() if own is not None}
    said: dict[str, dict[str, Any]] = {}
    for name, attribution in shard.maps.items():
        own = {one.name: getattr(attribution, one.name) for one in fields(attribution)}
        if own["values"].dtype != np.uint8:
            own["values"], own[_SCALE] = to_halves(own["values"])
        kept = {part: value for part, value in own.items() if isinstance(value, np.ndarray)}
        arrays |= {f"{name}/{part}": value for part, value in kept.items()}
        said[name] = {part: value for part, value in own.items() if part not in kept}
    header = {"kind": KIND, "job": job, "inputs": inputs, "maps": json.dumps(said)}
    header |= {"methods": json.dumps(shard.methods), "seconds": json.dumps(shard.seconds)}
    # safetensors writes the bytes as they lie, whatever the order of the axes.
    ordered = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    data: bytes = safetensors.numpy.save(ordered, header)
    return data


class ShardFile:
    """Reads a shard, as much of it as is asked for.

    Attributes:
        job: What it was written for.
        inputs: A hash of its rows, where the job does not tell which they are.
        maps: Names of its maps.
        methods: By map the name of the method that made it.
        seconds: By method the time it took.

    Raises:
        TfexplainError: no shard, or one that was cut off.
        OSError: it cannot be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: Any  # safetensors' stubs have no types
        try:
            self._file = safetensors.safe_open(path, "numpy")
        except safetensors.SafetensorError as error:
            raise _wrong(path, str(error)) from error
        header = self._file.metadata() or {}
        if header.get("kind") != KIND:
            raise _wrong(path, "a file of another kind")
        self.job, self.inputs = header["job"], header["inputs"]
        self.methods: dict[str, str] = json.loads(header["methods"])
        self.seconds: dict[str, float] = json.loads(header["seconds"])
        self._said: dict[str, dict[str, Any]] = json.loads(header["maps"])
        self.maps = tuple(self._said)
        self._arrays = set(self._file.keys())

    @property
    def count(self) -> int:
        """Returns how many rows it has, of which none is read."""
        return int(self._file.get_slice("rows").get_shape()[0])

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Returns the numbers of its rows, int64 [n]."""
        rows: npt.NDArray[np.int64] = self._file.get_tensor("rows")
        return rows

    @property
    def names(self) -> list[str]:
        """Returns what the data calls its rows."""
        return self._texts("names")

    @property
    def skipped(self) -> list[str]:
        """Returns the rows that cannot be read, with the reason."""
        return self._texts("skipped")

    @property
    def predicted(self) -> Array:
        """Returns the predicted class or value of each row, [n]."""
        return np.asarray(self._file.get_tensor("predicted"))

    def number(self, name: str) -> Array | None:
        """Returns labels, probability or loss of the rows, [n]; None where there are none."""
        return self._file.get_tensor(name) if name in self._arrays else None

    def map(self, name: str, start: int = 0, stop: int | None = None) -> Attribution:
        """Returns one map of its rows from `start` to `stop`, of which alone values are read."""
        own = dict(self._said[name])
        for one in fields(Attribution):
            at = f"{name}/{one.name}"
            if at not in self._arrays:
                continue
            by_row = one.name in BY_SAMPLE
            own[one.name] = self._part(at, start, stop) if by_row else self._file.get_tensor(at)
        if f"{name}/{_SCALE}" in self._arrays:
            scale = self._part(f"{name}/{_SCALE}", start, stop)
            own["values"] = from_half(own["values"], _beside(scale, own["values"].ndim))
        return Attribution(**own)

    def whole(self) -> Shard:
        """Returns all of it."""
        maps = {name: self.map(name) for name in self.maps}
        numbers = {name: self.number(name) for name in _NUMBERS}
        said: dict[str, Any] = {"methods": self.methods, "seconds": self.seconds}
        said |= {"skipped": self.skipped, **numbers}
        return Shard(self.rows, self.names, self.predicted, maps, **said)

    def _part(self, name: str, start: int, stop: int | None) -> Array:
        return np.asarray(self._file.get_slice(name)[start:stop])

    def _texts(self, name: str) -> list[str]:
        texts: list[str] = json.loads(self._file.get_tensor(name).tobytes())
        return texts


def _beside(scale: Array, rank: int) -> Array:
    return scale.reshape(-1, *[1] * (rank - 1))


def _wrong(path: str, why: str) -> TfexplainError:
    return TfexplainError(
        f"{path}: expected a shard of tfexplain; got {why}. Remove it, and it is computed again."
    )
