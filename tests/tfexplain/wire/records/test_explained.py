"""Records of `Explain`: what comes back, and what is refused."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.records import (
    channel_records,
    floats64,
    map_records,
    names,
    prediction_records,
    sample_records,
    statuses,
)

from tfexplain.wire import schema
from tfexplain.wire.container import pack

HALF = 2.0**-11
TINY = 2.0**-25


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
    for name in ("score", "target", "gap", "error", "passes"):
        np.testing.assert_equal(getattr(decoded, name), getattr(record, name))
    assert (decoded.other is None) == (record.other is None)
    if decoded.other and record.other:
        values = np.asarray(record.other.values)
        assert_within_half_of_scale(decoded.other.values, values, largest(values))
        for name in ("score", "target"):
            np.testing.assert_equal(getattr(decoded.other, name), getattr(record.other, name))


def test_the_map_of_a_second_class_has_its_own_scale_and_no_room_where_there_is_none() -> None:
    values = np.ones((8, 8), np.float32)
    other = schema.OtherClass(values * 1e-20, -1.5, 8)
    one, two = schema.Map(values, 2.5, 3), schema.Map(values, 2.5, 3, other=other)
    decoded = schema.Map.decode(two.encode())
    assert decoded.other is not None
    np.testing.assert_allclose(decoded.other.values, other.values, rtol=HALF)
    assert b"other" not in one.encode()
    assert 2 * 64 <= len(two.encode()) - len(one.encode()) < 2 * 64 + 256


@pytest.mark.parametrize(
    ("array", "header", "expected"),
    [
        (np.zeros((9, 9), np.float16), {}, "maps of both classes of one shape"),
        (np.zeros(4, np.float16), {}, "of rank 2"),
        (np.zeros((2, 2), np.float32), {}, "expected F16"),
        (np.zeros((2, 2), np.float16), {"other_scale": "-1"}, "a finite scale"),
        (np.zeros((2, 2), np.float16), {"other_target": "1.5"}, "other_target as a 32-bit integer"),
        (np.zeros((2, 2), np.float16), {"other_score": "x"}, "other_score: expected a number"),
    ],
)
def test_a_second_map_that_does_not_fit_is_refused(
    array: np.ndarray[Any, Any], header: dict[str, str], expected: str
) -> None:
    good = {"other_scale": "1.0", "other_score": "0.5", "other_target": "2"}
    data = pack("map", {"values": HALVES, "other": array}, GOOD_MAP | good | header)
    for read in (schema.Map.decode, schema.Map.check):
        with pytest.raises(schema.SchemaError, match=expected):
            read(data)


def test_a_map_of_an_older_log_has_no_error_and_no_passes() -> None:
    decoded = schema.Map.decode(pack("map", {"values": HALVES}, GOOD_MAP))
    assert (decoded.error, decoded.passes, decoded.other) == (None, None, None)


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
    assert (decoded.shares is None) == (record.shares is None)
    if record.shares is not None and decoded.shares is not None:
        assert_within_half_of_scale(decoded.shares, record.shares, largest(record.shares))


@given(sample_records())
def test_samples_round_trip(record: schema.Samples) -> None:
    decoded = schema.Samples.decode(record.encode())
    np.testing.assert_array_equal(decoded.labels, record.labels)
    np.testing.assert_array_equal(decoded.rows, record.rows)
    assert decoded.label_kind == record.label_kind
    assert list(decoded.class_names) == list(record.class_names)
    assert decoded.settings == record.settings
    assert decoded.layers == record.layers
    for mine, theirs in (
        (decoded.hashes, record.hashes),
        (decoded.label_sets, record.label_sets),
    ):
        assert (mine is None) == (theirs is None)
        np.testing.assert_array_equal(mine, theirs)


def test_samples_with_hashes_or_sets_of_other_rows_are_refused() -> None:
    rows = np.zeros(2)
    for wrong in ({"hashes": np.zeros(3)}, {"label_sets": np.zeros((1, 2))}):
        record = schema.Samples(rows, rows, "class", **wrong)
        with pytest.raises(schema.SchemaError, match="one entry a sample"):
            schema.Samples.decode(record.encode())


def test_samples_of_older_logs_name_layers_in_settings() -> None:
    arrays = {"labels": np.zeros(1), "rows": np.zeros(1, np.int64)}
    header = {"label_kind": "class", "class_names": "[]", "settings": '{"IG": "at a, b"}'}
    decoded = schema.Samples.decode(pack("samples", arrays, {**header, "version": "1.1"}))
    assert (decoded.layers, decoded.settings) == ({"IG": ["a", "b"]}, {"IG": "at a, b"})
    for wrong in ("[]", '{"IG": "a"}', '{"IG": [1]}'):
        with pytest.raises(schema.SchemaError, match="layers"):
            schema.Samples.decode(pack("samples", arrays, {**header, "layers": wrong}))


@given(prediction_records())
def test_predictions_round_trip(record: schema.Predictions) -> None:
    decoded = schema.Predictions.decode(record.encode())
    np.testing.assert_array_equal(decoded.outputs, record.outputs)
    np.testing.assert_array_equal(decoded.predicted, record.predicted)
    assert decoded.explained == record.explained
    assert decoded.activation == record.activation
    assert (decoded.moment, decoded.weights) == (record.moment, record.weights)


def test_older_logs_list_the_explained_steps() -> None:
    arrays = {
        "outputs": np.zeros((2, 3), "<f4"),
        "predicted": np.zeros(2, "<i4"),
        "explained": np.array([0, 4, 9], "<i4"),
    }
    record = schema.Predictions.decode(pack("predictions", arrays, {"activation": "none"}))
    assert record.explained == 3


def test_predictions_do_not_grow_with_the_epochs() -> None:
    sizes = [
        len(schema.Predictions(np.zeros((2, 3)), np.zeros(2), n, "none").encode())
        for n in (1, 10_000)
    ]
    assert sizes[1] < sizes[0] + 16


@given(st.dictionaries(names, floats64))
def test_metrics_round_trip(values: dict[str, float]) -> None:
    np.testing.assert_equal(schema.Metrics.decode(schema.Metrics(values).encode()).values, values)


@given(statuses)
def test_status_round_trips(record: schema.Status) -> None:
    decoded = schema.Status.decode(record.encode())
    np.testing.assert_equal(decoded.seconds, record.seconds)
    assert decoded.problems == record.problems
    assert decoded.cost == record.cost


COST = {"training": 2.0, "explaining": 1, "setup": 0, "epochs": 3, "explained": 1, "budget": None}


def status(**cost: object) -> bytes:
    header = {"explainers": "[]", "problems": "[]", "cost": json.dumps({**COST, **cost})}
    return pack("status", {"seconds": np.zeros(0)}, header)


def test_status_of_a_log_without_cost() -> None:
    assert schema.Status.decode(status()).cost == schema.Cost(2.0, 1, 0, 3, 1)
    header = {"explainers": "[]", "problems": "[]"}
    old = schema.Status.decode(pack("status", {"seconds": np.zeros(0)}, header))
    assert old.cost is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"training": -1},
        {"training": math.nan},
        {"training": 1e300},
        {"setup": None},
        {"epochs": 1.5},
        {"explained": True},
        {"budget": 0},
        {"budget": 2},
        {"budget": "5%"},
        {"more": 1},
    ],
)
def test_a_cost_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(schema.SchemaError, match=r"cost|budget"):
        schema.Status.decode(status(**wrong))


GOOD_MAP = {"scale": "1.0", "score": "0.5", "target": "3", "gap": ""}
HALVES = np.zeros((2, 2), np.float16)


@pytest.mark.parametrize(
    ("arrays", "header", "message"),
    [
        ({}, GOOD_MAP, "no array 'values'"),
        (
            {"values": HALVES.astype(np.float32)},
            GOOD_MAP,
            "expected F16 of rank 1 or 2 or 3; got F32",
        ),
        ({"values": np.zeros((1, 1, 2, 2), np.float16)}, GOOD_MAP, r"of shape \[1, 1, 2, 2\]"),
        ({"values": HALVES}, {**GOOD_MAP, "scale": "inf"}, "finite scale"),
        ({"values": HALVES}, {**GOOD_MAP, "scale": "nan"}, "finite scale"),
        ({"values": HALVES}, {**GOOD_MAP, "scale": "-1"}, "finite scale"),
        ({"values": HALVES}, {**GOOD_MAP, "scale": "1e39"}, "finite scale"),
        ({"values": HALVES}, {**GOOD_MAP, "scale": "one"}, "scale: expected a number"),
        ({"values": HALVES}, {**GOOD_MAP, "target": "1.5"}, "target as a 32-bit integer"),
        ({"values": HALVES}, {**GOOD_MAP, "target": "1e300"}, "target as a 32-bit integer"),
        ({"values": HALVES}, {**GOOD_MAP, "error": "-0.5"}, "an error >= 0"),
        ({"values": HALVES}, {**GOOD_MAP, "error": ""}, "error: expected a number"),
        ({"values": HALVES}, {**GOOD_MAP, "passes": "-1"}, "passes >= 0"),
        ({"values": HALVES}, {**GOOD_MAP, "passes": "1.5"}, "passes as a 32-bit integer"),
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


@pytest.mark.parametrize(
    ("shares", "header", "message"),
    [
        (np.zeros(3, np.float16), {"shares_scale": "1.0"}, "a share for each channel"),
        (np.zeros(4, np.float32), {"shares_scale": "1.0"}, "expected F16 of rank 1"),
        (np.zeros((4, 1), np.float16), {"shares_scale": "1.0"}, "expected F16 of rank 1"),
        (np.zeros(4, np.float16), {"shares_scale": "-1"}, "finite scale"),
        (np.zeros(4, np.float16), {}, "shares_scale: expected a number"),
    ],
)
def test_shares_are_those_of_all_channels(
    shares: Any, header: dict[str, str], message: str
) -> None:
    arrays = {
        "values": np.zeros((1, 2, 2), np.float16),
        "scales": np.ones(1, np.float32),
        "channels": np.array([3], np.int32),
        "dead": np.zeros(1, np.uint8),
        "shares": shares,
    }
    with pytest.raises(schema.SchemaError, match=message):
        schema.Channels.decode(pack("channels", arrays, header))


def test_names_must_match_their_values() -> None:
    values = {"values": np.zeros(2)}
    for names_text in ('["a"]', '["a", "a"]', '["a", 1]', "{}", "["):
        with pytest.raises(schema.SchemaError):
            schema.Metrics.decode(pack("metrics", values, {"names": names_text}))
