"""Cuts what `explain` is given into shards: arrays, datasets, and iterators of shards."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.data.batches import arrays, batches, comes_in_batches, length, unpacked
from tfexplain.errors import TfexplainError
from tfexplain.model.batching import row_slices
from tfexplain.model.outputs import TargetError
from tfexplain.model.targets import Targets
from tfexplain.rows.source import Read
from tfexplain.shards.maps import Chunk

# Of the inputs of a shard, which are in memory together, but for those that are given as shards.
_BYTES = 16 << 20
_MOST_ROWS = 4096


@dataclass(frozen=True, eq=False)
class GivenShard:
    """Holds the rows of a shard.

    Attributes:
        number: The shard's.
        chunks: Its rows, by what is explained at once.
        inputs: A hash of them.
    """

    number: int
    chunks: list[Chunk]
    inputs: str


def comes_in_shards(inputs: Any) -> bool:
    """Returns whether inputs are an iterable of shards: no arrays, and nothing made of them.

    >>> comes_in_shards(iter([np.zeros((2, 3))])), comes_in_shards([np.zeros((2, 3))])
    (True, False)
    """
    structures = (np.ndarray, tf.Tensor, list, tuple, dict)
    if isinstance(inputs, structures) or comes_in_batches(inputs) or hasattr(inputs, "__array__"):
        return False
    return isinstance(inputs, Iterable)


def given_shards(inputs: Any, targets: Targets, batch_size: int) -> Iterator[GivenShard]:
    """Yields the rows of each shard, in order, of which one is held at a time.

    Args:
        inputs: As `explain` takes them.
        targets: As `explain` takes them.
        batch_size: Rows that are explained at once, at most.

    Raises:
        TfexplainError: no rows, or data that cannot be read.
        TargetError: other numbers of targets than rows.
    """
    one_each = by_row(targets)
    start = 0
    for number, parts in enumerate(_shards(inputs, batch_size)):
        chunks = []
        for x, y in parts:
            for rows in row_slices(length(x), batch_size):
                inputs_of = tf.nest.map_structure(operator.itemgetter(rows), x)
                labels = None if y is None else tf.nest.map_structure(operator.itemgetter(rows), y)
                end = start + length(inputs_of)
                own = targets if one_each is None else one_each[start:end]
                read = Read(
                    range(start, end), [str(i) for i in range(start, end)], inputs_of, labels
                )
                chunks.append(Chunk(start, read, own))
                start = end
        if one_each is not None and start > len(one_each):
            raise _too_few(len(one_each), f"{start} or more")
        yield GivenShard(number, chunks, _hash(chunks))
    if not start:
        raise TfexplainError("inputs: expected at least one sample; there is none.")
    if one_each is not None and start != len(one_each):
        raise _too_few(len(one_each), str(start))


def _shards(inputs: Any, batch_size: int) -> Iterator[list[tuple[Any, Any]]]:
    """Yields the parts of each shard, (x, y or None)."""
    if comes_in_shards(inputs):
        for shard in inputs:
            x, y, _ = unpacked(shard, "inputs")
            yield [(arrays(x, "inputs"), None if y is None else arrays(y, "inputs"))]
    elif comes_in_batches(inputs):
        yield from _gathered((x, y) for x, y, _ in batches(inputs, "inputs"))
    else:
        whole = arrays(inputs, "inputs")
        parts = row_slices(length(whole), batch_size)
        yield from _gathered(
            (tf.nest.map_structure(operator.itemgetter(rows), whole), None) for rows in parts
        )


def _gathered(parts: Iterable[tuple[Any, Any]]) -> Iterator[list[tuple[Any, Any]]]:
    """Puts as many batches into each shard as the first one's size allows."""
    held: list[tuple[Any, Any]] = []
    most = 0
    for part in parts:
        if not most:
            size = sum(np.asarray(x).nbytes for x in tf.nest.flatten(part[0]))
            most = min(max(_BYTES // max(size, 1), 1), -(-_MOST_ROWS // max(length(part[0]), 1)))
        held.append(part)
        if len(held) == most:
            yield held
            held = []
    if held:
        yield held


def by_row(targets: Targets) -> Any:
    """Returns targets as an array where there is one for each row, else None."""
    if targets is None or isinstance(targets, str) or callable(targets) or not np.ndim(targets):  # type: ignore[arg-type]
        return None
    return np.asarray(targets)


def _too_few(count: int, rows: str) -> TargetError:
    return TargetError(
        f"targets: expected one a sample; got {count} for {rows}. Pass as many, or "
        "targets='label' for the labels that come with the samples."
    )


def _hash(chunks: list[Chunk]) -> str:
    found = hashlib.blake2b(digest_size=16)
    for chunk in chunks:
        given = (chunk.read.inputs, chunk.read.labels, by_row(chunk.targets))
        for array in tf.nest.flatten(given):
            if array is not None:
                whole = np.ascontiguousarray(array)
                found.update(f"{whole.dtype.str} {whole.shape}".encode())
                texts = whole.dtype.hasobject
                found.update(repr(whole.tolist()).encode() if texts else whole.tobytes())
    return found.hexdigest()
