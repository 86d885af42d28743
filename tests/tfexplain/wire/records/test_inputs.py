"""Records of inputs that are no pictures: what comes back, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from support.records import value_records

from tfexplain.wire import schema
from tfexplain.wire.container import long_text, pack


@given(value_records())
def test_values_round_trip(record: schema.Values) -> None:
    decoded = schema.Values.decode(record.encode())
    np.testing.assert_array_equal(decoded.values, record.values)
    assert decoded.layout == record.layout
    assert list(decoded.names) == list(record.names)
    assert list(decoded.words) == list(record.words)


def test_long_words_are_cut() -> None:
    """Whatever a `decode=` returns, the log can be read."""
    decoded = schema.Values.decode(
        schema.Values(np.zeros((1, 1)), "tokens", (), ["x" * 300]).encode()
    )
    assert decoded.words == ["x" * 256]


def test_a_book_has_room() -> None:
    """Headers are short; words are not in them."""
    words = ["antidisestablishmentarianism"] * 50_000
    record = schema.Values(np.zeros((1, 50_000)), "tokens", (), words)
    assert schema.Values.decode(record.encode()).words == words


TABLE = np.zeros((2, 3), np.float32)
NONE = long_text([])


@pytest.mark.parametrize(
    ("arrays", "layout", "message"),
    [
        ({"values": TABLE}, "plane", "a layout of"),
        ({"values": TABLE}, "line", "expected F32 of rank 3"),
        ({"values": TABLE.astype("f8")}, "features", "expected F32"),
        ({"values": TABLE, "names": long_text(["a", "b"])}, "features", "one for each column"),
        ({"values": TABLE, "words": long_text(["a"] * 6)}, "features", "one word for each token"),
        ({"values": TABLE, "words": long_text(["a"] * 5)}, "tokens", "one word for each token"),
        ({"values": TABLE, "words": long_text(["a" * 257] * 6)}, "tokens", "up to 256 letters"),
        ({"values": TABLE, "names": np.array([91, 49, 93], np.uint8)}, "features", "list of str"),
        ({"values": TABLE, "names": np.array([0xFF], np.uint8)}, "features", "not JSON"),
        ({"names": NONE}, "features", "no array 'values'"),
    ],
)
def test_malformed_values_say_what_is_wrong(
    arrays: dict[str, np.ndarray[Any, Any]], layout: str, message: str
) -> None:
    with pytest.raises(schema.SchemaError, match=message):
        schema.Values.decode(
            pack("values", {"names": NONE, "words": NONE, **arrays}, {"layout": layout})
        )
