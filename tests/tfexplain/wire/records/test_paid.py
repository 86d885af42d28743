"""Records of who pays: what is written is read, what contradicts itself is refused."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from support.golden_records import EXEMPLARS, OVERLAPS, PAYERS

from tfexplain.wire import schema


@pytest.mark.parametrize("record", [PAYERS, EXEMPLARS, OVERLAPS], ids=lambda record: record.kind)
def test_what_was_written_is_read(record: Any) -> None:
    read = type(record).decode(record.encode())
    for field in fields(record):
        np.testing.assert_array_equal(getattr(read, field.name), getattr(record, field.name))


@pytest.mark.parametrize(
    ("record", "changed", "expected"),
    [
        (PAYERS, {"names": []}, "classes and groups"),
        (PAYERS, {"by_group": np.zeros(1)}, "a name for each part"),
        (PAYERS, {"measures": ["agreement"] * 2}, "each measure only once"),
        (PAYERS, {"bands": np.zeros((2, 1, 2))}, "numbers a part and measure"),
        (PAYERS, {"counts": np.full((2, 2), -1)}, "counts of rows"),
        (EXEMPLARS, {"labels": ["cat"]}, "a name for each row"),
        (EXEMPLARS, {"samples": np.zeros(1)}, "a sample for each row"),
        (EXEMPLARS, {"shares": np.zeros((2, 1))}, "two shares"),
        (EXEMPLARS, {"rows": np.array([-1, 0])}, "numbers of rows"),
        (EXEMPLARS, {"total": 1}, "counts of samples"),
        (OVERLAPS, {"others": []}, "counts a model and kernel"),
        (OVERLAPS, {"counts": np.full((1, 2, 4), [2, 1, 1, 2])}, "no more weights"),
    ],
)
def test_what_contradicts_itself_is_refused(
    record: Any, changed: dict[str, Any], expected: str
) -> None:
    with pytest.raises(schema.SchemaError, match=expected):
        type(record).decode(replace(record, **changed).encode())
