"""Reads validation data as blocks of rows: inputs and labels in their own structures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.data.batches import FORMS, arrays, batches, comes_in_batches, unpacked
from tfexplain.data.content import row_bytes
from tfexplain.errors import SettingError, TfexplainError

# How much of the data is looked at. Never a time: two runs would look at other rows.
MOST_ROWS = 20_000
MOST_BYTES = 4 << 30
# Smaller batches are put together, larger ones are cut.
_BLOCK_ROWS = 2048
_BLOCK_BYTES = 32 << 20


@dataclass(frozen=True)
class Rows:
    """Holds inputs, labels and weights of some rows, in the structures the data came in."""

    inputs: Any
    labels: Any | None
    weights: Any | None = None

    def __len__(self) -> int:
        return len(tf.nest.flatten(self.inputs)[0])

    def take(self, rows: slice | npt.NDArray[np.int64]) -> Rows:
        """Selects rows; those of an array of numbers are copied."""

        def some(part: Any | None) -> Any | None:
            return None if part is None else tf.nest.map_structure(lambda x: x[rows], part)

        return Rows(*map(some, (self.inputs, self.labels, self.weights)))


def check(validation_data: Any) -> None:
    """Raises TypeError for what is no validation data, before anything of it is read."""
    arrays_ = isinstance(validation_data, (tuple, np.ndarray, tf.Tensor, list, dict)) or hasattr(
        validation_data, "__array__"
    )
    if not arrays_ and not comes_in_batches(validation_data):
        raise TfexplainError(
            f"validation_data: expected {FORMS}; got {type(validation_data).__name__}."
        )


def blocks(validation_data: Any, model: Any) -> Iterator[Rows]:
    """Yields the rows of validation data in order, up to `MOST_ROWS` and `MOST_BYTES`.

    Args:
        validation_data: As `Explain` takes it.
        model: Where a list is passed, its number of inputs says what that is: `[x, y]`, as Keras
            takes it, or a list of inputs.

    Raises:
        SettingError: nothing in it, or rows that do not match.
        TfexplainError: it cannot be read, or not as dense arrays.
        TfexplainError: not a validation set.
    """
    looked = 0
    size = 0.0
    for block in _in_blocks(_batches(validation_data, model)):
        own = row_bytes(block.inputs)
        room = min(MOST_ROWS - looked, int((MOST_BYTES - size) // max(1, own)))
        # The first row is always looked at.
        some = block.take(slice(0, max(room, 0 if looked else 1)))
        if len(some):
            yield some
        looked, size = looked + len(some), size + own * len(some)
        if len(some) < len(block):
            return
    if not looked:
        raise SettingError(
            f"validation_data: expected at least one sample; it is empty. Pass {FORMS}."
        )


def whole(validation_data: Any, model: Any) -> Rows | None:
    """Returns all rows of arrays; None for what comes in batches.

    Raises:
        ValueError, TypeError: as `blocks`.
    """
    if comes_in_batches(validation_data):
        return None
    (rows,) = _batches(validation_data, model)
    return rows


def end_to_end(blocks: Sequence[Rows]) -> Rows:
    """Concatenates rows of several blocks.

    Whole numbers of different lengths are filled up with zeros, and their labels with -1.

    Raises:
        TfexplainError: other inputs of different shapes.
    """
    if len(blocks) == 1:
        return blocks[0]
    inputs = tf.nest.map_structure(lambda *x: _joined(x, 0), *(block.inputs for block in blocks))
    labels = _together([block.labels for block in blocks], -1)
    weights = None if labels is None else _together([block.weights for block in blocks], 0)
    return Rows(inputs, labels, weights)


def _together(blocks: Sequence[Any | None], padding: int) -> Any | None:
    """Concatenates labels or weights; None where some blocks have none."""
    if any(block is None for block in blocks):
        return None
    return tf.nest.map_structure(lambda *y: _joined(y, padding), *blocks)


def _joined(blocks: Sequence[npt.NDArray[Any]], padding: int) -> npt.NDArray[Any]:
    shapes = [array.shape[1:] for array in blocks]
    if len(set(shapes)) == 1:
        return np.concatenate(blocks)
    sequences = all(
        len(shape) == 1 and p.dtype.kind in "iu" for p, shape in zip(blocks, shapes, strict=True)
    )
    if not sequences and padding == 0:
        told = " and ".join(str(list(shape)) for shape in sorted(set(shapes))[:2])
        raise TfexplainError(
            f"validation_data: expected rows of one shape; got rows of shapes {told}. Pad or "
            "resize them. Only whole numbers [N, T], such as those of words, are padded with "
            "zeros by themselves."
        )
    longest = max(shape[0] for shape in shapes)
    blocks = blocks if padding == 0 else [array.astype(np.float64) for array in blocks]
    wide = [(longest - shape[0], *[0] * (len(shape) - 1)) for shape in shapes]
    return np.concatenate(
        [
            np.pad(array, ((0, 0), *((0, more) for more in missing)), constant_values=padding)
            for array, missing in zip(blocks, wide, strict=True)
        ]
    )


def _batches(validation_data: Any, model: Any) -> Iterator[Rows]:
    if comes_in_batches(validation_data):
        for parts in batches(validation_data, "validation_data"):
            yield _matching(*parts)
        return
    if isinstance(validation_data, tuple) or _is_pair(validation_data, model):
        inputs, *others = unpacked(tuple(validation_data), "validation_data")
    else:
        check(validation_data)
        inputs, others = validation_data, [None, None]
    labels, weights = (None if x is None else arrays(x, "validation_data") for x in others)
    yield _matching(arrays(inputs, "validation_data"), labels, weights)


def _is_pair(validation_data: Any, model: Any) -> bool:
    """Returns whether a list is (x, y) or (x, y, weights), not the inputs of the model."""
    if not isinstance(validation_data, list) or not 2 <= len(validation_data) <= 3:
        return False
    flat = tf.nest.flatten(validation_data)
    inputs = tf.nest.flatten(getattr(model, "inputs", None) or [])
    return len(flat) != len(inputs) and not any(np.isscalar(value) for value in flat)


def _matching(inputs: Any, labels: Any, weights: Any) -> Rows:
    flat = [x for x in tf.nest.flatten((inputs, labels, weights)) if x is not None]
    lengths = {len(array) for array in flat}
    if len(lengths) > 1:
        raise SettingError(
            "validation_data: expected as many labels and weights as inputs; got lengths "
            f"{sorted(lengths)}."
        )
    return Rows(inputs, labels, weights)


def _in_blocks(batches: Iterator[Rows]) -> Iterator[Rows]:
    waiting: list[Rows] = []
    rows = size = 0
    for batch in batches:
        if not len(batch):
            continue
        own = row_bytes(batch.inputs)
        if waiting and (
            _shapes(batch) != _shapes(waiting[0]) or (size + own * len(batch)) > _BLOCK_BYTES
        ):
            yield end_to_end(waiting)
            waiting, rows, size = [], 0, 0
        most = max(1, int(_BLOCK_BYTES // max(1, own)))
        while len(batch) > most:
            yield batch.take(slice(0, most))
            batch = batch.take(slice(most, None))
        waiting.append(batch)
        rows, size = rows + len(batch), size + int(own * len(batch))
        if rows >= _BLOCK_ROWS:
            yield end_to_end(waiting)
            waiting, rows, size = [], 0, 0
    if waiting:
        yield end_to_end(waiting)


def _shapes(batch: Rows) -> list[tuple[int, ...]]:
    both = [batch.inputs] if batch.labels is None else [batch.inputs, batch.labels]
    return [array.shape[1:] for array in tf.nest.flatten(both)]
