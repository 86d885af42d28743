"""Rows of what functions return, against what they were made of."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.rows import opened, same_in_any_order

from tfexplain.errors import TfexplainError

COUNT = 11
X = np.random.default_rng(0).normal(size=(COUNT, 3)).astype("f4")
X[6, 1] = np.nan
Y = np.arange(COUNT) % 4
PASSES = itertools.count()


class Sequence_(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 3

    def __getitem__(self, number: int) -> Any:
        return X[4 * number : 4 * number + 4], Y[4 * number : 4 * number + 4]


class Rows:
    def __len__(self) -> int:
        return COUNT

    def __getitem__(self, row: int) -> Any:
        if row == 2:
            raise RuntimeError("no such row on the server")
        return X[row], Y[row]


def arrays() -> Any:
    return X, Y


def dataset() -> Any:
    def counted(x: Any, y: Any) -> Any:
        tf.numpy_function(lambda: np.int64(next(PASSES)), [], tf.int64)
        return x, y

    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(4).map(counted)


def sequence() -> Any:
    return Sequence_()


def rows() -> Any:
    return Rows()


def two_inputs() -> Any:
    return {"a": X, "b": X[:, :1]}


def shuffled() -> Any:
    return tf.data.Dataset.from_tensor_slices(X).shuffle(COUNT).batch(4)


def repeated() -> Any:
    return tf.data.Dataset.from_tensor_slices(X).batch(4).repeat()


def none() -> Any:
    return 3


def raising() -> Any:
    raise RuntimeError("the server is down")


def single() -> Any:
    return tf.data.Dataset.from_tensor_slices((X, Y))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Makes this file a module that can be imported by its name."""
    (tmp_path / "my_data.py").write_text(Path(__file__).read_text("utf-8"), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["arrays", "dataset", "sequence", "rows"])
def test_rows_are_those_that_were_given(name: str, here: Path) -> None:
    source = opened(f"my_data:{name}", below=str(here / "out"))
    assert (len(source), source.labelled, source.pictures) == (COUNT, True, False)
    read = source.read(range(COUNT))
    lost = [2, 6] if name == "rows" else [6]
    good = [row for row in range(COUNT) if row not in lost]
    assert read.rows == good
    assert read.names == [f"row {row}" for row in good]
    assert np.array_equal(read.inputs, X[good])
    assert read.labels is not None
    assert read.labels.tolist() == Y[good].tolist()
    assert read.skipped[-1] == "row 6: NaN or infinity"
    if name == "rows":
        assert read.skipped[0] == "row 2: no such row on the server"
    same_in_any_order(source)


def test_inputs_keep_their_structure(here: Path) -> None:
    read = opened("my_data:two_inputs", below=str(here / "out")).read([1, 5])
    assert read.labels is None
    assert np.array_equal(read.inputs["a"], X[[1, 5]])
    assert np.array_equal(read.inputs["b"], X[[1, 5], :1])


def test_a_dataset_is_counted_once_and_read_through_once(here: Path) -> None:
    import my_data

    opened("my_data:dataset", below=str(here / "out"))
    before = next(my_data.PASSES)
    source = opened("my_data:dataset", below=str(here / "out"))
    for start in range(0, COUNT, 2):
        source.read(range(start, min(start + 2, COUNT)))
    # Three batches, and the count before.
    assert next(my_data.PASSES) - before == 3 + 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("my_data:shuffled", "expected the same rows each time they are read; got others the sec"),
        ("my_data:repeated", "expected a dataset that ends; got one that repeats. Leave .repeat()"),
        ("my_data:none", "expected a function that returns (x, y) arrays, x alone, a batched tf"),
        ("my_data:single", "data='my_data:single': expected batches; got single numbers."),
        ("my_data:raising", "the function raised RuntimeError: the server is down"),
        ("my_data:nothing", "expected a function of my_data: "),
        ("my_data:COUNT", "expected a function of my_data: "),
        ("no_data:rows", "or module:function; No module named 'no_data'. Check the path, or run"),
    ],
)
def test_what_returns_no_rows_is_said(data: str, message: str, here: Path) -> None:
    with pytest.raises(TfexplainError) as raised:
        opened(data, below=str(here / "out"))
    assert message in str(raised.value)


def test_columns_have_no_names(here: Path) -> None:
    with pytest.raises(TfexplainError, match="expected data whose columns have names"):
        opened("my_data:arrays", "y", below=str(here / "out"))
