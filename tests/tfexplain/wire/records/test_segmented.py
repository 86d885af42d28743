"""Records of pixels and of partial dependence: what contradicts itself is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.golden_records import RECORDS

from tfexplain.wire import schema

COUNTS = np.ones((2, 2), int)


@pytest.mark.parametrize(
    ("name", "changed", "expected"),
    [
        ("pixels", {"hits": np.ones((1, 2))}, "counts of one shape"),
        ("pixels", {"misses": -COUNTS}, "counts >= 0"),
        (
            "pixels",
            {name: np.ones((1, 257)) for name in ("hits", "false_alarms", "misses")},
            "1 to 256 classes",
        ),
        ("pixels", {"confusion": np.zeros((3, 3))}, "a confusion of all classes"),
        ("pixels", {"confusion": np.full((2, 2), np.nan)}, "a confusion of counts"),
        ("dependence", {"names": ["age"]}, "an entry for each feature"),
        ("dependence", {"names": [""] * 65}, "1 to 64 features"),
        ("dependence", {"counts": np.zeros((2, 2))}, "a count for each value"),
        ("dependence", {"counts": np.full((2, 3), -1)}, "counts >= 0"),
        ("dependence", {"low": np.zeros((2, 1, 3))}, "a curve for each feature and output"),
        ("dependence", {"outputs": np.zeros(0)}, "at least one output"),
        ("dependence", {"single": np.zeros((2, 2, 3))}, "a curve for each row"),
        ("dependence", {"single_outputs": np.zeros(2)}, "an output for each row"),
        ("dependence", {"averaged": -1}, "averaged >= 0"),
    ],
)
def test_what_contradicts_itself_is_refused(
    name: str, changed: dict[str, Any], expected: str
) -> None:
    record: Any = RECORDS[name]
    with pytest.raises(schema.SchemaError, match=expected):
        schema.decode(record.kind, replace(record, **changed).encode())
