from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from tfexplain.wire import container
from tfexplain.wire.container import SchemaError, check_version, pack, short, unpack


def raw(header: dict[str, Any], body: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def metadata(**fields: str) -> dict[str, Any]:
    return {"__metadata__": {"version": "1.0", "kind": "map", **fields}}


def test_arrays_and_header_come_back() -> None:
    data = pack("map", {"a": np.arange(6, dtype="<i4").reshape(2, 3)}, {"note": "ä"})
    found = unpack(data, "map")
    np.testing.assert_array_equal(found.array("a", "I32", 2), np.arange(6).reshape(2, 3))
    assert found.text("note") == "ä"


def test_the_container_is_plain_safetensors(tmp_path: Any) -> None:
    data = pack("map", {"a": np.ones(3, np.float16)}, {"scale": "2.0"})
    np.testing.assert_array_equal(safetensors.numpy.load(data)["a"], np.ones(3, np.float16))
    (tmp_path / "record").write_bytes(data)
    with safetensors.safe_open(tmp_path / "record", "numpy") as opened:
        assert opened.metadata() == {"version": "1.6", "kind": "map", "scale": "2.0"}


def test_another_kind_is_refused() -> None:
    with pytest.raises(SchemaError, match="expected a record of kind 'metrics'"):
        unpack(pack("map", {}, {}), "metrics")


# ------------------------------------------------------------------------------- versions


@pytest.mark.parametrize("version", ["1.0", "1.7", "0.9", "1.9999"])
def test_this_major_version_and_older_ones_are_read(version: str) -> None:
    check_version(version)
    assert unpack(raw(metadata(version=version)), "map").kind == "map"


@pytest.mark.parametrize("version", ["2.0", "9999.0"])
def test_a_newer_major_version_says_what_to_do(version: str) -> None:
    with pytest.raises(SchemaError, match=r"newer than this tfexplain.*Upgrade tfexplain"):
        unpack(raw(metadata(version=version)), "map")


@pytest.mark.parametrize(
    "version", [None, 1.0, "1", "", "1.0.0", "v1.0", "1.0\n", "١.٠", "99999.0"]
)
def test_other_versions_are_refused(version: object) -> None:
    with pytest.raises(SchemaError, match="expected MAJOR"):
        check_version(version)


# -------------------------------------------------------------------------- hostile bytes


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 7,
        b"\x00" * 8,
        b"\xff" * 8,
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 2) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 4) + b"null",
        raw({"__metadata__": []}),
        raw({"__metadata__": {"version": 1}}),
        raw({**metadata(), "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}),
        raw({**metadata(), "a": {"dtype": "F99", "shape": [], "data_offsets": [0, 0]}}),
        raw({**metadata(), "a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, b"abcd"),
        raw({**metadata(), "a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}, b"abcd"),
        raw(metadata(), b"more than was announced"),
        struct.pack("<Q", 100_000) + b"[" * 100_000,
    ],
)
def test_a_broken_container_is_one_error(data: bytes) -> None:
    with pytest.raises(SchemaError):
        unpack(data, "map")


@pytest.mark.parametrize("shape", [[0, 2**40], [0, 2**63 - 1], [2**62, 0, 2**62], [2**64 - 1, 0]])
def test_an_empty_array_of_impossible_shape_is_one_error(shape: list[int]) -> None:
    entry = {"dtype": "F16", "shape": shape, "data_offsets": [0, 0]}
    try:
        found = unpack(raw({**metadata(), "a": entry}), "map").array("a", "F16", 2, 3)
    except SchemaError:
        return
    assert list(found.shape) == shape


@given(st.binary(max_size=200))
def test_random_bytes_are_one_error(data: bytes) -> None:
    with pytest.raises(SchemaError):
        unpack(data, "map")


def test_records_over_the_limit_are_neither_written_nor_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = pack("map", {"a": np.zeros(100)}, {})
    monkeypatch.setattr(container, "MAX_RECORD_BYTES", 500)
    with pytest.raises(SchemaError, match="at most 500"):
        pack("map", {"a": np.zeros(100)}, {})
    with pytest.raises(SchemaError, match="at most 500"):
        unpack(data, "map")


def test_headers_over_the_limit_are_not_read() -> None:
    data = raw({**metadata(note="x" * container.MAX_HEADER_BYTES)})
    with pytest.raises(SchemaError, match="too long a header"):
        unpack(data, "map")


def test_quoted_text_is_cut_and_harmless() -> None:
    assert short("a\x1b[0m") == repr("a\x1b[0m")
    assert len(short("x" * 1000)) == 82
