"""Records of compression: what comes back, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from support.records import drift_records, fidelity_records, kernel_records, kernels_records

from tfexplain.wire import schema
from tfexplain.wire.container import pack
from tfexplain.wire.records.compressed import ROW_KEYS


@given(kernels_records())
def test_kernels_round_trip(record: schema.Kernels) -> None:
    decoded = schema.Kernels.decode(record.encode())
    assert list(decoded.rows) == list(record.rows)
    assert decoded.metrics == record.metrics
    np.testing.assert_array_equal(decoded.values, record.values)
    assert decoded.totals == record.totals
    assert decoded.denominators == record.denominators
    assert (decoded.moment, decoded.weights) == (record.moment, record.weights)


def test_a_total_that_is_not_known_is_left_out() -> None:
    totals = {"student": {"sparsity": 0.5, "sqnr": 30.0}, "teacher": {"sparsity": 0.0}}
    said = {"student": "10 weights", "teacher": "20 weights"}
    record = schema.Kernels([], [], np.zeros((0, 0)), totals, said)
    assert schema.Kernels.decode(record.encode()).totals == totals


@given(kernel_records())
def test_a_kernel_round_trips(record: schema.Kernel) -> None:
    decoded = schema.Kernel.decode(record.encode())
    for name in ("counts", "pruned", "dead"):
        np.testing.assert_array_equal(getattr(decoded, name), getattr(record, name))
    for name in ("low", "high", "zeros", "nonfinite"):
        assert getattr(decoded, name) == getattr(record, name)
    assert decoded.pruned.dtype == decoded.dead.dtype == bool


@given(drift_records())
def test_drift_round_trips(record: schema.Drift) -> None:
    decoded = schema.Drift.decode(record.encode())
    np.testing.assert_array_equal(decoded.values, record.values)
    np.testing.assert_array_equal(decoded.agrees, record.agrees)
    assert list(decoded.measures) == list(record.measures)
    assert (decoded.reference, decoded.role) == (record.reference, record.role)
    assert decoded.reference_step == record.reference_step


@pytest.mark.parametrize(
    ("reference", "step"),
    [("epoch 0", 0), ("epoch 12, the best so far by loss", 12), ("model m", None), ("dense", None)],
)
def test_drift_of_older_logs_names_its_epoch_in_words(reference: str, step: int | None) -> None:
    header = {**DRIFT, "version": "1.1", "reference": reference}
    decoded = schema.Drift.decode(pack("drift", DRIFT_ARRAYS, header))
    assert (decoded.reference, decoded.reference_step) == (reference, step)


@given(fidelity_records())
def test_fidelity_round_trips(record: schema.Fidelity) -> None:
    decoded = schema.Fidelity.decode(record.encode())
    np.testing.assert_equal(decoded.numbers, record.numbers)
    np.testing.assert_array_equal(decoded.flips, record.flips)
    np.testing.assert_array_equal(decoded.counts, record.counts)
    assert (decoded.reference, decoded.role) == (record.reference, record.role)


KERNELS = {
    "rows": "[" + str(["x"] * len(ROW_KEYS)).replace("'", '"') + "]",
    "metrics": '["sparsity"]',
    "total_metrics": '["sparsity"]',
    "parts": '[""]',
    "denominators": '["9 weights"]',
    "moment": "epoch",
}
KERNELS_ARRAYS = {"values": np.zeros((1, 1)), "totals": np.zeros((1, 1))}
KERNEL = {"low": "-1.0", "high": "1.0", "zeros": "3", "nonfinite": "0"}
KERNEL_ARRAYS = {
    "counts": np.zeros(4, np.int64),
    "pruned": np.zeros(2, np.uint8),
    "dead": np.zeros(0, np.uint8),
}
DRIFT = {"measures": '["pearson"]', "reference": "epoch 0", "role": "model"}
DRIFT_ARRAYS = {"values": np.zeros((2, 1)), "agrees": np.zeros(2, np.uint8)}
FIDELITY = {"names": '["kl"]', "reference": "dense", "role": "control"}
FIDELITY_ARRAYS = {
    "values": np.zeros(1),
    "flips": np.zeros(2, np.int64),
    "counts": np.ones(2, np.int64),
}
GOOD = {
    "kernels": (KERNELS_ARRAYS, KERNELS),
    "kernel": (KERNEL_ARRAYS, KERNEL),
    "drift": (DRIFT_ARRAYS, DRIFT),
    "fidelity": (FIDELITY_ARRAYS, FIDELITY),
}


@pytest.mark.parametrize("kind", GOOD)
def test_what_the_next_test_breaks_is_sound(kind: schema.Kind) -> None:
    assert schema.decode(kind, pack(kind, *GOOD[kind])).kind == kind


@pytest.mark.parametrize(
    ("kind", "arrays", "header", "message"),
    [
        ("kernels", {"values": np.zeros((2, 1))}, {}, "a value for each row and metric"),
        ("kernels", {"totals": np.zeros((1, 2))}, {}, "a total for each part and metric"),
        ("kernels", {}, {"rows": '[["x"]]'}, "rows of nine texts"),
        ("kernels", {}, {"denominators": "[]"}, "a denominator for each part"),
        ("kernels", {}, {"moment": "start"}, "moment epoch or end"),
        ("kernels", {}, {"weights": "-1"}, "weights as a step >= 0"),
        ("kernel", {"counts": np.array([-1])}, {}, "counts >= 0"),
        ("kernel", {}, {"low": "2.0"}, "low <= high"),
        ("kernel", {}, {"high": "inf"}, "low <= high"),
        ("kernel", {}, {"zeros": "-1"}, "zeros as a count"),
        ("kernel", {}, {"nonfinite": "0.5"}, "nonfinite as a count"),
        ("drift", {"agrees": np.zeros(3, np.uint8)}, {}, "a value per sample and measure"),
        ("drift", {}, {"role": "guess"}, "role model or control"),
        ("drift", {}, {"reference_step": "-1"}, "reference_step as a step >= 0"),
        ("drift", {}, {"reference_step": "0.5"}, "reference_step as a step >= 0"),
        ("fidelity", {"flips": np.array([0, 2])}, {}, "flips within counts"),
        ("fidelity", {"counts": np.ones(3, np.int64)}, {}, "of one length"),
        ("fidelity", {}, {"names": '["a", "b"]'}, "one value for each name"),
    ],
)
def test_a_malformed_record_says_what_is_wrong(
    kind: schema.Kind, arrays: dict[str, np.ndarray], header: dict[str, str], message: str
) -> None:
    good_arrays, good_header = GOOD[kind]
    with pytest.raises(schema.SchemaError, match=message):
        schema.decode(kind, pack(kind, {**good_arrays, **arrays}, {**good_header, **header}))
