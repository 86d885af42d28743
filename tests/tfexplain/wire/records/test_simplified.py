"""Records of simple models: what is written is read, what contradicts itself is refused."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from support.golden_records import RECORDS, SIMPLE

from tfexplain.wire import schema


@pytest.mark.parametrize("name", ["simple", "simple-of-values"])
def test_what_was_written_is_read(name: str) -> None:
    read = schema.SimpleModels.decode(RECORDS[name].encode())
    for field in fields(schema.SimpleModels):
        np.testing.assert_array_equal(getattr(read, field.name), getattr(RECORDS[name], field.name))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"fidelity": np.zeros((3, 3))}, "an estimate for each simple model"),
        ({"on_labels": np.zeros((3, 2))}, "an estimate for each model"),
        ({"whose": []}, "a coefficient for each class and feature"),
        ({"classes": np.array([1, 2])}, "a name for each class"),
        ({"total": 1}, "counts of features and rows"),
        ({"answers": ["yes"]}, "an entry for each node"),
        ({"asks": np.array([2, -1, 0, -1, -1])}, "features that have a name"),
        ({"right": np.array([0, -1, 4, -1, -1])}, "children behind their parents"),
        ({"right": np.array([1, -1, 4, -1, -1])}, "children behind their parents"),
        ({"left": np.array([1, -1, 9, -1, -1])}, "children behind their parents"),
        ({"rules": []}, "a rule for each leaf"),
        ({"passed": np.array([-1, 0, 0, 0, 0])}, "counts of rows"),
    ],
)
def test_what_contradicts_itself_is_refused(changed: dict[str, Any], expected: str) -> None:
    with pytest.raises(schema.SchemaError, match=expected):
        schema.SimpleModels.decode(replace(SIMPLE, **changed).encode())
