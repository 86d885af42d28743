"""Which pictures are handed to a browser."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.logs import png

from tfexplain.wire import schema
from tfexplain.wire.pictures import MAX_PICTURE_BYTES


def test_a_picture_has_its_size() -> None:
    assert schema.check_picture(png(np.zeros((3, 5), np.uint8))) == (5, 3)


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda b: b"\x89PNG\r\n\x1a\n" + b))
def test_other_pictures_are_refused(data: bytes) -> None:
    try:
        width, height = schema.check_picture(data)
    except schema.SchemaError:
        return
    assert 0 < width <= 8192
    assert 0 < height <= 8192


@pytest.mark.parametrize(("width", "height"), [(0, 1), (1, 0), (8193, 1), (1, 2**31)])
def test_pictures_of_unreasonable_sides_are_refused(width: int, height: int) -> None:
    good = bytearray(png(np.zeros((1, 1), np.uint8)))
    good[16:24] = struct.pack(">II", width, height)
    with pytest.raises(schema.SchemaError, match="sides of 1 to 8192"):
        schema.check_picture(bytes(good))


def test_pictures_over_the_limit_are_refused() -> None:
    data = png(np.zeros((1, 1), np.uint8)) + bytes(MAX_PICTURE_BYTES)
    with pytest.raises(schema.SchemaError, match="at most"):
        schema.check_picture(data)
