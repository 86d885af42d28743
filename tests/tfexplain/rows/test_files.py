"""Files of rows by folders and patterns, and classes by the names of folders."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.rows import opened, same_in_any_order

from tfexplain.errors import TfexplainError

NAMES = ["cat/1.PNG", "cat/deep/2.jpg", "cat-like/3.png", "a b/4.png", "a b/.5.png", ".git/6.png"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "photos"
    for i, name in enumerate(NAMES):
        (found / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (6, 4), 40 * i).save(found / name)
    (found / "cat" / "notes.txt").touch()
    return found


def test_folders_are_classes_where_all_pictures_lie_in_several(folder: Path) -> None:
    source = opened(folder)
    # As Keras and sorted() have them, though paths in "cat-like" stand before those in "cat".
    assert source.classes == ["a b", "cat", "cat-like"]
    assert source.labelled
    assert source.notes == [
        "1 other files ignored, as cat/notes.txt",
        "labels are the first folders' names: a b, cat, cat-like",
    ]
    read = source.read(range(4))
    assert read.names == ["a b/4.png", "cat-like/3.png", "cat/1.PNG", "cat/deep/2.jpg"]
    assert read.labels is not None
    assert read.labels.tolist() == [0, 2, 1, 1]
    same_in_any_order(source)
    assert not opened(folder / "cat", below="../other").labelled  # some lie in no folder
    assert not opened(f"{folder}/cat/*/*", below="../one").labelled  # one says nothing
    Image.new("L", (6, 4)).save(folder / "loose.png")
    loose = opened(folder)
    assert (loose.labelled, loose.classes) == (False, [])
    assert loose.read([0]).labels is None


@pytest.mark.parametrize(
    "pattern",
    ["*/*.png", "**/*.png", "cat/**", "c*/[12].*", "**/deep/*", "?at/*", "**/*.txt", "cat/1.PNG"],
)
def test_patterns_find_what_python_s_do(pattern: str, folder: Path) -> None:
    found = glob.glob(f"{folder}/{pattern}", recursive=True)
    expected = [path for path in found if os.path.isfile(path) and path[-4:] != ".txt"]
    if not expected:
        with pytest.raises(FileNotFoundError, match="no picture or file of rows has such a path"):
            opened(f"{folder}/{pattern}")
        return
    source = opened(f"{folder}/{pattern}")
    fixed = "cat" if pattern == "cat/**" else "." if "*" in pattern or "?" in pattern else "cat"
    names = sorted(os.path.relpath(path, folder / fixed) for path in expected)
    assert source.read(range(len(source))).names == names


def test_a_pattern_sees_files_that_come(folder: Path) -> None:
    assert len(opened(f"{folder}/*/[0-9].png")) == 2
    Image.new("L", (6, 4)).save(folder / "cat" / "7.png")
    assert len(opened(f"{folder}/*/[0-9].png")) == 3


def test_tables_are_put_end_to_end(tmp_path: Path) -> None:
    for number, rows in enumerate(("1,0\n2,1\n", "3,none\n", "4,1")):
        (tmp_path / f"{number}.csv").write_text(f"a,y\n{rows}")
    source = opened(tmp_path, "y")
    read = source.read(range(4))
    assert read.inputs.tolist() == [[1], [2], [4]]
    assert read.names == ["0.csv line 2", "0.csv line 3", "2.csv line 2"]
    assert read.skipped == ["1.csv line 2: could not convert string to float: 'none'"]
    same_in_any_order(source)
    np.savez(tmp_path / "x.npz", x=np.zeros((2, 3)))
    with pytest.raises(TfexplainError, match=r"found 3 .csv files and 1 .npz files. Name those of"):
        opened(tmp_path)
    assert len(opened(f"{tmp_path}/*.npz")) == 2
