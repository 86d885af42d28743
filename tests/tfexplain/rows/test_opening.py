"""Rows of files by their numbers: what other readers find, in any order, from little memory."""

from __future__ import annotations

import csv
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.rows import SCREEN, opened

from tfexplain.errors import TfexplainError
from tfexplain.rows import listing
from tfexplain.rows.opening import open_rows
from tfexplain.rows.pictures import Screen
from tfexplain.rows.source import Source, first_readable

GREY = np.random.default_rng(0).integers(0, 256, (5, 4, 6)).astype("u1")
X = np.random.default_rng(1).normal(size=(7, 4, 6, 1)).astype("f4")
X[4, 0, 0, 0] = np.nan


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    found = tmp_path / "pictures"
    (found / "deep").mkdir(parents=True)
    # "deep-" stands before "deep/", as in any sorted list of paths.
    names = [b"deep/1.png", b"deep-2.png", b"a b.PNG", b"caf\xe9.png", b"new\nline.png"]
    for name, grey in zip(names, GREY, strict=True):
        with open(os.path.join(os.fsencode(found), name), "wb") as file:
            Image.fromarray(grey).save(file, "PNG")
    data = (found / "deep" / "1.png").read_bytes()
    (found / "cut.png").write_bytes(data[: len(data) // 2])
    os.mkfifo(found / "pipe.png")
    (found / "gone.png").symlink_to(found / "nothing")
    (found / "notes.txt").write_text("no picture")
    (found / ".hidden.png").write_bytes(data)
    return found


def test_pictures_are_what_pillow_reads(pictures: Path) -> None:
    source = opened(pictures)
    assert (len(source), source.labelled, source.pictures) == (8, False, True)
    assert list(source.notes) == ["1 other files ignored, as notes.txt"]
    read = source.read(range(8))
    assert read.names == ["a b.PNG", "caf%E9.png", "deep-2.png", "deep/1.png", "new%0Aline.png"]
    assert list(read.rows) == [0, 1, 3, 4, 6]
    assert read.inputs.dtype == np.float32
    assert np.array_equal(read.inputs[..., 0], GREY[[2, 3, 1, 0, 4]])
    told = [line.split(": ", 1) for line in read.skipped]
    assert [name for name, _ in told] == ["cut.png", "gone.png", "pipe.png"]
    assert told[2][1] == "no file, but a pipe or a device"
    assert np.array_equal(source.picture(4), SCREEN.shown(Image.fromarray(GREY[0])))


def test_a_folder_is_listed_once_until_its_files_change(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(pictures)
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", None)
        again = opened(pictures)
        assert again.facts == first.facts
        assert again.read([3]).names == ["deep-2.png"]
    Image.new("L", (6, 4)).save(pictures / "deep" / "3.png")
    assert len(opened(pictures)) == 9
    assert first.read([4]).names == ["deep/1.png"]  # who had it keeps it
    (pictures / "deep" / "3.png").unlink()
    now = opened(pictures)
    assert now.facts == first.facts
    assert not [name for name in os.listdir(pictures.parent / "out/shards") if "part" in name]
    screen = Screen((4, 6), 1, False, (0.0, 1.0))
    other = open_rows(str(pictures), screen=lambda: screen, label=None, listing=str(pictures / "o"))
    assert {name for name in now.facts if now.facts[name] != other.facts[name]} == {"pixels"}


def test_maps_that_are_drawn_into_the_folder_are_no_rows(pictures: Path) -> None:
    assert len(opened(pictures, below="pictures/out/shards")) == 8
    Image.new("L", (6, 4)).save(pictures / "out" / "overlay.png")
    assert len(opened(pictures, below="pictures/out/shards")) == 8


def test_names_are_sorted_in_pieces(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = opened(pictures)
    monkeypatch.setattr(listing, "_RUN", 3)
    pieces = opened(pictures, below="other")
    assert pieces.facts == whole.facts
    assert pieces.read(range(8)).names == whole.read(range(8)).names


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_what_numpy_reads(tmp_path: Path, save: Callable[..., None]) -> None:
    labels = np.arange(7)[::-1]
    save(tmp_path / "a.npz", y=labels, x=np.asfortranarray(X), weights=labels)
    for _ in range(2):
        source = opened(tmp_path / "a.npz")
        read = source.read([6, 4, 0])
        assert (len(source), source.labelled, source.pictures) == (7, True, False)
        assert (read.names, read.skipped) == (["row 6", "row 0"], ["row 4: NaN or infinity"])
        assert np.array_equal(read.inputs, X[[6, 0]])
        assert np.array_equal(read.labels, labels[[6, 0]])
        assert type(read.inputs) is np.ndarray
    before = source.facts
    save(tmp_path / "a.npz", x=X + 1, y=labels)
    assert opened(tmp_path / "a.npz").facts != before
    assert np.array_equal(opened(tmp_path / "a.npz").read([1]).inputs, X[1:2] + 1)


def test_texts_and_arrays_without_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", np.array([["good bad"], ["bad"]]))
    source = opened(tmp_path / "a.npz")
    assert not source.labelled
    assert source.read([1]).inputs.tolist() == [["bad"]]
    assert source.read([1]).labels is None


TABLE = '\ufeffa, kind,b\r\n1,2,3\n4,0,x\r5,1\r\nnan,1,2\n\n"7\n",1,8\n1,1,\n'


def test_lines_are_what_csv_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(TABLE.encode() + b"1,\xff,2\n9,2,1e3")
    source = opened(path, "kind")
    assert (source.features, source.labelled, len(source)) == (["a", "b"], True, 8)
    read = source.read(range(8))
    assert read.names == ["line 2", "line 8", "line 11"]
    assert read.inputs.tolist() == [[1, 3], [7, 8], [9, 1000]]
    assert read.labels is not None
    assert read.labels.tolist() == [2, 1, 2]
    assert [line.partition(":")[0] for line in read.skipped] == [
        *("line 3", "line 4", "line 5", "line 9", "line 10"),
    ]
    assert read.skipped[0] == "line 3: could not convert string to float: 'x'"
    assert read.skipped[1] == "line 4: expected 3 cells; got 2"
    assert read.skipped[2] == "line 5: NaN or infinity"
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        lines = [cells for cells in csv.reader(file) if cells][1:]
    assert [list(map(float, lines[row])) for row in read.rows] == [
        [1, 2, 3],
        [7, 1, 8],
        [9, 2, 1000],
    ]
    # A line that ends where a block does.
    monkeypatch.setattr("tfexplain.rows.table._BLOCK", 3)
    assert opened(path, "kind", "other").read(range(8)).names == read.names
    whole = opened(path)
    assert whole.features == ["a", "kind", "b"]
    assert whole.read([0]).inputs.tolist() == [[1, 2, 3]]
    assert (whole.read([0]).labels, whole.facts == source.facts) == (None, False)


SIDE = 32
LARGE = Screen((SIDE, SIDE), 1, False, (0.0, 1.0))
KINDS = {"made": None, "stored.npz": None, "packed.npz": None, "table.csv": "b"}


def written(folder: Path, count: int) -> None:
    """Writes so many rows of 4 kB of each kind, of which one cannot be read."""
    made = folder / "made"
    made.mkdir(parents=True)
    x = np.random.default_rng(2).integers(0, 256, (count, SIDE, SIDE)).astype("f4")
    for i in range(count):
        Image.fromarray(x[i].astype("u1")).save(made / f"{i:05}.png")
    (made / "00003.png").write_bytes(b"none")
    x[3] = np.inf
    for name, save in (("stored.npz", np.savez), ("packed.npz", np.savez_compressed)):
        save(folder / name, x=x, y=np.arange(count))
    more = range(SIDE * SIDE // 4)
    lines = [f"a,b,{','.join(f'c{i}' for i in more)}"]
    lines += [f"{i},{i % 7}{',0' * len(more)}" for i in range(count)]
    lines[4] = "3,none"
    (folder / "table.csv").write_text("\n".join(lines))


def source_of(folder: Path, name: str) -> Source:
    out = str(folder / "out" / "shards")
    return open_rows(str(folder / name), screen=lambda: LARGE, label=KINDS[name], listing=out)


def test_any_order_gives_the_same_rows(tmp_path: Path) -> None:
    written(tmp_path, 9)
    for name in KINDS:
        source = source_of(tmp_path, name)
        whole = source.read(range(9))
        assert whole.rows == [0, 1, 2, 4, 5, 6, 7, 8]
        for order in ([8, 2, 5], [3, 1], [4], [0, 0]):
            some = source.read(order)
            places = [whole.rows.index(row) for row in order if row != 3]
            assert np.array_equal(some.inputs, whole.inputs[places])
            assert list(some.names) == [whole.names[place] for place in places]
            assert len(some.skipped) == order.count(3)
            if whole.labels is not None:
                assert some.labels is not None
                assert np.array_equal(some.labels, whole.labels[places])
        lost = source.read([3])
        assert (lost.inputs, len(lost.rows), len(lost.skipped)) == (None, 0, 1)


def test_memory_is_that_of_the_rows_asked_for(tmp_path: Path) -> None:
    few, many = 20, 320
    peaks: dict[int, dict[str, int]] = {}
    for turn, count in enumerate((few, few, many)):  # the first loads what stays
        written(tmp_path / str(turn), count)
        peaks[count] = {}
        for name in KINDS:
            tracemalloc.start()
            source = source_of(tmp_path / str(turn), name)
            for start in range(0, count, few):
                source.read(range(start, start + few))
            peaks[count][name] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    row = SIDE * SIDE * 4
    for name, peak in peaks[many].items():
        assert peak - peaks[few][name] < (many - few) * row / 5, name
        assert peaks[few][name] > few * row / 4, name


def test_the_first_rows_that_can_be_read(tmp_path: Path) -> None:
    written(tmp_path, 9)
    for source in (source_of(tmp_path, name) for name in KINDS):
        assert first_readable(source, 2).rows in ([0, 1], range(2))
        assert first_readable(source, 5).rows == [0, 1, 2, 4, 5]
        assert first_readable(source, 50).rows == [0, 1, 2, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("name", "content", "label", "message"),
    [
        ("none", None, None, "no such file or folder. Check the path."),
        ("a.jpg", b"none", None, "expected pictures; found 1 that cannot be read. a.jpg: cannot i"),
        (
            "a.jpg",
            b"none",
            "b",
            "--label='b': expected data whose columns have names, such",
        ),
        (
            "a.npz",
            b"none",
            None,
            "cannot be read as an .npz file (File is not a zip file); exp",
        ),
        ("a.csv", b"", None, "expected a first line that names each column once; got none. Add it"),
        ("a.csv", b"1,2\n3,4", None, "expected a first line that names each column once; got none"),
        (
            "a.csv",
            b"a,a\n3,4",
            None,
            "expected a first line that names each column once; got 'a'",
        ),
        ("a.csv", b"\xff\xfea", None, "cannot be read as a table: 'utf-8' codec can't decode"),
        (
            "a.csv",
            b"a,b\n\n",
            None,
            "expected a header and rows of numbers; found 0 that",
        ),
        (
            "a.csv",
            b"a\nx\ny",
            None,
            "found 2 that cannot be read. line 2: could not convert",
        ),
        ("a.csv", b"a\n1", "c", "--label='c': expected a column of"),
    ],
)
def test_what_holds_no_rows_is_said(
    name: str, content: Any, label: str | None, message: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises((TfexplainError, FileNotFoundError)) as raised:
        first_readable(opened(tmp_path / name, label), 4)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X[4:5]}, "expected rows of finite numbers; found 1 that cannot be read. row 4"),
        ({"a": X, "b": X, "c": X}, "expected arrays x and y, or images and labels, or two arrays"),
        ({"x": X, "y": X[1:]}, "expected as many labels as inputs; got arrays of [7, 4, 6, 1] and"),
        ({"x": X, "y": np.float32(1)}, "expected as many labels as inputs; got arrays of"),
        ({"x": X[:0]}, "expected rows of finite numbers; found 0 that cannot be read."),
        ({"x": np.array([{}])}, "arrays of objects, which would have to be unpickled"),
    ],
)
def test_arrays_that_are_no_rows_are_said(arrays: Any, message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(TfexplainError) as raised:
        first_readable(opened(tmp_path / "a.npz"), 4)
    assert message.replace("row 4", "row 0") in str(raised.value)


def test_a_folder_without_pictures_is_said(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "b.txt").touch()
    (tmp_path / "photos" / "a.txt").touch()
    with pytest.raises(TfexplainError, match="found 0 that cannot be read and 2 other files igno"):
        opened(tmp_path / "photos")


def test_a_disk_that_answers_late_is_no_damaged_picture(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = opened(pictures)

    def late(path: str) -> None:
        raise OSError(116, "Stale file handle", path)

    monkeypatch.setattr("tfexplain.rows.folder.picture", late)
    with pytest.raises(OSError, match="Stale file handle"):
        source.read([0])
