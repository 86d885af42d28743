"""From whatever people validate on to a small, fixed, balanced batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.batches import FORMS, arrays, batches, comes_in_batches, unpacked
from tfexplain.errors import SettingError

# Enough to balance classes from, little enough to read before the first batch.
MOST_ROWS = 1024
MOST_BYTES = 128 << 20


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


def check(val: Any) -> None:
    """Raises TypeError for what is no validation set, before anything of it is read."""
    arrays_ = isinstance(val, (tuple, np.ndarray, tf.Tensor, list, dict)) or hasattr(
        val, "__array__"
    )
    if not arrays_ and not comes_in_batches(val):
        raise TypeError(f"val: expected {FORMS}; got {type(val).__name__}.")


def read(val: Any) -> Pool:
    """The pool of a validation set; datasets are read only as far as `MOST_ROWS` and `MOST_BYTES`.

    Raises:
        SettingError: nothing in it, or rows that do not match.
        ValueError: it cannot be read, or not as dense arrays.
        TypeError: not a validation set.
    """
    check(val)
    if comes_in_batches(val):
        pool = _joined(batches(val, "val"))
    elif isinstance(val, tuple):
        pool = Pool(*unpacked(val, "val"))
    else:
        pool = Pool(val, None)
    labels = None if pool.labels is None else arrays(pool.labels, "val")
    pool = Pool(arrays(pool.inputs, "val"), labels)
    lengths = {len(x) for x in tf.nest.flatten(pool.inputs)}
    if pool.labels is not None:
        lengths |= {len(y) for y in tf.nest.flatten(pool.labels)}
    if lengths in (set(), {0}):
        raise SettingError(f"val: expected at least one sample; it is empty. Pass {FORMS}.")
    if len(lengths) > 1:
        raise SettingError(
            f"val: expected as many labels as inputs; got lengths {sorted(lengths)}."
        )
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


def _joined(read: Iterator[tuple[Any, Any | None]]) -> Pool:
    """Batches end to end, up to the limits of a pool."""
    inputs: list[Any] = []
    labels: list[Any] = []
    rows = size = 0
    for x, y in read:
        inputs.append(x)
        if y is not None:
            labels.append(y)
        flat = tf.nest.flatten(x)
        rows, size = rows + len(flat[0]), size + sum(array.nbytes for array in flat)
        if rows >= MOST_ROWS or size >= MOST_BYTES:
            break
    if not inputs:
        raise SettingError(f"val: expected at least one batch; it is empty. Pass {FORMS}.")
    join: Callable[..., Any] = lambda *parts: np.concatenate(parts)  # noqa: E731
    return Pool(
        tf.nest.map_structure(join, *inputs),
        tf.nest.map_structure(join, *labels) if labels else None,
    )
