"""From whatever people validate on to a small, fixed, balanced batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

# Enough to balance classes from, little enough to read before the first batch.
MOST_ROWS = 1024
MOST_BYTES = 128 << 20
_FORMS = "(x, y) arrays, x alone, a batched tf.data.Dataset, or a Keras PyDataset or Sequence"


@dataclass(frozen=True)
class Pool:
    """Rows to choose from: inputs and labels in the structures the data came in."""

    inputs: Any
    labels: Any | None

    def __len__(self) -> int:
        return len(tf.nest.flatten(self.inputs)[0])

    def take(self, rows: npt.NDArray[np.int64]) -> Any:
        """The inputs of these rows, as arrays.

        Raises:
            ValueError: an input is NaN or infinite.
        """
        batch = tf.nest.map_structure(lambda x: np.asarray(x[rows]), self.inputs)
        for array in tf.nest.flatten(batch):
            if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
                sample = np.argwhere(~np.isfinite(array))[0][0]
                raise ValueError(
                    f"val: expected finite inputs; row {rows[sample]} holds NaN or infinity. "
                    "Clean the validation data."
                )
        return batch


def read(val: Any) -> Pool:
    """The pool of a validation set; datasets are read only as far as `MOST_ROWS` and `MOST_BYTES`.

    Raises:
        ValueError: nothing in it, or rows that do not match.
        TypeError: not a validation set.
    """
    if isinstance(val, (tf.data.Dataset, tf.distribute.DistributedDataset)):
        pool = _joined(_batches(val))
    elif (
        hasattr(val, "__getitem__")
        and not isinstance(val, (tuple, list, dict))
        and _is_batches(val)
    ):
        pool = _joined(val[i] for i in range(len(val)))
    elif isinstance(val, tuple):
        pool = Pool(*_unpacked(val))
    elif isinstance(val, (np.ndarray, tf.Tensor, list, dict)) or hasattr(val, "__array__"):
        pool = Pool(val, None)
    else:
        raise TypeError(f"val: expected {_FORMS}; got {type(val).__name__}.")
    pool = Pool(_arrays(pool.inputs), None if pool.labels is None else _arrays(pool.labels))
    lengths = {len(x) for x in tf.nest.flatten(pool.inputs)}
    if pool.labels is not None:
        lengths |= {len(y) for y in tf.nest.flatten(pool.labels)}
    if lengths in (set(), {0}):
        raise ValueError(f"val: expected at least one sample; it is empty. Pass {_FORMS}.")
    if len(lengths) > 1:
        raise ValueError(f"val: expected as many labels as inputs; got lengths {sorted(lengths)}.")
    return pool


def choose(labels: npt.NDArray[Any] | None, rows: int, count: int, seed: int) -> Any:
    """int64 [count]: which rows to explain, balanced over the labels, the same for equal seeds.

    Labels of whole numbers are classes, of which each gets its turn; other labels are values, of
    which evenly spaced ranks are taken.
    """
    rng = np.random.default_rng(seed)
    count = min(count, rows)
    shuffled = rng.permutation(rows)
    if labels is None:
        return np.sort(shuffled[:count])
    if np.issubdtype(labels.dtype, np.floating):
        ranks = np.round(np.linspace(0, rows - 1, count)).astype(int)
        return np.argsort(labels, kind="stable")[ranks].astype(np.int64)
    by_class = [shuffled[labels[shuffled] == label] for label in rng.permutation(np.unique(labels))]
    turns = [rows_[turn] for turn in range(rows) for rows_ in by_class if turn < len(rows_)]
    chosen = np.array(turns[:count], np.int64)
    return chosen[np.lexsort((chosen, labels[chosen]))]


def _batches(val: Any) -> Iterator[Any]:
    workers = isinstance(tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy)
    if workers and isinstance(val, tf.distribute.DistributedDataset):
        raise ValueError(
            "val: expected data that one worker can read alone; got a distributed dataset of "
            "several workers. Pass the tf.data.Dataset that it was made of."
        )
    return iter(val)


def _is_batches(val: Any) -> bool:
    """Keras' PyDataset and Sequence, of Keras 3 or tf_keras: told by their bases' names."""
    return any(base.__name__ in ("PyDataset", "Sequence") for base in type(val).__mro__)


def _joined(batches: Iterator[Any]) -> Pool:
    """Batches end to end, up to the limits of a pool."""
    batches = _readable(batches)
    inputs: list[Any] = []
    labels: list[Any] = []
    rows = size = 0
    for batch in batches:
        x, y = _unpacked(batch)
        inputs.append(_arrays(x))
        if y is not None:
            labels.append(_arrays(y))
        flat = tf.nest.flatten(inputs[-1])
        rows, size = rows + len(flat[0]), size + sum(array.nbytes for array in flat)
        if rows >= MOST_ROWS or size >= MOST_BYTES:
            break
    if not inputs:
        raise ValueError(f"val: expected at least one batch; it is empty. Pass {_FORMS}.")
    join: Callable[..., Any] = lambda *parts: np.concatenate(parts)  # noqa: E731
    return Pool(
        tf.nest.map_structure(join, *inputs),
        tf.nest.map_structure(join, *labels) if labels else None,
    )


def _readable(batches: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from batches
    except Exception as error:
        raise ValueError(
            f"val: expected batches that can be read; one raised {type(error).__name__}. "
            f"Check the validation data. The error was: {error}"
        ) from error


def _unpacked(batch: Any) -> tuple[Any, Any | None]:
    """(x, y) of what `fit` calls a batch: x, (x,), (x, y) or (x, y, weights)."""
    if not isinstance(batch, tuple):
        return batch, None
    if not 1 <= len(batch) <= 3:
        raise ValueError(f"val: expected (x, y) or (x, y, weights); got {len(batch)} parts.")
    return batch[0], batch[1] if len(batch) > 1 else None


def _arrays(values: Any) -> Any:
    if isinstance(values, list) and values and np.isscalar(tf.nest.flatten(values)[0]):
        return np.asarray(values)  # nested lists of numbers are an array, not a structure
    return tf.nest.map_structure(_array, values)


def _array(values: Any) -> Any:
    if isinstance(values, (tf.RaggedTensor, tf.SparseTensor)):
        raise ValueError(
            f"val: expected dense arrays; got a {type(values).__name__}. Pass .to_tensor() of it."
        )
    if isinstance(values, tf.distribute.DistributedValues):
        values = tf.concat(values.values, 0)
    array = values.numpy() if hasattr(values, "numpy") else np.asarray(values)
    if array.ndim == 0:
        raise ValueError(
            "val: expected batches; got single numbers. Call .batch(n) on the dataset."
        )
    return array
