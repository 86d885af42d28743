"""Gives the rows that models are compared on, a chunk at a time."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.comparing.data import of_rows, read_arrays, read_grouped
from tfexplain.data.content import finite_rows, row_hashes
from tfexplain.data.groups import check_groups
from tfexplain.data.row_choice import smallest
from tfexplain.data.validation import Rows, end_to_end
from tfexplain.errors import TfexplainError
from tfexplain.rows.files import ARRAYS, is_pattern, kind_of
from tfexplain.rows.functions import is_function
from tfexplain.rows.opening import column_of, open_rows, without_columns
from tfexplain.rows.pictures import Screen, input_shape, screen_of
from tfexplain.rows.source import Read, Source, first_readable
from tfexplain.rows.unlabelled import fitting

# Rows that are read at once.
ROWS = 64
_MOST_SKIPPED = 100


@dataclass(frozen=True)
class DataFile:
    """Names data as `tfexplain explain` does.

    Attributes:
        path: Path of a folder or file, a pattern of paths, or `module:function`.
        label: The column that holds labels, where there are columns.
        scale: The numbers of black and white pixels; None: what the reference seems to take.
        size: (height, width) of pictures, where the reference takes any.
    """

    path: str
    label: str | None = None
    scale: Sequence[float] | None = None
    size: Sequence[int] | None = None


class Pool(Protocol):
    """Holds or reads the rows of data.

    Attributes:
        validation_data: What `Explain` takes, to choose rows of.
        color_range: The numbers of black and white, where rows are files of pictures.
        features: Names of the values of a row, where the data has them.
        labels: Of the rows that can be read, in the structure they came in; None without. Known
            once all chunks were read.
        hashes: uint64, of the rows that can be read. Known once all chunks were read.
        readable: bool [N], which rows can be read, None for all. Known once all chunks were read.
        skipped: Rows that cannot be read, with the reason.
        groups: The group of each row; empty without groups.
    """

    validation_data: Any
    groups: Sequence[str]
    color_range: tuple[float, float] | None
    features: Sequence[str]

    @property
    def labels(self) -> Any: ...

    @property
    def hashes(self) -> npt.NDArray[np.uint64]: ...

    @property
    def readable(self) -> npt.NDArray[np.bool_] | None: ...

    @property
    def skipped(self) -> Sequence[str]: ...

    def __len__(self) -> int:
        """Returns the number of rows, those that cannot be read among them."""

    def chunks(self) -> Iterator[tuple[npt.NDArray[np.int64], Any]]:
        """Yields (numbers of some rows, their inputs) in order."""

    def some(self, count: int, seed: int) -> Rows:
        """Returns so many rows of finite numbers in order, or all there are; other rows are not
        read from files.

        Raises:
            TfexplainError: there is none.
        """

    def inputs_of(self, rows: npt.NDArray[np.int64]) -> Any:
        """Returns the inputs of rows that can be read."""


def open_pool(validation_data: Any, model: Any, groups: Sequence[Any] | str | None = None) -> Pool:
    """Opens data.

    Args:
        validation_data: What `Explain` takes, a path, or a `DataFile`.
        model: The reference, which pictures and lists are made to fit.
        groups: A name for each row, or that of the array in an .npz file or of the column; None: no
            groups.

    Raises:
        TfexplainError, OSError: no data.
    """
    if isinstance(validation_data, (str, os.PathLike)):
        validation_data = DataFile(os.fspath(validation_data))
    if not isinstance(validation_data, DataFile):
        return Held(*read_grouped(validation_data, model, groups))
    # For what is found by looking through files, as long as these are read.
    folder = tempfile.mkdtemp(prefix="tfexplain-")
    try:
        pool = _of_file(validation_data, model, groups, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(pool, shutil.rmtree, folder, ignore_errors=True)
    return pool


def _of_file(data: DataFile, model: Any, groups: Sequence[Any] | str | None, folder: str) -> Pool:
    by_name = is_function(data.path) or is_pattern(data.path) or os.path.isdir(data.path)
    if not by_name and kind_of(data.path) in (None, ARRAYS):
        if data.label is not None:
            raise without_columns(data.label, data.path)
        return Held(*read_arrays(data.path, model, groups, folder))
    beside = groups if isinstance(groups, str) else None
    if beside is not None:
        groups = column_of(data.path, beside, folder)
    screens: list[Screen] = []

    def screen() -> Screen:
        screens.append(screen_of(model, data.scale, data.size))
        return screens[0]

    one = len(getattr(model, "inputs", None) or [0]) == 1
    shape = input_shape(model) if one else None
    source = open_rows(
        data.path, screen=screen, label=data.label, listing=folder, shape=shape, beside=beside
    )
    if groups is not None:
        check_groups(groups, len(source), True)
    own = of_rows(groups, len(source)) if groups is not None else []
    if data.label is None:
        source = fitting(source, model)
    return Streamed(source, screens[0].scale if screens else None, own)


class Held:
    """Holds arrays, in memory or mapped."""

    color_range: tuple[float, float] | None = None
    features: Sequence[str] = ()
    readable: npt.NDArray[np.bool_] | None = None
    skipped: Sequence[str] = ()

    def __init__(self, rows: Rows, groups: Sequence[str]) -> None:
        self._rows, self.groups = rows, groups
        self.labels = rows.labels
        self.validation_data = (rows.inputs,) if rows.labels is None else (rows.inputs, rows.labels)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def hashes(self) -> npt.NDArray[np.uint64]:
        """Computes what rows hold, a chunk at a time."""
        return np.concatenate([row_hashes(inputs) for _, inputs in self.chunks()])

    def chunks(self) -> Iterator[tuple[npt.NDArray[np.int64], Any]]:
        """Yields (numbers of some rows, their inputs) in order."""
        for start in range(0, len(self), ROWS):
            some = self._rows.take(slice(start, start + ROWS))
            yield np.arange(start, start + len(some)), some.inputs

    def some(self, count: int, seed: int) -> Rows:
        """Returns the rows with the smallest hashes, wherever they stand."""
        fine = np.flatnonzero(finite_rows(self._rows.inputs))
        hashes = row_hashes(self._rows.inputs)[fine]
        return _not_none(self._rows.take(np.sort(fine[smallest(hashes, count, seed)])))

    def inputs_of(self, rows: npt.NDArray[np.int64]) -> Any:
        """Returns the inputs of rows."""
        return self._rows.take(rows).inputs


class Streamed:
    """Reads rows of files, anew for each model; of each remain a hash, and its label.

    Raises:
        TfexplainError: no row can be read.
    """

    def __init__(
        self, source: Source, color_range: tuple[float, float] | None, groups: Sequence[str]
    ) -> None:
        self._source, self.groups = source, groups
        self.color_range, self.features = color_range, source.features
        self._first = first_readable(source, 1)
        self.validation_data = _Batches(self, self._first)
        self.readable = np.zeros(len(source), bool)
        self.hashes = np.zeros(0, np.uint64)
        self.labels: Any = None
        self._whole = False
        self._lost: list[str] = []

    def __len__(self) -> int:
        return len(self._source)

    @property
    def skipped(self) -> Sequence[str]:
        """Returns rows that cannot be read, with the reason, and how many more there are."""
        more = int((~self.readable).sum()) - len(self._lost)
        return [*self._lost, *([f"and {more} more"] if self._whole and more else [])]

    def chunks(self) -> Iterator[tuple[npt.NDArray[np.int64], Any]]:
        """Yields (numbers of some rows, their inputs) in order, as many of each but the last."""
        hashes: list[npt.NDArray[np.uint64]] = []
        labels: list[Any] = []
        waiting: list[Read] = []
        for start in range(0, len(self), ROWS):
            read = self.read(start)
            if len(read.rows):
                waiting.append(read)
                hashes.append(row_hashes(read.inputs))
                labels.append(read.labels)
            if sum(len(some.rows) for some in waiting) >= ROWS:
                numbers, inputs = _joined(waiting)
                yield numbers[:ROWS], tf.nest.map_structure(lambda x: x[:ROWS], inputs)
                rest = tf.nest.map_structure(lambda x: x[ROWS:], inputs)
                waiting = [Read(numbers[ROWS:].tolist(), [], rest)] if len(numbers) > ROWS else []
        if waiting:
            yield _joined(waiting)
        self.hashes = np.concatenate(hashes)
        if self._source.labelled:
            self.labels = tf.nest.map_structure(lambda *y: np.concatenate(y), *labels)
        self._whole = True

    def some(self, count: int, seed: int) -> Rows:
        """Returns rows at random places, for all others would have to be read to know them."""
        places = np.random.default_rng(seed).permutation(len(self))
        found: list[tuple[npt.NDArray[np.int64], Rows]] = []
        missing = count
        while missing and len(places):
            now, places = np.sort(places[:missing]).tolist(), places[missing:]
            for start in range(0, len(now), ROWS):
                read = self._read(now[start : start + ROWS])
                if len(read.rows):
                    rows = Rows(read.inputs, read.labels)
                    fine = np.flatnonzero(finite_rows(rows.inputs))
                    found.append((np.asarray(read.rows)[fine], rows.take(fine)))
                    missing -= len(fine)
        together = _not_none(end_to_end([rows for _, rows in found]))
        return together.take(np.argsort(np.concatenate([numbers for numbers, _ in found])))

    def inputs_of(self, rows: npt.NDArray[np.int64]) -> Any:
        """Returns the inputs of rows that can be read."""
        return self._source.read(rows.tolist()).inputs

    def read(self, start: int) -> Read:
        """Reads the rows of a chunk."""
        return self._read(range(start, min(start + ROWS, len(self))))

    def _read(self, rows: Sequence[int]) -> Read:
        read = self._source.read(rows)
        new = [line for line in read.skipped if line not in self._lost]
        self._lost += new[: max(0, _MOST_SKIPPED - len(self._lost))]
        self.readable[list(read.rows)] = True
        return read


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Gives the rows that can be read as validation data."""

    def __init__(self, pool: Streamed, first: Read) -> None:
        super().__init__()
        self._pool, self._first = pool, first

    def __len__(self) -> int:
        return -(-len(self._pool) // ROWS)

    def __getitem__(self, number: int) -> Any:
        read = self._pool.read(number * ROWS)
        inputs, labels = read.inputs, read.labels
        if not len(read.rows):
            none = self._first.labels
            inputs = tf.nest.map_structure(lambda x: x[:0], self._first.inputs)
            labels = None if none is None else none[:0]
        return (inputs,) if labels is None else (inputs, labels)


def _not_none(rows: Rows) -> Rows:
    if not len(rows):
        raise TfexplainError(
            "validation_data: expected rows of finite numbers; each holds NaN or infinity."
        )
    return rows


def _joined(reads: Sequence[Read]) -> tuple[npt.NDArray[np.int64], Any]:
    numbers = np.concatenate([np.asarray(read.rows, np.int64) for read in reads])
    inputs = [read.inputs for read in reads]
    return numbers, tf.nest.map_structure(lambda *x: np.concatenate(x), *inputs)
