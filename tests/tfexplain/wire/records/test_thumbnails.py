"""Records of thumbnails: what is written is read, what contradicts itself is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.golden_records import THUMBNAILS

from tfexplain.wire import schema

BROKEN = np.frombuffer(b"\x89PNG no picture" * 4, np.uint8)


def test_what_was_written_is_read() -> None:
    texts = ["a good film", 300 * "ö", ""]
    for written in (THUMBNAILS, replace(THUMBNAILS, sheet=np.zeros(0, np.uint8), texts=texts)):
        read = schema.Thumbnails.decode(written.encode())
        np.testing.assert_array_equal(read.hashes, written.hashes)
        np.testing.assert_array_equal(read.sheet, written.sheet)
        assert (read.columns, read.height, read.width) == (2, 2, 3)
        assert list(read.texts) == [text[:160] for text in written.texts]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"texts": ["a"]}, "a text for each row"),
        ({"columns": 0}, "sides of the pictures"),
        ({"columns": 3}, "a picture for each row"),
        ({"hashes": np.arange(5)}, "a picture for each row"),
        ({"sheet": BROKEN}, "expected a PNG file"),
    ],
)
def test_what_contradicts_itself_is_refused(changed: dict[str, Any], expected: str) -> None:
    with pytest.raises(schema.SchemaError, match=expected):
        schema.Thumbnails.decode(replace(THUMBNAILS, **changed).encode())
