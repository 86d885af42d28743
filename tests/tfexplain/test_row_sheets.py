"""Maps over texts and tables as pictures: colours and lengths of given values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.attributions import cam

from tfexplain import coloring, row_sheets
from tfexplain.coloring import Scale
from tfexplain.rendering import colored
from tfexplain.row_sheets import Look, Rows, row_sheet, scale_of_rows

TEXTS = [["good", "film", ""], ["bad", "bad", "plot"]]


def sheet(rows: Rows, values: Any, *, limit: float = 1.0, signed: bool = False) -> Any:
    arrays = [np.asarray(own, np.float32) for own in values]
    look = Look(Scale(limit), signed)
    return row_sheet(rows, arrays, look, ["a title"] * len(arrays))


def has(picture: Any, color: Any) -> bool:
    return bool(np.all(picture == np.asarray(color, np.uint8), axis=-1).any())


def test_words_have_the_colours_of_their_values() -> None:
    drawn = sheet(Rows(words=[["one", "two", "three"]]), [[1.0, 0.5, 0.0]])
    for color in colored(np.array([1.0, 0.5]), 1.0, signed=False):
        assert has(drawn, color)
    assert has(drawn, coloring.PLATE)
    assert has(drawn, (255, 255, 255))  # the letters of a word that the map does not touch


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.75, 1.0, -0.3, -1.0])
def test_words_can_be_read_on_every_colour(share: float) -> None:
    """The contrast of WCAG 2 for text, 4.5."""
    (color,) = colored(np.array([share]), 1.0, signed=share < 0)
    light, dark = sorted(
        float(coloring.luminance(np.array(one) / 255))
        for one in (color, row_sheets._text_on(tuple(color.tolist())))
    )[::-1]
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def bars(drawn: Any, row: int) -> tuple[int, int]:
    """Where the coloured pixels of a row of the table begin and end."""
    line = drawn[(row + 1) * 20 + 8].astype(int)
    inside = np.flatnonzero(line.max(axis=-1) - line.min(axis=-1) > 40)
    return (int(inside[0]), int(inside[-1])) if len(inside) else (0, 0)


def test_bars_are_as_long_as_their_values_the_largest_first() -> None:
    rows = Rows(values=np.array([[7.0, 8.0, 9.0]]), names=["a", "b", "c"])
    drawn = sheet(rows, [[0.25, -1.0, 0.5]], signed=True)
    (left, zero), (half_zero, half), (_, quarter) = (bars(drawn, row) for row in range(3))
    assert zero == pytest.approx(half_zero, abs=2)
    assert half - zero == pytest.approx((zero - left) / 2, abs=2)
    assert quarter - zero == pytest.approx((zero - left) / 4, abs=2)


def test_many_words_and_features_are_told_not_drawn() -> None:
    words = sheet(Rows(words=[["word"] * 5000]), [np.ones(5000)])
    table = sheet(Rows(values=np.zeros((1, 500))), [np.ones(500)])
    assert words.shape[0] < 700
    assert table.shape[0] < 700


def test_values_that_are_no_numbers_are_drawn() -> None:
    sheet(Rows(words=TEXTS), [[np.nan, 1, np.inf]] * 2, limit=0.0)
    sheet(Rows(values=np.array([[np.nan, np.inf]])), [[np.nan, np.inf]], signed=True)


def test_maps_of_positions_are_spread_and_others_need_a_word_each() -> None:
    rows = Rows(words=TEXTS)
    found = cam([[2.0, 4.0]] * 2, word_step=1, word_offsets=np.array([0, 1], np.int32))
    spread = rows.shown(found)
    assert spread is not None
    np.testing.assert_allclose(spread, [[1, 5, 0], [1, 3, 2]])
    assert scale_of_rows(found, spread) == Scale(5.0)
    assert rows.shown(cam([[2.0, 4.0]] * 2)) is None
    assert rows.shown(cam([[2.0, 4.0, 1.0]] * 2)) is not None
    assert rows.shown(cam(np.ones((2, 2, 3)))) is None
