"""Reads rows of what a function of the user's returns: arrays, datasets, or rows by number."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.data.batches import arrays, batches, comes_in_batches, unpacked
from tfexplain.data.content import finite_rows
from tfexplain.data.validation import Rows, whole
from tfexplain.errors import TfexplainError
from tfexplain.rows.listing import Writer, kept
from tfexplain.rows.source import Read, passing
from tfexplain.types import Array

_NAME = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_FORMS = (
    "(x, y) arrays, x alone, a batched tf.data.Dataset, a Keras PyDataset or Sequence, or rows: an "
    "object with __len__ and __getitem__"
)


class Returned:
    """Represents the rows that a function returns as a `Source`.

    It has to return the same rows in the same order each time, in each process.

    Args:
        data: `module:function`; the module lies in the current folder, or is installed.
        folder: Folder of listings.

    Raises:
        TfexplainError: no such function, or one that returns no data.
    """

    expected = "rows of finite numbers"
    features: Sequence[str] = ()
    classes: Sequence[str] = ()
    notes: Sequence[str] = ()
    pictures = False

    def __init__(self, data: str, folder: str) -> None:
        self.data = data
        module, found = _called(data)
        code = _hash(module) if module else "built in"
        self._rows = _rows_of(found, data, {"function": data, "code": code}, folder)
        count = len(self._rows)
        first = self._rows.take(range(min(count, 1)))
        self.labelled = any(row.labels is not None for row in first if isinstance(row, Rows))
        self.facts: Mapping[str, str] = {"data": f"{count} rows of {data}, code {code}"}

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, rows: Sequence[int]) -> Read:
        """Reads rows; those that cannot be, and of NaN or infinity, are left out and said."""
        good: list[int] = []
        parts: list[Rows] = []
        skipped: list[str] = []
        for row, found in zip(rows, self._rows.take(rows), strict=True):
            if isinstance(found, Exception):
                skipped.append(f"row {row}: {str(found) or type(found).__name__}")
            elif not finite_rows(found.inputs).all():
                skipped.append(f"row {row}: NaN or infinity")
            else:
                good.append(int(row))
                parts.append(found)
        if not good:
            return Read([], [], None, None, skipped)
        inputs = _stacked([part.inputs for part in parts])
        labels = _stacked([part.labels for part in parts]) if self.labelled else None
        return Read(good, [f"row {row}" for row in good], inputs, labels, skipped)

    def picture(self, row: int) -> Array:
        """Raises, for rows of arrays are no files of pictures."""
        raise NotImplementedError


def is_function(data: str) -> bool:
    """Returns whether data are named as a function.

    >>> is_function("my_data:validation")
    True
    """
    return _NAME.fullmatch(data) is not None and not os.path.exists(data)


class _Whole:
    """Holds arrays."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, rows: Sequence[int]) -> Iterator[Rows | Exception]:
        """Yields rows, each as a batch of one."""
        for row in rows:
            yield self._rows.take(slice(row, row + 1))


class _ByRow:
    """Asks an object for each row."""

    def __init__(self, data: Any, said: str) -> None:
        self._data, self._said = data, said

    def __len__(self) -> int:
        return len(self._data)

    def take(self, rows: Sequence[int]) -> Iterator[Rows | Exception]:
        """Yields rows, each as a batch of one; or what asking for it raised."""
        for row in rows:
            try:
                inputs, labels, _ = unpacked(self._data[row], self._said)
                one = tf.nest.map_structure(lambda value: np.asarray(value)[None], inputs)
                own = None if labels is None else np.asarray(labels)[None]
                yield Rows(arrays(one, self._said), own)
            except Exception as error:  # whatever the user's code raises
                if passing(error):
                    raise
                yield error


class _Batched:
    """Asks a Keras sequence for the batch of each row, of which the last one is held."""

    def __init__(self, data: Any, said: str) -> None:
        self._data, self._said = data, said
        self._held: tuple[int, Rows] | None = None
        last = len(data) - 1
        self._size = len(self._batch(0)) if last >= 0 else 1
        self._count = last * self._size + len(self._batch(last)) if last >= 0 else 0

    def __len__(self) -> int:
        return self._count

    def take(self, rows: Sequence[int]) -> Iterator[Rows | Exception]:
        """Yields rows, each as a batch of one; or what asking for its batch raised."""
        for row in rows:
            number, place = divmod(row, self._size)
            try:
                yield self._batch(number).take(slice(place, place + 1))
            except Exception as error:  # whatever the user's code raises
                if passing(error):
                    raise
                yield error

    def _batch(self, number: int) -> Rows:
        if self._held is None or self._held[0] != number:
            batch = _parted(self._data[number], self._said)
            if 0 < number < len(self._data) - 1 and len(batch) != self._size:
                raise TfexplainError(
                    f"expected batches of {self._size} rows, as the first; batch {number} has "
                    f"{len(batch)}"
                )
            self._held = number, batch
        return self._held[1]


