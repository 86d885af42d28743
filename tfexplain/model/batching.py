"""Cuts samples into batches, and rows into chunks.

A batch is samples that are explained together. A chunk is rows that go through the model at once:
samples, noisy copies of them, points of a path, masked inputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.model.traced_model import TracedModel

MOST_ROWS = {"CPU": 128, "GPU": 256}
MOST_BYTES = {"CPU": 512 * 2**20, "GPU": 2**30}
# Of the memory: a backward pass holds about as much again, and so do a sample's nodes.
MEMORY_FRACTION = 1 / 8


def row_slices(count: int, size: int) -> Iterator[slice]:
    """Cuts samples or rows 0..count - 1 into batches or chunks, of which the last may be smaller.

    >>> list(row_slices(5, 3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def default_chunk_size(traced_model: TracedModel) -> int:
    """Returns the size of a chunk for the model and the device, the same whenever it is asked for.

    As many rows as keep the outputs of the layers and what belongs to the inputs, as float32,
    within `MOST_BYTES`, at least one and at most `MOST_ROWS`: what a backward pass needs of a
    forward one. On a CPU more rows than these gain a few percent and take memory
    (`benchmarks/README.md`), and they take at most `MEMORY_FRACTION` of what was available when the
    model was opened; a GPU has to be filled.
    """
    device = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    # Of the inputs there are the points, their gradients, and the products of these with the path.
    inputs = [tuple(spec.shape[1:]) for spec in tf.nest.flatten(traced_model.specs)] * 3
    shapes = [*(call.shape for call in traced_model.layer_calls), *inputs]
    a_row = 4 * sum(math.prod(side or 1 for side in shape) for shape in shapes)
    bytes_ = MOST_BYTES[device]
    if device == "CPU" and traced_model.memory is not None:
        bytes_ = min(bytes_, int(MEMORY_FRACTION * traced_model.memory))
    return max(1, min(MOST_ROWS[device], bytes_ // max(1, a_row)))


def chunk_size(traced_model: TracedModel, asked: int | None) -> int:
    """Returns how many rows a chunk has: what the model takes where that is fixed, else what was
    asked for, else the default."""
    return traced_model.rows or asked or default_chunk_size(traced_model)


def even_size(count: int, most: int) -> int:
    """Returns the size of the fewest chunks of at most `most` rows, as equal as can be.

    >>> even_size(20, 16), even_size(20, 40)
    (10, 20)
    """
    return math.ceil(count / math.ceil(count / most))


def chunks(count: int, size: int) -> Iterator[npt.NDArray[np.int64]]:
    """Cuts rows 0..count - 1 into chunks of just `size`; the last is filled up with its last row.

    >>> [chunk.tolist() for chunk in chunks(5, 4)]
    [[0, 1, 2, 3], [4, 4, 4, 4]]
    """
    for start in range(0, count, size):
        yield np.minimum(np.arange(start, start + size), count - 1)


def even_chunks(count: int, most: int) -> Iterator[npt.NDArray[np.int64]]:
    """Cuts rows 0..count - 1 into even chunks of one length, so that nothing is traced twice for a
    shorter one; the last is filled up with its last row.

    >>> [chunk.tolist() for chunk in even_chunks(5, 4)]
    [[0, 1, 2], [3, 4, 4]]
    """
    return chunks(count, even_size(count, most))


def run_by_chunks(
    traced_model: TracedModel,
    key: Hashable,
    make: Callable[[], Callable[..., Any]],
    *batch: Any,
    size: int | None = None,
    any_length: bool = False,
) -> list[Any]:
    """Runs a function on each chunk of a batch, and returns what it gives, as numpy.

    A model that takes a fixed number of rows gets them, filled up; what is returned has a row for
    each that was given.

    Args:
        traced_model: What runs it.
        key, make: See `TracedModel.run`.
        batch: Tensors [N, ...] in any structure; such as have no rows belong to every chunk.
        size: Of a chunk; default all rows.
        any_length: Whether to compile once for whatever length.
    """
    fixed = traced_model.rows
    count = tf.nest.flatten(batch)[0].shape[0]
    size = fixed or size or count
    results = []
    for rows in chunks(count, size):
        kept = min(size, count - rows[0])
        chunk = batch  # slicing all of it would copy it
        if count != size:
            chunk = _rows_of(batch, rows if fixed else rows[:kept])
        specs = _any_length(chunk) if any_length and not fixed else None
        tensors = traced_model.run(key, make, *chunk, specs=specs)
        arrays = tf.nest.map_structure(lambda tensor: tensor.numpy(), tensors)
        results.append(_first_rows(arrays, size, kept) if fixed and kept < size else arrays)
    return results


def _rows_of(values: Any, rows: Any) -> Any:
    """Rows of all tensors; those without any stay what they are."""
    return tf.nest.map_structure(lambda x: tf.gather(x, rows) if x.shape[0] else x, values)


def _first_rows(values: Any, rows: int, kept: int) -> Any:
    """The first `kept` of so many rows, of all arrays; several in place of a row stay together."""
    return tf.nest.map_structure(lambda x: x[: len(x) * kept // rows], values)


def _any_length(values: Any) -> Any:
    """Shapes and types of tensors for any number of rows; those without rows have none."""
    return tf.nest.map_structure(
        lambda x: tf.TensorSpec((None if x.shape[0] else 0, *x.shape[1:]), x.dtype), values
    )
