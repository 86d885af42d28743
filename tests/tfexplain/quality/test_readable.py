"""Linear probes against scikit-learn, places by construction, and shares of maps by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import cross_val_score

from tfexplain.errors import TfexplainError
from tfexplain.quality.probe import linear_probe, linear_probes, shuffled_probe
from tfexplain.quality.readable import mass_at, readable_places


def pictures(rows: int = 120, side: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Noise, and classes that it does not tell."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(rows, side, side, 1)), np.arange(rows) % 4


def test_a_probe_is_right_as_often_as_linear_discriminant_analysis() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 4
    x = rng.normal(size=(200, 5)) + np.eye(5)[labels] * 2
    theirs = cross_val_score(LinearDiscriminantAnalysis(), x, labels, cv=4).mean()
    assert abs(linear_probe(x, labels) - theirs) < 0.05
    assert abs(shuffled_probe(x, labels) - 0.25) < 0.07
    # More features than rows, and a class between two others.
    assert linear_probe(np.column_stack([x, np.zeros((200, 300))]), labels) > 0.6
    assert linear_probe((labels % 3)[:, None] + rng.normal(size=(200, 1)) / 50, labels % 3) == 1


@pytest.mark.parametrize("width", [3, 90])
def test_probes_at_once_are_right_as_often_as_one_by_one(width: int) -> None:
    """Fewer features than rows, and more; each of its own size, and one that sees nothing."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [30, 20, 10])
    x = rng.normal(size=(4, 60, width)) * np.array([1, 50, 1, 0])[:, None, None]
    x[:2, :, 0] += 2 * labels * np.array([[1], [50]])
    at_once = linear_probes(x, labels)
    assert at_once.tolist() == [linear_probe(own, labels) for own in x]
    assert at_once[0] > at_once[2]
    assert at_once[3] == 0.5


def test_places_are_the_same_however_many_windows_are_probed_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, y = pictures()
    x[:, 2:4, 0, 0] = (y[:, None] >> np.arange(2)) & 1
    found = readable_places(x, y, 2)
    monkeypatch.setattr("tfexplain.quality.readable.MOST_NUMBERS", 1000)
    assert readable_places(x, y, 2) == found


def test_a_mark_is_found_with_its_place_and_the_rest_tells_nothing() -> None:
    x, y = pictures()
    assert readable_places(x, y, 2).places == ()
    x[:, 2:4, 0, 0] = (y[:, None] >> np.arange(2)) & 1  # both bits are needed
    (place,) = readable_places(x, y, 2).places
    assert (place.corner, place.size) == ((2, 0), (2, 1))
    assert place.alone == 1
    assert max(place.rest, place.shuffled) < 0.4


def test_windows_that_touch_are_one_place_and_what_is_readable_everywhere_is_none() -> None:
    x, y = pictures(side=16)
    x[:, 11:13, 10:14, 0] = y[:, None, None]
    (place,) = readable_places(x, y, 2).places
    assert place.corner == (10, 10)
    assert place.size == (4, 4)  # in cells of two positions
    assert readable_places(x + 9 * y[:, None, None, None], y, 2).places == ()


def test_columns_of_a_table_and_words_of_a_text() -> None:
    rng = np.random.default_rng(1)
    y = np.arange(100) % 2
    table = rng.normal(size=(100, 6))
    table[:, 4] += 20 * y
    assert [p.corner for p in readable_places(table, y, 1).places] == [(4,)]
    words = rng.integers(100, size=(100, 12))
    words[:, 7] = 100 + y
    assert [p.corner for p in readable_places(words, y, 1).places] == [(7,)]


def test_too_few_rows_and_one_class_are_refused() -> None:
    x, y = pictures(40)
    with pytest.raises(TfexplainError, match="expected 50 rows of two classes or more; got 40 of"):
        readable_places(x, y, 2)
    with pytest.raises(TfexplainError, match="got 60 of 1"):
        readable_places(pictures(60)[0], np.zeros(60, int), 2)


def test_the_share_of_a_map_at_a_window() -> None:
    rng = np.random.default_rng(2)
    maps = rng.normal(size=(3, 8, 8))
    maps[2] = -1  # no evidence for the target
    positive = np.maximum(maps, 0)
    expected = positive[:, 2:6, 1:3].sum((1, 2)) / np.maximum(positive.sum((1, 2)), 1e-9)
    got = mass_at(maps, (8, 8), (2, 1), (4, 2))
    np.testing.assert_allclose(got[:2], expected[:2])
    assert np.isnan(got[2])
    # Maps of half the input's side lie over it: a cell counts by its part inside.
    coarse = np.ones((1, 4, 4))
    np.testing.assert_allclose(mass_at(coarse, (8, 8), (1, 0), (2, 8)), 1 / 4)
