from __future__ import annotations

import json
import struct
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support.logs import png
from support.records import floats64, layer_names, names, records

from tfexplain.wire import schema
from tfexplain.wire.container import pack
from tfexplain.wire.pictures import MAX_PICTURE_BYTES
from tfexplain.wire.records.kinds import ROLES, Kind, Role


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


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
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


# -------------------------------------------------------------------------------------- tags


@given(st.sampled_from(["map", "channels", "matrix"]), layer_names, st.integers(0, 1_000_000))
def test_a_tag_survives_its_text(kind: schema.Kind, layer: str, sample: int) -> None:
    tag = schema.Tag(kind, "GradCAM(a=1.5)", layer, sample)
    assert schema.Tag.parse(str(tag)) == tag
    assert str(tag) == f"{tag.group}/{sample}"


@given(st.sampled_from(["inputs", "values", "kernel"]), layer_names)
def test_a_named_tag_survives_its_text(kind: schema.Kind, name: str) -> None:
    tag = schema.Tag(kind, layer=name)
    assert schema.Tag.parse(str(tag)) == tag


@given(layer_names)
def test_a_drift_tag_has_no_sample(layer: str) -> None:
    tag = schema.Tag("drift", "GradCAM", layer)
    assert schema.Tag.parse(str(tag)) == tag
    assert str(tag) == tag.group


@pytest.mark.parametrize(
    "kind", ["samples", "metrics", "predictions", "status", "kernels", "fidelity"]
)
def test_a_plain_tag_is_its_kind(kind: schema.Kind) -> None:
    assert schema.Tag.parse(kind) == schema.Tag(kind)
    assert str(schema.Tag(kind)) == schema.Tag(kind).group == kind


@given(st.text(max_size=60) | st.text("map/channels0123456789.\x00-", max_size=40))
@example("map/GradCAM/conv/01")
@example("map/GradCAM/conv/٣")
def test_any_tag_is_understood_or_refused(text: str) -> None:
    try:
        tag = schema.Tag.parse(text)
    except schema.SchemaError:
        return
    assert str(tag) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "map",
        "map/GradCAM/0",
        "map/GradCAM/conv/x",
        "map/GradCAM/conv/-1",
        "map/GradCAM/conv/1000001",
        "map/GradCAM/conv/01",
        "map/Grad CAM/conv/0",
        "map/<img>/conv/0",
        "map/GradCAM//0",
        "map/GradCAM/a\nb/0",
        "map/GradCAM/a\u202eb/0",
        f"map/GradCAM/{'x' * 513}/0",
        "inputs/",
        "values/",
        "matrix/Attention/0",
        "metrics/0",
        "kernel/",
        "drift/GradCAM",
        "drift/Grad CAM/conv",
        "loss",
    ],
)
def test_other_tags_are_refused(text: str) -> None:
    with pytest.raises(schema.SchemaError):
        schema.Tag.parse(text)


# ----------------------------------------------------------------------------------- content


@given(
    st.sampled_from(get_args(Kind)),
    names,
    st.booleans(),
    st.lists(st.integers(0, 2**31), max_size=4),
    names,
    st.integers(0, 2**31),
    st.dictionaries(names, names, max_size=4),
    st.sampled_from(["", *get_args(schema.Layout)]),
    st.sampled_from(["", *ROLES]),
)
def test_content_round_trips(
    kind: schema.Kind,
    unit: str,
    signed: bool,
    shape: list[int],
    over: str,
    channels: int,
    settings: dict[str, str],
    layout: schema.Layout,
    role: Role,
) -> None:
    shown = (unit, signed, tuple(shape), over, channels, settings, layout)
    content = schema.Content(kind, *shown, role=role)
    named = schema.tag_name(over) if over else ""
    assert schema.Content.decode(content.encode()) == replace(content, input=named)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("version", "kind", "unit", "signed", "shape", "input", "channels", "settings"),
                *("layout", "role"),
            ]
        ),
        json_values | st.sampled_from(["1.0", "map"]),
    )
)
@example({"version": "1.0", "kind": []})
@example({"version": "1.0", "kind": {}})
@example({"version": "1.0", "kind": "map", "shape": [True]})
def test_content_of_any_json_never_escapes(fields: dict[str, Any]) -> None:
    try:
        content = schema.Content.decode(json.dumps(fields).encode())
    except schema.SchemaError:
        return
    assert schema.Content.decode(content.encode()) == content


def test_the_role_of_older_logs_is_a_setting() -> None:
    def role(kind: str, **fields: Any) -> str:
        return schema.Content.decode(json.dumps({"kind": kind, **fields}).encode()).role

    settings = {"role": "control"}
    assert role("drift", version="1.1", settings=settings) == "control"
    assert role("fidelity", version="1.0", settings=settings) == "control"
    assert role("drift", version="1.2", settings=settings, role="model") == "model"
    # A setting of an explainer, or of what is measured.
    assert role("map", version="1.1", settings=settings) == ""
    assert role("drift", version="1.9", role="a newer one") == ""


@given(st.binary(max_size=100))
@example(b"[" * 90_000)
@example(b"[" * 60_000)
@example(b"null")
def test_content_of_any_bytes_never_escapes(data: bytes) -> None:
    with pytest.raises(schema.SchemaError):
        schema.Content.decode(data)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "movie"),
        ("unit", 1),
        ("signed", 1),
        ("shape", [1, -1]),
        ("shape", [1.0]),
        ("shape", [1] * 5),
        ("shape", [2**40]),
        ("channels", "3"),
        ("input", None),
        ("settings", {"a": 1}),
        ("settings", []),
        ("layout", 2),
        ("layout", None),
    ],
)
def test_content_fields_have_types(field: str, value: object) -> None:
    good = {"version": "1.0", "kind": "map"}
    schema.Content.decode(json.dumps(good).encode())
    with pytest.raises(schema.SchemaError, match="wrong type"):
        schema.Content.decode(json.dumps({**good, field: value}).encode())


@pytest.mark.parametrize("layout", [{}, {"layout": ""}, {"layout": "hexagons"}])
def test_a_layout_that_is_not_known_is_none(layout: dict[str, str]) -> None:
    """Logs of version 1.0 have none, and a newer version may have others."""
    old = {"version": "1.0", "kind": "map", "unit": "logit", "shape": [2, 3], **layout}
    content = schema.Content.decode(json.dumps(old).encode())
    assert (content.layout, content.shape) == ("", (2, 3))


# ---------------------------------------------------------------------------------- pictures


def test_a_picture_has_its_size() -> None:
    assert schema.check_picture(png(np.zeros((3, 5), np.uint8))) == (5, 3)


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda b: b"\x89PNG\r\n\x1a\n" + b))
def test_other_pictures_are_refused(data: bytes) -> None:
    try:
        width, height = schema.check_picture(data)
    except schema.SchemaError:
        return
    assert 0 < width <= 8192
    assert 0 < height <= 8192


@pytest.mark.parametrize(("width", "height"), [(0, 1), (1, 0), (8193, 1), (1, 2**31)])
def test_pictures_of_unreasonable_sides_are_refused(width: int, height: int) -> None:
    good = bytearray(png(np.zeros((1, 1), np.uint8)))
    good[16:24] = struct.pack(">II", width, height)
    with pytest.raises(schema.SchemaError, match="sides of 1 to 8192"):
        schema.check_picture(bytes(good))


def test_pictures_over_the_limit_are_refused() -> None:
    data = png(np.zeros((1, 1), np.uint8)) + bytes(MAX_PICTURE_BYTES)
    with pytest.raises(schema.SchemaError, match="at most"):
        schema.check_picture(data)
