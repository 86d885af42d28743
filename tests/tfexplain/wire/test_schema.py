"""Records of every kind are read back, and nothing else is."""

from __future__ import annotations

import json
import struct
from typing import Any, get_args

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support.records import floats64, json_values, records

from tfexplain.wire import schema
from tfexplain.wire.container import pack
from tfexplain.wire.records.kinds import Kind


@given(records)
def test_decode_chooses_the_record_by_kind(record: schema.Record) -> None:
    assert type(schema.decode(record.kind, record.encode())) is type(record)


@given(records)
def test_safetensors_own_loader_reads_every_record(record: schema.Record) -> None:
    arrays = safetensors.numpy.load(record.encode())
    assert arrays
    if isinstance(record, schema.Map):
        assert arrays["values"].dtype == np.float16
        assert arrays["values"].shape == record.values.shape


def test_decode_refuses_kinds_without_records() -> None:
    with pytest.raises(schema.SchemaError, match="expected one of"):
        schema.decode("inputs", b"")


# --------------------------------------------------------------------------- hostile bytes

KINDS = [kind for kind in get_args(Kind) if kind != "inputs"]


def assert_decodes_or_says_why(kind: schema.Kind, data: bytes) -> None:
    """`SchemaError` is the only thing that may come out beside a record."""
    try:
        record = schema.decode(kind, data)
    except schema.SchemaError:
        return
    assert record.kind == kind


@given(records, st.data())
def test_every_truncation_is_one_clear_error(record: schema.Record, data: st.DataObject) -> None:
    encoded = record.encode()
    cut = data.draw(st.integers(0, len(encoded) - 1))
    with pytest.raises(schema.SchemaError):
        schema.decode(record.kind, encoded[:cut])


@given(records, st.data())
def test_flipped_bytes_never_escape(record: schema.Record, data: st.DataObject) -> None:
    encoded = bytearray(record.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    assert_decodes_or_says_why(record.kind, bytes(encoded))


@given(
    st.sampled_from(KINDS),
    st.binary(max_size=300),
)
def test_random_bytes_never_escape(kind: schema.Kind, data: bytes) -> None:
    assert_decodes_or_says_why(kind, data)


header_texts = st.text(max_size=12) | json_values.map(json.dumps) | floats64.map(repr)
header_keys = st.sampled_from(
    [
        "scale",
        "score",
        "target",
        "gap",
        "error",
        "passes",
        "layout",
        "names",
        "explainers",
        "problems",
        "label_kind",
        "class_names",
        "settings",
        "layers",
        "activation",
        "rows",
        "metrics",
        "total_metrics",
        "parts",
        "denominators",
        "moment",
        "weights",
        "low",
        "high",
        "zeros",
        "nonfinite",
        "measures",
        "reference",
        "reference_step",
        "role",
    ]
)
array_names = st.sampled_from(
    [
        "values",
        "scales",
        "channels",
        "dead",
        "labels",
        "rows",
        "outputs",
        "predicted",
        "explained",
        "seconds",
        "totals",
        "counts",
        "pruned",
        "agrees",
        "flips",
        "names",
        "words",
        "attention_heads",
    ]
)
any_arrays = hnp.arrays(
    st.sampled_from(["f2", "f4", "f8", "i4", "i8", "u1"]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
)


@given(
    st.sampled_from(KINDS),
    st.dictionaries(array_names, any_arrays, max_size=4),
    st.dictionaries(header_keys, header_texts, max_size=6),
)
def test_well_packed_nonsense_never_escapes(
    kind: schema.Kind, arrays: dict[str, np.ndarray[Any, Any]], header: dict[str, str]
) -> None:
    assert_decodes_or_says_why(kind, pack(kind, arrays, header))


@given(records, header_keys, header_texts)
def test_a_wrong_header_field_never_escapes(record: schema.Record, key: str, text: str) -> None:
    encoded = record.encode()
    size = int.from_bytes(encoded[:8], "little")
    header = json.loads(encoded[8 : 8 + size])
    header["__metadata__"][key] = text
    changed = json.dumps(header).encode()
    assert_decodes_or_says_why(
        record.kind, struct.pack("<Q", len(changed)) + changed + encoded[8 + size :]
    )
