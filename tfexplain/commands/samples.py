"""Reads samples for `tfexplain explain`: pictures, rows of an .npz file, or rows of a .csv file."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfexplain.comparing.data import read_data
from tfexplain.errors import TfexplainError
from tfexplain.rows.pictures import Screen, find, picture
from tfexplain.types import Array


@dataclass(frozen=True, eq=False)
class Samples:
    """Holds samples that are read when they are needed.

    Attributes:
        names: One for each sample: a file below the folder, or a row.
        read: Takes numbers of samples and gives the model's inputs.
        labels: [N], where there are any.
        skipped: Files that could not be read, with the reason.
        ignored: Files that do not call themselves pictures.
        picture: Takes the number of a sample and gives uint8 [H, W, C], where samples are files.
        features: Names of the values of a sample, where a file has them.
    """

    names: Sequence[str]
    read: Callable[[Sequence[int]], Any]
    labels: Array | None = None
    skipped: Sequence[str] = ()
    ignored: Sequence[str] = ()
    picture: Callable[[int], Array] | None = None
    features: Sequence[str] = ()

    def batches(self, size: int) -> Batches:
        """Yields all samples, so many at a time."""
        return Batches(self, size)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Yields samples as `explain` reads them."""

    def __init__(self, samples: Samples, size: int) -> None:
        super().__init__()
        self._samples, self._size = samples, size

    def __len__(self) -> int:
        return -(-len(self._samples.names) // self._size)

    def __getitem__(self, index: int) -> Any:
        end = min((index + 1) * self._size, len(self._samples.names))
        rows = range(index * self._size, end)
        inputs, labels = self._samples.read(rows), self._samples.labels
        return inputs if labels is None else (inputs, labels[list(rows)])


def read_samples(path: str, screen: Callable[[], Screen], label: str | None) -> Samples:
    """Reads the samples of a folder of pictures, a picture, an .npz or a .csv file.

    Args:
        path: Path of the folder or file.
        screen: How pictures become inputs; only called where they are.
        label: The column of a .csv file that holds labels.

    Raises:
        TfexplainError, OSError: nothing that can be read.
    """
    if not os.path.exists(path):
        raise FileNotFoundError(f"data={path!r}: no such file or folder. Check the path.")
    if path.endswith(".npz"):
        return _of_arrays(path)
    if path.endswith(".csv"):
        return _of_table(path, label)
    return _of_pictures(path, screen())


def _of_pictures(path: str, screen: Screen) -> Samples:
    files, ignored = find(path)
    skipped, good = [], []
    for file in files:
        try:
            picture(file)
            good.append(file)
        except Exception as error:
            # Pillow raises errors of many kinds for damaged files.
            skipped.append(f"{_name(file, path)}: {error or type(error).__name__}")
    if not good:
        raise TfexplainError(
            f"data={path!r}: expected pictures; found {len(skipped)} that cannot be read and "
            f"{len(ignored)} other files. {'; '.join(skipped[:3])}".rstrip(". ")
            + "."
        )
    folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
    return Samples(
        names=[_name(file, folder) for file in good],
        read=lambda rows: np.stack([screen.inputs(picture(good[row])) for row in rows]),
        skipped=skipped,
        ignored=[_name(file, folder) for file in ignored],
        picture=lambda row: screen.shown(picture(good[row])),
    )


def _name(file: str, folder: str) -> str:
    """Returns a file's name as any terminal and file can take it: bytes that are no UTF-8 as
    `%E9`."""
    name = os.fsencode(os.path.relpath(file, folder)).decode("utf-8", "surrogateescape")
    return "".join(
        letter if letter.isprintable() else "".join(f"%{b:02X}" for b in os.fsencode(letter))
        for letter in name
    )


def _of_arrays(path: str) -> Samples:
    pool = read_data(path)
    flat = tf.nest.flatten(pool.inputs)
    finite = np.ones(len(pool), bool)
    for array in flat:
        if np.issubdtype(array.dtype, np.floating):
            finite &= np.isfinite(array).reshape(len(array), -1).all(axis=1)
    return _of_rows(pool.inputs, pool.labels, finite, path)


def _of_rows(inputs: Array, labels: Array | None, finite: Array, path: str) -> Samples:
    kept = np.flatnonzero(finite)
    if not len(kept):
        raise TfexplainError(f"data={path!r}: expected rows of finite numbers; there are none.")
    return Samples(
        names=[f"row {row}" for row in kept],
        read=lambda rows: inputs[kept[list(rows)]],
        labels=None if labels is None else labels[kept],
        skipped=[f"row {row}: NaN or infinity" for row in np.flatnonzero(~finite)],
    )


def _of_table(path: str, label: str | None) -> Samples:
    names, lines = _lines(path)
    if label is not None and label not in names:
        raise TfexplainError(f"--label={label!r}: expected a column of {path}: {', '.join(names)}.")
    kept: list[list[float]] = []
    numbers, skipped = [], []
    for number, cells in lines:
        try:
            if len(cells) != len(names):
                raise TfexplainError(f"expected {len(names)} cells; got {len(cells)}")
            values = [float(cell) for cell in cells]
            if not np.isfinite(values).all():
                raise TfexplainError("NaN or infinity")
            kept.append(values)
            numbers.append(number)
        except ValueError as error:
            skipped.append(f"line {number}: {error}")
    if not kept:
        raise TfexplainError(
            f"data={path!r}: expected a header and rows of numbers; {len(skipped)} rows cannot be "
            f"read. {'; '.join(skipped[:3])}".rstrip(". ")
            + "."
        )
    table = np.array(kept)
    used = [i for i, name in enumerate(names) if name != label]
    inputs = table[:, used].astype(np.float32)
    return Samples(
        names=[f"line {number}" for number in numbers],
        read=lambda rows: inputs[list(rows)],
        labels=None if label is None else table[:, names.index(label)],
        skipped=skipped,
        features=[names[i] for i in used],
    )


def _lines(path: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Reads (names of the columns, (number of the line, cells) of each row that is not empty)."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        try:
            names = [name.strip() for name in next(reader, [])]
            lines = [(reader.line_num, cells) for cells in reader if cells]
        except (UnicodeDecodeError, csv.Error) as error:
            raise TfexplainError(f"data={path!r}: cannot be read as a table: {error}.") from error
    twice = {name for name in names if names.count(name) > 1}
    if not names or all(_is_number(name) for name in names) or twice:
        got = f"{sorted(twice)[0]!r} twice" if twice else "none"
        raise TfexplainError(
            f"data={path!r}: expected a first line that names each column once; got {got}. Add it."
        )
    return names, lines


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
