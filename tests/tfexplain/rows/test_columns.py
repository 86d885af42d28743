"""Parquet and Arrow files against pyarrow's own reading of them."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
from support.rows import SCREEN, opened, png, same_in_any_order

from tfexplain.errors import TfexplainError
from tfexplain.rows.opening import column_of, open_rows
from tfexplain.rows.pictures import picture
from tfexplain.rows.source import first_readable

COUNT = 23
RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (COUNT, 4, 6)).astype("u1")


@pytest.fixture(autouse=True)
def pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups are decoded in several pieces, as large ones are."""
    monkeypatch.setattr("tfexplain.rows.arrow._ROWS", 2)


def stream(table: Any, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=5)


def file(table: Any, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=5)


WRITERS: dict[str, Callable[[Any, Path], None]] = {
    "groups.parquet": lambda table, path: pq.write_table(table, path, row_group_size=5),
    "one.parquet": pq.write_table,
    "stream.arrow": stream,
    "file.arrow": file,
    "lz4.feather": lambda table, path: pa.feather.write_feather(table, str(path), chunksize=5),
}
kinds = pytest.mark.parametrize("name", WRITERS)


@kinds
def test_numbers_are_features(name: str, tmp_path: Path) -> None:
    a, b = RNG.normal(size=COUNT), RNG.integers(0, 9, COUNT)
    a[7] = np.nan
    table = pa.table(
        {
            "a": a,
            "id": [f"patient {i}" for i in range(COUNT)],
            "kind": pa.array(b, pa.int32()),
            "b": pa.array([None if i == 3 else bool(i % 3) for i in range(COUNT)]),
            "__index_level_0__": range(COUNT),
        }
    )
    WRITERS[name](table, tmp_path / name)
    source = opened(tmp_path / name, "kind")
    assert (source.features, source.labelled, source.pictures) == (["a", "b"], True, False)
    assert (source.notes, len(source)) == (["columns ignored: id"], COUNT)
    read = source.read(range(COUNT))
    good = [i for i in range(COUNT) if i not in (3, 7)]
    assert read.rows == good
    assert read.names == [f"row {i}" for i in good]
    assert read.skipped == ["row 3: NaN or infinity", "row 7: NaN or infinity"]
    assert read.inputs.dtype == np.float32
    assert np.array_equal(
        read.inputs, np.stack([a, np.arange(COUNT) % 3 > 0], 1).astype("f4")[good]
    )
    assert read.labels is not None
    assert read.labels.tolist() == b[good].tolist()
    same_in_any_order(source)
    assert opened(tmp_path / name).features == ["a", "kind", "b"]


@kinds
def test_pictures_go_through_the_screen(name: str, tmp_path: Path) -> None:
    files = [png(grey) for grey in GREY]
    files[4] = files[4][:40]
    told = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    cells = [{"bytes": data, "path": f"{i}.png"} for i, data in enumerate(files)]
    table = pa.table({"image": cells, "label": [i % 2 for i in range(COUNT)]})
    table = table.replace_schema_metadata({"huggingface": json.dumps(told)})
    WRITERS[name](table, tmp_path / name)
    source = opened(tmp_path / name, "label")
    assert (source.classes, source.pictures, source.features) == (["cat", "dog"], True, ())
    read = source.read(range(COUNT))
    good = [i for i in range(COUNT) if i != 4]
    assert read.rows == good
    assert np.array_equal(read.inputs[..., 0], GREY[good])
    assert read.labels is not None
    assert read.labels.tolist() == [i % 2 for i in good]
    assert [line[:7] for line in read.skipped] == ["row 4: "]
    assert np.array_equal(source.picture(9), SCREEN.shown(picture(files[9])))
    same_in_any_order(source)
    plain = pa.table({"image": pa.array([*files[:2], None], pa.large_binary())})
    WRITERS[name](plain, tmp_path / f"plain-{name}")
    read = opened(tmp_path / f"plain-{name}").read(range(3))
    assert np.array_equal(read.inputs[..., 0], GREY[:2])
    assert read.skipped == ["row 2: no picture"]


