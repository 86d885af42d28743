"""Records of quantized activations: what is written is read, what contradicts itself refused."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from support.golden_records import ACTIVATIONS

from tfexplain.wire import schema


def test_what_was_written_is_read() -> None:
    read = schema.Activations.decode(ACTIVATIONS.encode())
    for field in fields(ACTIVATIONS):
        np.testing.assert_array_equal(getattr(read, field.name), getattr(ACTIVATIONS, field.name))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"layers": [], "values": np.zeros((0, 9))}, "layers"),
        ({"layers": ["a", "a"]}, "each layer only once"),
        ({"layers": ["a"]}, "nine numbers"),
        ({"values": np.zeros((2, 8))}, "nine numbers"),
        ({"rows": 0}, "rows above 0"),
    ],
)
def test_what_contradicts_itself_is_refused(changed: dict[str, Any], expected: str) -> None:
    with pytest.raises(schema.SchemaError, match=expected):
        schema.Activations.decode(replace(ACTIVATIONS, **changed).encode())
