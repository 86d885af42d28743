"""Records of sensitivity: what is written is read, what contradicts itself is refused."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from support.golden_records import CHANGED, PLAN, SENSITIVITY

from tfexplain.wire import schema


@pytest.mark.parametrize("record", [SENSITIVITY, PLAN, CHANGED], ids=lambda record: record.kind)
def test_what_was_written_is_read(record: Any) -> None:
    read = type(record).decode(record.encode())
    for field in fields(record):
        np.testing.assert_equal(getattr(read, field.name), getattr(record, field.name))


@pytest.mark.parametrize(
    ("record", "changed", "expected"),
    [
        (SENSITIVITY, {"layers": []}, "kernels with settings"),
        (SENSITIVITY, {"map_layers": []}, "a layer for each explainer"),
        (SENSITIVITY, {"values": np.zeros((2, 2, 1))}, "values of shape"),
        (SENSITIVITY, {"stored": np.zeros((2, 1))}, "stored of shape"),
        (SENSITIVITY, {"controls": []}, "control_values of shape"),
        (SENSITIVITY, {"runtimes": ["x"] * 9}, "at most 8 runtimes"),
        (SENSITIVITY, {"samples": 41}, "as many rows as samples"),
        (PLAN, {"sizes": np.zeros(0)}, "points"),
        (PLAN, {"joint": np.zeros((3, 1))}, "a value a point and measure"),
        (PLAN, {"layer": np.array([-1, 2, 0])}, "layer as indices of layers"),
        (PLAN, {"setting": np.array([0, 0, 0])}, "setting as indices of settings"),
        (PLAN, {"codes": []}, "code for each point"),
        (CHANGED, {"settings": ["8bit"]}, "maps for each setting"),
    ],
)
def test_what_contradicts_itself_is_refused(
    record: Any, changed: dict[str, Any], expected: str
) -> None:
    with pytest.raises(schema.SchemaError, match=expected):
        type(record).decode(replace(record, **changed).encode())
