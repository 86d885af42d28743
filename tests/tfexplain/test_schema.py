from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support.logs import png

from tfexplain import schema
from tfexplain.container import pack

HALF = 2.0**-11
TINY = 2.0**-25

floats32 = st.floats(width=32, allow_nan=True, allow_infinity=True)
floats64 = st.floats(allow_nan=True, allow_infinity=True)
names = st.text(max_size=20)
int32 = st.integers(-(2**31) + 1, 2**31 - 1)
layer_names = st.text(
    st.characters(exclude_categories=["C", "Z"]) | st.sampled_from("/ ._-"), min_size=1, max_size=40
).filter(str.isprintable)


def maps(ranks: tuple[int, int] = (1, 2)) -> st.SearchStrategy[np.ndarray[Any, Any]]:
    low, high = ranks
    shapes = hnp.array_shapes(min_dims=low, max_dims=high, min_side=1, max_side=6)
    return hnp.arrays(np.float32, shapes, elements=floats32)


@st.composite
def map_records(draw: st.DrawFn) -> schema.Map:
    gap = draw(st.none() | floats64)
    return schema.Map(draw(maps()), draw(floats64), draw(int32), gap)


@st.composite
def channel_records(draw: st.DrawFn) -> schema.Channels:
    values = draw(maps((3, 3)))
    count = len(values)
    channels = draw(st.lists(int32, min_size=count, max_size=count))
    dead = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    return schema.Channels(values, np.array(channels), np.array(dead))


@st.composite
def sample_records(draw: st.DrawFn) -> schema.Samples:
    rows = draw(st.lists(st.integers(0, 2**62), max_size=5))
    labels = draw(st.lists(floats64, min_size=len(rows), max_size=len(rows)))
    return schema.Samples(
        np.array(labels, np.float64),
        np.array(rows, np.int64),
        draw(st.sampled_from(["class", "value", "none"])),
        draw(st.lists(names, max_size=4)),
        draw(st.dictionaries(names, names, max_size=4)),
    )


@st.composite
def prediction_records(draw: st.DrawFn) -> schema.Predictions:
    outputs = draw(maps((2, 2)))
    predicted = draw(hnp.arrays(np.int32, len(outputs)))
    explained = draw(hnp.arrays(np.int32, st.integers(0, 5)))
    activation = draw(st.sampled_from(["softmax", "sigmoid", "none"]))
    return schema.Predictions(outputs, predicted, explained, activation)


problems = st.builds(schema.Problem, names, st.integers(), names, st.integers())
records = st.one_of(
    map_records(),
    channel_records(),
    sample_records(),
    prediction_records(),
    st.builds(schema.Metrics, st.dictionaries(names, floats64, max_size=5)),
    st.builds(
        schema.Status, st.dictionaries(names, floats64, max_size=3), st.lists(problems, max_size=3)
    ),
)


def assert_within_half_of_scale(
    decoded: np.ndarray[Any, Any], values: np.ndarray[Any, Any], scale: float
) -> None:
    finite = np.isfinite(values)
    np.testing.assert_array_equal(decoded[~finite], values[~finite])
    error = np.abs(decoded[finite].astype(np.float64) - values[finite].astype(np.float64))
    # The last term is float32's own smallest step, reached by maps of subnormal numbers.
    allowed = np.abs(values[finite].astype(np.float64)) * HALF * 1.01 + scale * TINY + 1.5e-45
    assert np.all(error <= allowed)


def largest(values: np.ndarray[Any, Any]) -> float:
    finite = values[np.isfinite(values)]
    return float(np.max(np.abs(finite), initial=0.0))


# ----------------------------------------------------------------------------- round trips


@given(map_records())
@example(schema.Map(np.zeros((2, 2), np.float32), 0.0, 0))
@example(schema.Map(np.array([1e-30, -3e-31, 0, 2e-38], np.float32), 1.0, 1))
@example(schema.Map(np.array([np.nan, np.inf, -np.inf], np.float32), math.nan, 2, math.inf))
@example(schema.Map(np.array([3.4028235e38, 1e-45], np.float32), 1.0, 1))
def test_a_map_keeps_its_values_to_float16_of_its_scale(record: schema.Map) -> None:
    decoded = schema.Map.decode(record.encode())
    assert decoded.values.dtype == np.float32
    assert decoded.values.shape == record.values.shape
    assert_within_half_of_scale(decoded.values, record.values, largest(record.values))
    np.testing.assert_equal(
        (decoded.score, decoded.target, decoded.gap), (record.score, record.target, record.gap)
    )


