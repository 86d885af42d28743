"""Reads data batch by batch: arrays, datasets, and the sequences of Keras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.errors import SettingError, TfexplainError, plain

FORMS = "(x, y) arrays, x alone, a batched tf.data.Dataset, or a Keras PyDataset or Sequence"


def comes_in_batches(data: Any) -> bool:
    """Returns whether data is a dataset or a Keras sequence, not arrays.

    >>> comes_in_batches(np.zeros((2, 3)))
    False
    """
    if isinstance(data, (tf.data.Dataset, tf.distribute.DistributedDataset)):
        return True
    own = hasattr(data, "__getitem__") and not isinstance(data, (tuple, list, dict))
    # Keras' PyDataset and Sequence, of Keras 3 or tf_keras: told by their bases' names.
    return own and any(base.__name__ in ("PyDataset", "Sequence") for base in type(data).__mro__)


def length(batch: Any) -> int:
    """Returns how many samples a batch has."""
    return len(tf.nest.flatten(batch)[0])


def batches(data: Any, argument: str) -> Iterator[tuple[Any, Any | None, Any | None]]:
    """Yields (inputs, labels or None, weights or None) of each batch, as arrays in their own
    structures.

    Args:
        data: Data that `comes_in_batches`.
        argument: Name of the data in errors.

    Raises:
        TfexplainError: a batch that cannot be read, or single samples in place of batches.
    """
    for batch in _readable(data, argument):
        inputs, *others = unpacked(batch, argument)
        labels, weights = (None if x is None else arrays(x, argument) for x in others)
        yield arrays(inputs, argument), labels, weights


def count_batches(data: Any) -> int | None:
    """Returns how many batches there are; None where only reading them would tell."""
    if isinstance(data, tf.data.Dataset):
        count = int(data.cardinality())
        return count if count >= 0 else None
    return len(data) if hasattr(data, "__len__") else None


def unpacked(batch: Any, argument: str) -> tuple[Any, Any | None, Any | None]:
    """Returns (x, y, weights) of what `fit` calls a batch: x, (x,), (x, y) or (x, y, weights)."""
    if not isinstance(batch, tuple):
        return batch, None, None
    if not 1 <= len(batch) <= 3:
        raise SettingError(
            f"{argument}: expected (x, y) or (x, y, weights); got {len(batch)} parts."
        )
    inputs, labels, weights = (*batch, None, None)[:3]
    return inputs, labels, weights


def arrays(values: Any, argument: str) -> Any:
    """Converts values to arrays in their own structure; nested lists of numbers are one array."""
    if isinstance(values, list) and values and np.isscalar(tf.nest.flatten(values)[0]):
        return _array(values, argument)
    return tf.nest.map_structure(lambda value: _array(value, argument), values)


def _readable(data: Any, argument: str) -> Iterator[Any]:
    workers = isinstance(tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy)
    if workers and isinstance(data, tf.distribute.DistributedDataset):
        raise SettingError(
            f"{argument}: expected data that one worker can read alone; got a distributed dataset "
            "of several workers. Pass the tf.data.Dataset that it was made of."
        )
    is_dataset = isinstance(data, (tf.data.Dataset, tf.distribute.DistributedDataset))
    try:
        yield from (data if is_dataset else (data[i] for i in range(len(data))))
    except Exception as error:
        raise TfexplainError(
            f"{argument}: expected batches that can be read; one raised {type(error).__name__}. "
            f"Check the data. The error was: {plain(error)}"
        ) from error


def _array(values: Any, argument: str) -> Any:
    if isinstance(values, (tf.RaggedTensor, tf.SparseTensor)):
        raise TfexplainError(
            f"{argument}: expected dense arrays; got a {type(values).__name__}. Pass .to_tensor() "
            "of it."
        )
    if hasattr(values, "todense"):  # scipy's
        raise TfexplainError(
            f"{argument}: expected dense arrays; got a {type(values).__name__}. Pass .toarray() "
            "of it, or of some of its rows."
        )
    if isinstance(values, tf.distribute.DistributedValues):
        values = tf.concat(values.values, 0)
    array = _numbers(values, argument)
    if array.ndim == 0:
        raise SettingError(
            f"{argument}: expected batches; got single numbers. Call .batch(n) on the dataset, or "
            "pass arrays with an axis of samples: x[None], y[None] of one."
        )
    return array


def _numbers(values: Any, argument: str) -> Any:
    """Returns an array of numbers or texts; objects that are arrays of one shape are stacked."""
    try:
        array = values.numpy() if hasattr(values, "numpy") else np.asarray(values)
        if not isinstance(array, np.ndarray) or array.dtype != object or not array.size:
            return np.asarray(array)
        if all(isinstance(text, (str, bytes)) for text in array.ravel()):
            return array
        rows = np.stack([np.asarray(row) for row in array])
        if rows.dtype != object:
            return rows
        raise TfexplainError("objects that are no numbers")
    except (TypeError, ValueError):
        lengths = sorted({len(row) for row in values if hasattr(row, "__len__")})
        told = f"rows of lengths {lengths[:3]}" if len(lengths) > 1 else "an array of objects"
        raise TfexplainError(
            f"{argument}: expected arrays of numbers, whose rows have one shape; got {told}. Pad "
            "rows to one length (keras.utils.pad_sequences), or convert numbers with "
            '.astype("float32").'
        ) from None
