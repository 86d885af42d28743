"""Records of attention: what comes back, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from support.records import matrix_records

from tfexplain.wire import schema
from tfexplain.wire.container import pack


@given(matrix_records())
def test_a_matrix_keeps_its_values_to_float16_of_one_scale(record: schema.Matrix) -> None:
    decoded = schema.Matrix.decode(record.encode())
    finite = np.isfinite(record.values)
    np.testing.assert_array_equal(decoded.values[~finite], record.values[~finite])
    scale = np.abs(record.values[finite].astype("f8")).max(initial=0.0)
    error = np.abs(decoded.values[finite].astype("f8") - record.values[finite])
    assert np.all(error <= scale * 2.0**-11 + 1.5e-45)
    np.testing.assert_array_equal(decoded.attention_heads, record.attention_heads)


def test_heads_can_be_compared() -> None:
    """One scale: a head that attends half as much is stored as half as much."""
    values = np.array([[[1.0, 0.5]], [[0.5, 0.25]]], np.float32)
    np.testing.assert_array_equal(
        schema.Matrix.decode(schema.Matrix(values, np.arange(2)).encode()).values, values
    )


HALVES = np.zeros((2, 3, 4), np.float16)
HEADS = np.arange(2, dtype=np.int32)


@pytest.mark.parametrize(
    ("arrays", "scale", "message"),
    [
        ({"values": HALVES}, "1.0", "no array 'attention_heads'"),
        ({"values": HALVES, "attention_heads": HEADS[:1]}, "1.0", "one number for each head"),
        ({"values": HALVES[0], "attention_heads": HEADS}, "1.0", "F16 of rank 3"),
        ({"values": HALVES, "attention_heads": HEADS}, "inf", "finite scale"),
        ({"values": HALVES, "attention_heads": HEADS}, "", "expected a number"),
    ],
)
def test_a_malformed_matrix_says_what_is_wrong(
    arrays: dict[str, np.ndarray[Any, Any]], scale: str, message: str
) -> None:
    with pytest.raises(schema.SchemaError, match=message):
        schema.Matrix.decode(pack("matrix", arrays, {"scale": scale}))
