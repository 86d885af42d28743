"""Records of robustness: what is written is read, what contradicts itself is refused."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from support.golden_records import ROBUSTNESS

from tfexplain.wire import schema


def test_what_was_written_is_read() -> None:
    read = schema.Robustness.decode(ROBUSTNESS.encode())
    for field in fields(schema.Robustness):
        np.testing.assert_array_equal(getattr(read, field.name), getattr(ROBUSTNESS, field.name))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"right": np.array([1, 0])}, "one entry a row"),
        ({"right": np.array([2, 0, 1])}, "right 0 or 1"),
        ({"steps": np.array([-1.0, 0, 0])}, "steps >= 0"),
        ({"steps": np.array([np.nan, 0, 0])}, "steps >= 0"),
        ({"low": np.zeros(2)}, "one entry a step"),
        ({"grid": np.array([0.0, 2.0, 1.0])}, "a grid that rises from 0"),
        ({"grid": np.array([0.1, 0.2, 1.0])}, "a grid that rises from 0"),
        ({"grid": np.array([0.0, 0.2, np.inf])}, "a grid that rises from 0"),
        (dict.fromkeys(("grid", "accuracy", "low", "high"), np.zeros(0)), "1 to 256 steps"),
    ],
)
def test_what_contradicts_itself_is_refused(changed: dict[str, Any], expected: str) -> None:
    with pytest.raises(schema.SchemaError, match=expected):
        schema.Robustness.decode(replace(ROBUSTNESS, **changed).encode())
