"""Captions of sheets against Pillow's own drawing of a whole line."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tfexplain.caption import written


@pytest.mark.parametrize(
    "text", ["conv3: 0 to 0.6 logit", "±1.2e-05 (above: 1%)   block/conv_2", ""]
)
def test_words_stand_where_pillow_puts_them_in_a_line(text: str) -> None:
    line = Image.new("L", (320, 14), 255)
    ImageDraw.Draw(line).text((2, 1), text, 0, ImageFont.load_default())
    expected = 255 - np.asarray(line).astype(int)
    found = 255 - written(text, 320, 14)[..., 0].astype(int)
    assert found.sum() == pytest.approx(expected.sum(), rel=0.02)
    for axis in range(2):
        ends = [
            np.flatnonzero(ink.any(axis=axis))[[0, -1]] for ink in (found, expected) if ink.any()
        ]
        assert not ends or np.abs(ends[0] - ends[1]).max() <= 1


def test_a_caption_that_is_longer_than_its_sheet_is_cut() -> None:
    long, short = written("word " * 40, 100, 14), written("word " * 4, 100, 14)
    assert long.shape == (14, 100, 1)
    assert (long[:, -20:] < 128).any()
    assert (long[:, :60] == short[:, :60]).all()
