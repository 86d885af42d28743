"""Curves of trust come back as they went in, within float16, and nothing else passes for them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from support.records import trust_records

from tfexplain.wire import schema
from tfexplain.wire.container import pack, unpack


@given(trust_records())
def test_curves_round_trip(record: schema.Trust) -> None:
    found = schema.Trust.decode(record.encode())
    assert len(found.curves) == len(record.curves)
    for own, sent in zip(found.curves, record.curves, strict=True):
        assert (own.metric, own.order) == (sent.metric, sent.order)
        np.testing.assert_array_equal(own.shares, sent.shares)
        finite = np.isfinite(sent.values)
        largest = np.abs(sent.values[finite]).max(initial=0)
        off = np.abs(own.values[finite].astype(float) - sent.values[finite])
        assert (off <= largest * 2.0**-11).all()
        np.testing.assert_array_equal(own.values[~finite], sent.values[~finite])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"curve_shares": np.array([[0.5, 0.0]])}, "shares that rise"),
        ({"curve_shares": np.array([[np.nan, 0.0]])}, "shares without gaps"),
        ({"curve_scales": np.array([np.inf], np.float32)}, "finite scales"),
        ({"curves": np.zeros((1, 2, 2), np.float16)}, "a point of each sample"),
        ({"curve_scales": np.zeros(0, np.float32)}, "a name for each curve"),
    ],
)
def test_what_is_no_curve_is_refused(change: dict[str, np.ndarray], why: str) -> None:
    curve = schema.TrustCurve("Deletion", "map", np.array([0.0, 1.0]), np.ones((1, 2), np.float32))
    numbers = np.ones((1, 1))
    encoded = schema.Trust(
        *(numbers, numbers, ["Deletion"], ["score"], ["lower"]), curves=[curve]
    ).encode()
    raw = unpack(encoded, "trust")
    arrays = {name: raw.array(name, dtype, len(s)) for name, (dtype, s, _) in raw.arrays.items()}
    header = {k: v for k, v in raw.header.items() if k not in ("version", "kind")}
    with pytest.raises(schema.SchemaError, match=why):
        schema.Trust.decode(pack("trust", arrays | change, header))