@kinds
def test_lists_are_reshaped_to_the_model_s_input(name: str, tmp_path: Path) -> None:
    x = RNG.normal(size=(COUNT, 2, 3)).astype("f4")
    columns = {
        "fixed": pa.FixedSizeListArray.from_arrays(pa.array(x.ravel()), 6),
        "flat": pa.array(x.reshape(COUNT, 6).tolist(), pa.list_(pa.float32())),
        "nested": pa.array(x.tolist(), pa.large_list(pa.list_(pa.float32()))),
    }
    for kind, column in columns.items():
        texts = ["no", "yes"] * 11 + [None]
        path = tmp_path / f"{kind}-{name}"
        WRITERS[name](pa.table({"x": column, "y": texts}), path)
        source = opened(path, "y", shape=[2, 3])
        assert source.classes == ["no", "yes"]
        read = source.read(range(COUNT))
        assert np.array_equal(read.inputs, x[:-1])
        assert read.labels is not None
        assert read.labels.tolist() == [0, 1] * 11
        assert read.skipped == ["row 22: no label"]
        same_in_any_order(source)
        own = (2, 3) if kind == "nested" else (6,)
        for unknown in (None, [None, 3]):
            read = opened(path, shape=unknown).read([1])
            assert np.array_equal(read.inputs, x[[1]].reshape(1, *own))
    tokens = pa.table({"words": [[1, 2, 3], [4, 5], None, [6, None, 7], [8, 9, 10]]})
    WRITERS[name](tokens, tmp_path / f"words-{name}")
    read = opened(tmp_path / f"words-{name}").read(range(5))
    assert read.inputs.tolist() == [[1, 2, 3], [8, 9, 10]]
    assert read.inputs.dtype == np.int64
    assert read.skipped == [
        *("row 1: 2 numbers; expected those of [3]", "row 2: no values", "row 3: NaN or infinity"),
    ]


def test_several_files_are_one_after_the_other(tmp_path: Path) -> None:
    parts = [[0, 1, 2], [3], [4, 5, 6, 7]]
    labels = [["b", "c", "b"], ["a"], ["c", "c", None, "b"]]
    for number, (some, own) in enumerate(zip(parts, labels, strict=True)):
        table = pa.table({"a": [float(i) for i in some], "b": some, "kind": own})
        pq.write_table(table, tmp_path / f"day-{number}.parquet", row_group_size=2)
    (tmp_path / "readme.md").touch()
    for data in (tmp_path, tmp_path / "day-*.parquet"):
        source = opened(data, "kind", f"../{data.name[:3]}")
        assert (source.features, list(source.classes)) == (["a", "b"], ["a", "b", "c"])
        read = source.read(range(len(source)))
        assert read.inputs[:, 1].tolist() == [0, 1, 2, 3, 4, 5, 7]
        assert read.labels is not None
        assert read.labels.tolist() == [1, 2, 1, 0, 2, 2, 1]
        assert read.names[3:5] == ["day-1.parquet row 0", "day-2.parquet row 0"]
        assert read.skipped == ["day-2.parquet row 2: no label"]
        same_in_any_order(source)
    before = source.facts
    pq.write_table(pa.table({"a": [9.0], "b": [9], "kind": ["b"]}), tmp_path / "day-1.parquet")
    now = opened(tmp_path / "day-*.parquet", "kind", "../day")
    assert now.read([3]).inputs.tolist() == [[9, 9]]
    assert now.facts != before
    pq.write_table(pa.table({"a": [9.0], "kind": ["b"]}), tmp_path / "day-1.parquet")
    with pytest.raises(TfexplainError, match=r"of the same columns; day-1.parquet has numbers a;"):
        opened(tmp_path / "day-*.parquet", "kind", "../day")


def test_a_damaged_part_is_said_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"a": np.arange(20.0)})
    pq.write_table(table, path, row_group_size=5, use_dictionary=False, compression="zstd")
    start = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + 30] = bytes(30)
    path.write_bytes(data)
    read = opened(path).read(range(20))
    assert read.rows == [*range(5), *range(10, 20)]
    assert np.array_equal(read.inputs[:, 0], read.rows)
    assert [line.split(": ")[:2] for line in read.skipped] == [
        [f"row {row}", "damaged file"] for row in range(5, 10)
    ]
    source = opened(path)
    assert [source.read([row]).skipped for row in (5, 6)] == [[line] for line in read.skipped[:2]]
    same_in_any_order(source)


