"""TFRecord files against tf.data's own reading of them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from support.rows import SCREEN, opened, png, same_in_any_order

from tfexplain.errors import TfexplainError
from tfexplain.rows.pictures import picture

COUNT = 8
RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (COUNT, 4, 6)).astype("u1")


def example(**features: Any) -> bytes:
    made = {}
    for name, values in features.items():
        if isinstance(values, bytes):
            made[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[values]))
        elif np.asarray(values).dtype.kind == "f":
            made[name] = tf.train.Feature(float_list=tf.train.FloatList(value=np.ravel(values)))
        else:
            made[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=np.ravel(values)))
    data: bytes = tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString()
    return data


def write(path: Path, records: list[bytes], packed: str = "") -> None:
    with tf.io.TFRecordWriter(str(path), packed) as writer:
        for record in records:
            writer.write(record)


@pytest.mark.parametrize("name", ["a.tfrecord", "a.tfrecords.gz", "a.tfrecord-00000-of-00001"])
def test_pictures_and_labels(name: str, tmp_path: Path) -> None:
    files = [png(grey) for grey in GREY]
    records = [example(image=data, label=i % 3, name=b"%d.png" % i) for i, data in enumerate(files)]
    write(tmp_path / name, records, "GZIP" if name.endswith("gz") else "")
    source = opened(tmp_path / name, "label")
    assert (len(source), source.pictures, source.labelled) == (COUNT, True, True)
    assert source.notes == ["columns ignored: name"]
    read = source.read(range(COUNT))
    assert np.array_equal(read.inputs[..., 0], GREY)
    assert read.labels is not None
    assert read.labels.tolist() == [i % 3 for i in range(COUNT)]
    assert np.array_equal(source.picture(5), SCREEN.shown(picture(files[5])))
    same_in_any_order(source)


def test_numbers_and_lists_are_what_tf_data_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.tfrecord"
    x = RNG.normal(size=(COUNT, 2, 3)).astype("f4")
    write(path, [example(b=float(i), a=2 * i, y=i) for i in range(COUNT)])
    source = opened(path, "y")
    assert source.features == ["a", "b"]
    assert source.read(range(COUNT)).inputs.tolist() == [[2 * i, i] for i in range(COUNT)]
    write(path, [example(x=row, y=[i]) for i, row in enumerate(x)])
    source = opened(path, "y", shape=(2, 3))
    spec = {"x": tf.io.FixedLenFeature([2, 3], tf.float32), "y": tf.io.FixedLenFeature([], "int64")}
    rows = [tf.io.parse_single_example(data, spec) for data in tf.data.TFRecordDataset(str(path))]
    read = source.read(range(COUNT))
    assert np.array_equal(read.inputs, [row["x"] for row in rows])
    assert read.labels is not None
    assert read.labels.tolist() == [int(row["y"]) for row in rows]
    same_in_any_order(source)


def test_damaged_records_are_said_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tfrecord"
    records = [example(a=float(i), b=0.0) for i in range(5)]
    records[3] = example(a=np.nan, b=0.0)
    records += [example(a=1.0), b"none", example(a=6.0, b=1.0), example(a=7.0, b=1.0)]
    write(path, records)
    data = bytearray(path.read_bytes())
    data[12 + len(records[0]) + 4 + 12 + 3] ^= 1  # in the second record
    path.write_bytes(data)
    source = opened(path)
    read = source.read(range(9))
    assert read.rows == [0, 2, 4, 7, 8]
    assert read.inputs.tolist() == [[0, 0], [2, 0], [4, 0], [6, 1], [7, 1]]
    assert [line.partition(",")[0] for line in read.skipped] == [
        *("row 1: damaged record", "row 3: NaN or infinity", "row 5: no b"),
        "row 6: no tf.train.Example",
    ]
    same_in_any_order(source)
    start = len(data) - len(records[8]) - 16
    data[start] ^= 1  # its length: where a next one begins is not known
    path.write_bytes(data[:-2] + bytes(40))
    read = opened(path).read(range(len(opened(path))))
    assert read.rows == [0, 2, 4, 7]
    assert read.skipped[-1] == f"row 8: damaged record, byte {start}"


@pytest.mark.parametrize(
    ("records", "label", "message"),
    [
        ([b"none"], None, "expected records of tf.train.Example; got none: no tf.train.Example."),
        ([], None, "expected records of tf.train.Example; got none: it is empty."),
        ([example(a=b"text")], None, "or columns of numbers; got a (texts)."),
        ([example(a=1.0)], "y", "--label='y': expected a column of numbers or texts of"),
        ([example(a=1.0, y=b"cat")], "y", "--label='y': expected a feature of whole numbers; got"),
    ],
)
def test_files_without_rows_are_said(
    records: list[bytes], label: str | None, message: str, tmp_path: Path
) -> None:
    write(tmp_path / "a.tfrecord", records)
    with pytest.raises(TfexplainError) as raised:
        opened(tmp_path / "a.tfrecord", label)
    assert message in str(raised.value)


def test_a_file_that_cannot_be_unpacked_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.tfrecord.gz").write_bytes(gzip.compress(b"abc" * 99)[:-9])
    with pytest.raises(TfexplainError, match="cannot be unpacked: Compressed file ended before"):
        opened(tmp_path / "a.tfrecord.gz")