def test_tiny_gradients_keep_their_relations() -> None:
    values = np.array([1e-30, 5e-31, -2.5e-31], np.float32)
    decoded = schema.Map.decode(schema.Map(values, 0.0, 0).encode()).values
    np.testing.assert_allclose(decoded, values, rtol=2 * HALF)


def test_a_map_of_zeros_stays_one() -> None:
    decoded = schema.Map.decode(schema.Map(np.zeros((3, 2)), 0.0, 0).encode()).values
    np.testing.assert_array_equal(decoded, np.zeros((3, 2), np.float32))


@given(channel_records())
def test_each_channel_has_a_scale_of_its_own(record: schema.Channels) -> None:
    decoded = schema.Channels.decode(record.encode())
    for mine, theirs in zip(decoded.values, record.values, strict=True):
        assert_within_half_of_scale(mine, theirs, largest(theirs))
    np.testing.assert_array_equal(decoded.channels, record.channels)
    np.testing.assert_array_equal(decoded.dead, record.dead)
    assert decoded.dead.dtype == bool


@given(sample_records())
def test_samples_round_trip(record: schema.Samples) -> None:
    decoded = schema.Samples.decode(record.encode())
    np.testing.assert_array_equal(decoded.labels, record.labels)
    np.testing.assert_array_equal(decoded.rows, record.rows)
    assert decoded.label_kind == record.label_kind
    assert list(decoded.class_names) == list(record.class_names)
    assert decoded.settings == record.settings


@given(prediction_records())
def test_predictions_round_trip(record: schema.Predictions) -> None:
    decoded = schema.Predictions.decode(record.encode())
    np.testing.assert_array_equal(decoded.outputs, record.outputs)
    np.testing.assert_array_equal(decoded.predicted, record.predicted)
    np.testing.assert_array_equal(decoded.explained, record.explained)
    assert decoded.activation == record.activation


@given(st.dictionaries(names, floats64))
def test_metrics_round_trip(values: dict[str, float]) -> None:
    np.testing.assert_equal(schema.Metrics.decode(schema.Metrics(values).encode()).values, values)