class _InOrder:
    """Reads a tf.data.Dataset through, going on where it stands where the rows lie before it."""

    def __init__(self, data: tf.data.Dataset, count: int, said: str) -> None:
        self._data, self._count, self._said = data, count, said
        self._end = 0
        self._batch: Rows | None = None
        self._batches: Iterator[Rows] = iter(())
        self._begun = False

    def __len__(self) -> int:
        return self._count

    def take(self, rows: Sequence[int]) -> Iterator[Rows | Exception]:
        """Yields rows, each as a batch of one."""
        found: dict[int, Rows | Exception] = {}
        for row in sorted(set(rows)):
            found[row] = self._row(row)
        yield from map(found.__getitem__, rows)

    def _row(self, row: int) -> Rows:
        start = self._end - (0 if self._batch is None else len(self._batch))
        if not self._begun or row < start:
            self._begun, self._end, self._batch = True, 0, None
            self._batches = _read_through(self._data, self._said)
        while row >= self._end:
            batch = next(self._batches, None)
            if batch is None:
                raise TfexplainError(
                    f"{self._said}: expected {self._count} rows, as when they were counted; got "
                    f"{self._end}. Return the same rows each time."
                )
            self._batch = batch
            self._end += len(self._batch)
        assert self._batch is not None
        place = row - self._end + len(self._batch)
        return self._batch.take(np.array([place]))


def _called(data: str) -> tuple[str | None, Any]:
    """Returns (path of the module, what the function returns)."""
    name, _, function = data.partition(":")
    folder = os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)  # as `python -m` does
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise TfexplainError(
            f"data={data!r}: expected a file or folder, or module:function; {error}. Check the "
            "path, or run in the folder of the module."
        ) from error
    made = getattr(module, function, None)
    if not callable(made):
        own = [n for n, value in vars(module).items() if callable(value) and n[0] != "_"]
        raise TfexplainError(
            f"data={data!r}: expected a function of {name}: {', '.join(own) or 'none'}."
        )
    try:
        return getattr(module, "__file__", None), made()
    except Exception as error:  # whatever the user's code raises
        raise TfexplainError(
            f"data={data!r}: the function raised {type(error).__name__}: {error}"
        ) from error


def _rows_of(found: Any, data: str, asked: Mapping[str, str], folder: str) -> Any:
    said = f"data={data!r}"
    if isinstance(found, tf.data.Dataset):
        return _InOrder(found, _count(found, said, asked, folder), said)
    if comes_in_batches(found):
        return _Batched(found, said)
    known = isinstance(found, (tuple, list, dict)) or hasattr(found, "__array__")
    if not known and hasattr(found, "__len__") and hasattr(found, "__getitem__"):
        return _ByRow(found, said)
    if known and (rows := whole(found, None)) is not None:
        return _Whole(rows)
    raise TfexplainError(
        f"{said}: expected a function that returns {_FORMS}; got {type(found).__name__}."
    )


def _count(found: tf.data.Dataset, said: str, asked: Mapping[str, str], folder: str) -> int:
    """Returns how many rows a dataset has, which only reading it tells."""
    if int(found.cardinality()) == tf.data.INFINITE_CARDINALITY:
        raise TfexplainError(
            f"{said}: expected a dataset that ends; got one that repeats. Leave .repeat() out, or "
            "end it with .take(batches)."
        )

    def make(_: Writer) -> Mapping[str, Any]:
        first = [batch for _ in range(2) for batch in _read_through(found.take(1), said)]
        if first and not _equal(*first):
            raise TfexplainError(
                f"{said}: expected the same rows each time they are read; got others the second "
                "time. Leave .shuffle() out."
            )
        return {"rows": sum(map(len, _read_through(found, said)))}

    return int(kept(folder, asked, lambda _: True, make).said["rows"])


def _read_through(found: tf.data.Dataset, said: str) -> Iterator[Rows]:
    return (Rows(inputs, labels) for inputs, labels, _ in batches(found, said))


def _parted(batch: Any, said: str) -> Rows:
    inputs, labels, _ = unpacked(tuple(batch) if isinstance(batch, list) else batch, said)
    return Rows(arrays(inputs, said), None if labels is None else arrays(labels, said))


def _stacked(parts: Sequence[Any]) -> Any:
    return tf.nest.map_structure(lambda *some: np.concatenate(some), *parts)


def _hash(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:16]


def _equal(one: Rows, other: Rows) -> bool:
    flat = [tf.nest.flatten(rows.inputs) for rows in (one, other)]
    return all(
        a.shape == b.shape and (a.tobytes() == b.tobytes() or (a == b).all())
        for a, b in zip(*flat, strict=True)
    )
