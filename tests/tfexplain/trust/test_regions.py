"""Regions against masks drawn by hand and brute loops over boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tfexplain.errors import TfexplainError
from tfexplain.trust import Boxes, region_masks


def brute(corners: Any, shape: tuple[int, ...]) -> Any:
    """Marks each position whose middle lies in some box, one at a time."""
    masks = np.zeros(shape, bool)
    for (sample, row, column), _ in np.ndenumerate(masks):
        for left, top, right, bottom in corners[sample]:
            inside = left <= column + 0.5 < right and top <= row + 0.5 < bottom
            masks[sample, row, column] |= inside
    return masks


def test_boxes_are_what_a_loop_over_positions_finds() -> None:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 3, (4, 2, 2))
    corners = np.concatenate([low, low + rng.uniform(0.5, 3, (4, 2, 2))], axis=-1)
    corners[1, 1] = np.nan
    shape = (4, 6, 7)
    expected = brute(corners, shape)
    assert 0 < expected.mean() < 1
    np.testing.assert_array_equal(region_masks(Boxes(corners), shape), expected)
    shares = corners / [7, 6, 7, 6]
    np.testing.assert_array_equal(region_masks(Boxes(shares, relative=True), shape), expected)
    np.testing.assert_array_equal(region_masks(lambda x, y: Boxes(corners), shape), expected)


def test_boxes_of_curves_and_volumes_name_their_corners_from_the_last_axis() -> None:
    np.testing.assert_array_equal(region_masks(Boxes([1, 3]), (1, 4)), [[False, True, True, False]])
    volume = region_masks(Boxes([0, 1, 2, 1, 3, 4]), (1, 4, 3, 2))
    expected = np.zeros((1, 4, 3, 2), bool)
    expected[0, 2:4, 1:3, 0:1] = True
    np.testing.assert_array_equal(volume, expected)


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        (Boxes([0, 0, 9, 2]), r"corners within \[7, 6\].* 0 to 9"),
        (Boxes([0, 0, 2]), r"4 corners a box for sides \[6, 7\]"),
        (Boxes(np.ones((3, 4))), "boxes of 4 samples"),
        (Boxes([3, 3, 3, 3]), "some position in each; that of sample 0 is empty"),
        (np.ones((4, 6, 6), bool), r"masks of shape \[4, 6, 7\] or \[6, 7\]; got bool"),
        (np.full((6, 7), 0.5), "got float64"),
        ("corner", "expected one of 'border'"),
    ],
)
def test_what_is_no_region_is_said(regions: Any, message: str) -> None:
    with pytest.raises(TfexplainError, match=message):
        region_masks(regions, (4, 6, 7))