def test_memory_is_that_of_some_rows(tmp_path: Path) -> None:
    """Of pyarrow's own memory as well: a row group is not held as a whole."""
    row = 1 << 16
    peaks = []
    for count in (100, 100, 600):
        path = tmp_path / f"{count}.parquet"
        noise = np.random.default_rng(3).normal(size=(count, row // 8))
        pq.write_table(
            pa.table({"x": pa.FixedSizeListArray.from_arrays(pa.array(noise.ravel()), row // 8)}),
            path,
            compression="none",
            use_dictionary=False,
        )
        del noise
        pool = pa.default_memory_pool()
        before = pool.bytes_allocated()
        tracemalloc.start()
        source = opened(path)
        held = 0
        for start in range(0, count, 10):
            source.read(range(start, start + 10))
            held = max(held, pool.bytes_allocated() - before)
        peaks.append(tracemalloc.get_traced_memory()[1] + held)
        tracemalloc.stop()
        assert len(source) == count
    assert peaks[2] - peaks[1] < 100 * row
    assert peaks[1] > 10 * row


@pytest.mark.parametrize(
    ("table", "label", "message"),
    [
        ({"a": ["x"]}, None, "or columns of numbers; got a (texts). Write a file of those"),
        ({"a": [[1]], "b": [[1]]}, None, "expected one column of pictures or of lists of numbers"),
        ({"a": [1], "b": [[1]]}, "c", "--label='c': expected a column of numbers or texts of"),
        ({"a": [1], "b": [[1]]}, "b", ": a, b; it holds lists."),
        ({"a": [b"none"]}, None, "found 1 that cannot be read. row 0: cannot identify image file"),
        ({"a": np.zeros(0)}, None, "expected rows of finite numbers or of pictures; found 0 that"),
    ],
)
def test_columns_that_are_no_inputs_are_said(
    table: Any, label: str | None, message: str, tmp_path: Path
) -> None:
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    with pytest.raises(TfexplainError) as raised:
        first_readable(opened(tmp_path / "a.parquet", label), 2)
    assert message in str(raised.value)


def test_files_that_are_none_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.parquet", "a.arrow"):
        (tmp_path / name).write_bytes(b"none" * 9)
        with pytest.raises(TfexplainError, match=f"a.{name[2:]}': cannot be read as a"):
            opened(tmp_path / name)
    coded = pa.table({"a": pa.array(["x", "y"]).dictionary_encode(), "b": [1, 2]})
    stream(coded, tmp_path / "coded.arrow")
    with pytest.raises(TfexplainError, match="expected a stream without dictionaries"):
        opened(tmp_path / "coded.arrow")
    file(coded, tmp_path / "file.arrow")
    labels = opened(tmp_path / "file.arrow", "a").read([0, 1]).labels
    assert labels is not None
    assert labels.tolist() == [0, 1]
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(TfexplainError, match=r"pip install \"tensorboard-plugin-tfexplain\[parq"):
        opened(tmp_path / "a.parquet")


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.arrow"])
def test_a_column_beside_the_inputs_is_text_of_every_row(name: str, tmp_path: Path) -> None:
    site = ["north, far", "", "7", "south", "north, far", "x"]
    table = pa.table({"a": np.arange(6.0), "site": site, "b": np.ones(6), "year": range(6)})
    folder, listing = tmp_path / "data", str(tmp_path / "listing")
    folder.mkdir()
    write = {"csv": pyarrow.csv.write_csv, "parquet": pq.write_table, "arrow": stream}
    for file_name, part in ((name, table), (f"b{name}", table.slice(2, 1))):
        write[name.split(".")[1]](part, folder / file_name)
    one = str(folder / name)
    assert column_of(one, "site", listing) == site
    assert column_of(str(folder), "site", listing) == [*site, "7"]
    assert column_of(one, "year", listing) == list("012345")
    source = open_rows(one, screen=lambda: SCREEN, label="b", listing=listing, beside="site")
    assert list(source.features) == ["a", "year"]
    assert source.read([1, 4]).inputs.tolist() == [[1, 1], [4, 4]]
    with pytest.raises(TfexplainError, match=r"groups=.where.: expected a column of .* a, site, b"):
        column_of(one, "where", listing)
