"""The curves in a record of structure: what is written is read, what cannot be is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tfexplain.wire import schema

ROWS = [{"name": "x", "kind": "input"}, {"name": "act", "kind": "call", "activation": "relu"}]
CURVES = schema.Curves(np.array([-1, 0]), np.array([[0, 0, 0.5]], np.float32), -0.5, 0.5)
PLAIN = schema.Structure(
    *(ROWS, np.array([-1, -1]), np.array([[0, 1]]), np.zeros((2, 2)), {"loss": "mse"})
)


def test_curves_are_read_as_they_were_written() -> None:
    read = schema.Structure.decode(replace(PLAIN, curves=CURVES).encode()).curves
    assert read.numbers.tolist() == [-1, 0]
    assert np.array_equal(read.values, CURVES.values)
    assert (read.low, read.high) == (-0.5, 0.5)


def test_a_record_without_curves_has_none() -> None:
    data = PLAIN.encode()
    assert b"curve" not in data
    assert len(schema.Structure.decode(data).curves.values) == 0


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"numbers": np.array([0])}, "the number of a curve for each row"),
        ({"numbers": np.array([0, 1])}, "numbers of curves"),
        ({"numbers": np.array([0, -2])}, "numbers of curves"),
        ({"values": np.zeros((1, 1))}, "curves of two points or more"),
        ({"low": 1.0}, "a range of curves"),
        ({"high": np.inf}, "a range of curves"),
        ({"low": np.nan}, "a range of curves"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changed: dict[str, Any], expected: str) -> None:
    data = replace(PLAIN, curves=replace(CURVES, **changed)).encode()
    with pytest.raises(schema.SchemaError, match=expected):
        schema.Structure.decode(data)