@given(st.dictionaries(names, floats64), st.lists(problems, max_size=4))
def test_status_round_trips(seconds: dict[str, float], found: list[schema.Problem]) -> None:
    decoded = schema.Status.decode(schema.Status(seconds, found).encode())
    np.testing.assert_equal(decoded.seconds, seconds)
    assert decoded.problems == found


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
    st.sampled_from(["samples", "metrics", "predictions", "status", "map", "channels"]),
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
        "names",
        "explainers",
        "problems",
        "label_kind",
        "class_names",
        "settings",
        "activation",
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
    ]
)
any_arrays = hnp.arrays(
    st.sampled_from(["f2", "f4", "f8", "i4", "i8", "u1"]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
)


@given(
    st.sampled_from(["samples", "metrics", "predictions", "status", "map", "channels"]),
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


GOOD_MAP = {"scale": "1.0", "score": "0.5", "target": "3", "gap": ""}
HALVES = np.zeros((2, 2), np.float16)


@pytest.mark.parametrize(
    ("arrays", "header", "message"),
    [
        ({}, GOOD_MAP, "no array 'values'"),
        ({"values": HALVES.astype(np.float32)}, GOOD_MAP, "expected F16 of rank 1 or 2; got F32"),
        ({"values": np.zeros((1, 2, 2), np.float16)}, GOOD_MAP, r"got F16 of shape \[1, 2, 2\]"),
        ({"values": HALVES}, {**GOOD_MAP, "scale": "inf"}, "finite scale"),
        ({"values": HALVES}, {**GOOD_MAP, "scale": "nan"}, "finite scale"),
        ({"values": HALVES}, {**GOOD_MAP, "scale": "-1"}, "finite scale"),
        ({"values": HALVES}, {**GOOD_MAP, "scale": "1e39"}, "finite scale"),
        ({"values": HALVES}, {**GOOD_MAP, "scale": "one"}, "scale: expected a number"),
        ({"values": HALVES}, {**GOOD_MAP, "target": "1.5"}, "target as a 32-bit integer"),
        ({"values": HALVES}, {**GOOD_MAP, "target": "1e300"}, "target as a 32-bit integer"),
        ({"values": HALVES}, {"scale": "1"}, "the header lacks"),
    ],
)
def test_a_malformed_map_says_what_is_wrong(
    arrays: dict[str, np.ndarray[Any, Any]], header: dict[str, str], message: str
) -> None:
    with pytest.raises(schema.SchemaError, match=message):
        schema.Map.decode(pack("map", arrays, header))


@pytest.mark.parametrize("scale", [np.nan, np.inf, -1.0])
def test_channels_need_finite_scales(scale: float) -> None:
    arrays = {
        "values": np.zeros((1, 2, 2), np.float16),
        "scales": np.array([scale], np.float32),
        "channels": np.zeros(1, np.int32),
        "dead": np.zeros(1, np.uint8),
    }
    with pytest.raises(schema.SchemaError, match="finite scales"):
        schema.Channels.decode(pack("channels", arrays, {}))


def test_names_must_match_their_values() -> None:
    values = {"values": np.zeros(2)}
    for names_text in ('["a"]', '["a", "a"]', '["a", 1]', "{}", "["):
        with pytest.raises(schema.SchemaError):
            schema.Metrics.decode(pack("metrics", values, {"names": names_text}))


# -------------------------------------------------------------------------------------- tags


@given(st.sampled_from(["map", "channels"]), layer_names, st.integers(0, 1_000_000))
def test_a_tag_survives_its_text(kind: schema.Kind, layer: str, sample: int) -> None:
    tag = schema.Tag(kind, "GradCAM(a=1.5)", layer, sample)
    assert schema.Tag.parse(str(tag)) == tag
    assert str(tag) == f"{tag.group}/{sample}"


@given(layer_names)
def test_an_input_tag_survives_its_text(name: str) -> None:
    tag = schema.Tag("inputs", layer=name)
    assert schema.Tag.parse(str(tag)) == tag


@pytest.mark.parametrize("kind", ["samples", "metrics", "predictions", "status"])
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
        "metrics/0",
        "loss",
    ],
)
def test_other_tags_are_refused(text: str) -> None:
    with pytest.raises(schema.SchemaError):
        schema.Tag.parse(text)


# ----------------------------------------------------------------------------------- content


@given(
    st.sampled_from(["samples", "metrics", "predictions", "status", "map", "channels", "inputs"]),
    names,
    st.booleans(),
    st.lists(st.integers(0, 2**31), max_size=4),
    names,
    st.integers(0, 2**31),
    st.dictionaries(names, names, max_size=4),
)
def test_content_round_trips(
    kind: schema.Kind,
    unit: str,
    signed: bool,
    shape: list[int],
    over: str,
    channels: int,
    settings: dict[str, str],
) -> None:
    content = schema.Content(kind, unit, signed, tuple(shape), over, channels, settings)
    assert schema.Content.decode(content.encode()) == content


@given(
    st.dictionaries(
        st.sampled_from(
            ["version", "kind", "unit", "signed", "shape", "input", "channels", "settings"]
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
    ],
)
def test_content_fields_have_types(field: str, value: object) -> None:
    good = {"version": "1.0", "kind": "map"}
    schema.Content.decode(json.dumps(good).encode())
    with pytest.raises(schema.SchemaError, match="wrong type"):
        schema.Content.decode(json.dumps({**good, field: value}).encode())


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
    data = png(np.zeros((1, 1), np.uint8)) + bytes(schema.MAX_PICTURE_BYTES)
    with pytest.raises(schema.SchemaError, match="at most"):
        schema.check_picture(data)
