"""Places that predictions follow: told where they stand out, and only there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tfexplain.story import Finding, RunRecords, story
from tfexplain.wire import schema


def picture(by_window: Any, **changed: Any) -> schema.Exchange:
    """Windows 4 x 4 on pictures 8 x 8, at each of 5 x 5 places."""
    by_window = np.asarray(by_window, np.float64)
    at = np.unravel_index(by_window.argmax(), by_window.shape)
    grid = np.full((8, 8), float(by_window.mean()))
    fields: dict[str, Any] = {
        "shares": grid,
        "chance": np.full((8, 8), 0.04),
        "low": grid,
        "high": grid,
        "sides": (8, 8),
        "cell": (1, 1),
        "step": (1, 1),
        "by_window": by_window,
        "corner": tuple(int(i) for i in at),
        "size": (4, 4),
        "share": float(by_window.max()),
        "pairs": 200,
        "rows": 200,
        "passes": 15_000,
    }
    return schema.Exchange(**(fields | changed))


def found(record: schema.Exchange, values: schema.Values | None = None) -> list[Finding]:
    """What is said of a run that holds this record last, and one of nothing before."""
    nothing = picture(np.zeros((5, 5)))
    data = {"exchange/image": [(0, nothing.encode()), (11, record.encode())]}
    tags = [schema.Tag("exchange", layer="image")]
    if values:
        data["values/image"] = [(0, values.encode())]
        tags.append(schema.Tag("values", layer="image"))
    return story({"run": RunRecords(tags, lambda asked: {tag: data[tag] for tag in asked})})


# Digits as they were measured: a network with a mark at the left edge, and one without.
SHORTCUT = [
    [0.14, 0.05, 0.06, 0.02, 0.00],
    [0.26, 0.12, 0.15, 0.05, 0.00],
    [0.58, 0.22, 0.22, 0.08, 0.03],
    [0.31, 0.16, 0.18, 0.08, 0.01],
    [0.14, 0.15, 0.20, 0.06, 0.03],
]
PLAIN = [
    [0.11, 0.14, 0.26, 0.16, 0.13],
    [0.12, 0.20, 0.38, 0.24, 0.15],
    [0.20, 0.31, 0.46, 0.23, 0.12],
    [0.13, 0.30, 0.41, 0.30, 0.11],
    [0.10, 0.20, 0.28, 0.20, 0.11],
]


def test_a_mark_at_the_edge_is_told_with_its_numbers() -> None:
    (finding,) = found(picture(SHORTCUT))
    assert finding.text == (
        "run: predictions follow the left edge in 58% of exchanges, any other place in at most "
        "8% (chance 4%)."
    )
    assert (finding.kind, finding.step, finding.layer) == ("place", 11, "image")
    assert (finding.value, finding.chance) == (0.58, 0.04)
    assert finding.box == ((2, 4), (0, 4))


def test_digits_in_the_middle_are_no_finding() -> None:
    assert found(picture(PLAIN)) == []


@pytest.mark.parametrize(
    ("at", "where"),
    [
        ((0, 0), "the top left corner"),
        ((0, 2), "the top edge"),
        ((4, 4), "the bottom right corner"),
        ((2, 4), "the right edge"),
        ((4, 1), "the bottom edge"),
    ],
)
def test_places_have_names(at: tuple[int, int], where: str) -> None:
    windows = np.zeros((5, 5))
    windows[at] = 0.8
    (finding,) = found(picture(windows))
    assert f"follow {where} in 80%" in finding.text


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"rows": 40}, "few rows: the interval is wider than 0.1 either way"),
        ({"chance": np.full((8, 8), 0.45)}, "chance comes close"),
        ({"by_window": np.where(np.eye(5), 0.58, 0.3)}, "other places are followed as well"),
        ({"values": True}, "shares of a gap are no predictions"),
    ],
)
def test_what_says_too_little_is_not_told(changed: dict[str, Any], why: str) -> None:
    windows = changed.pop("by_window", SHORTCUT)
    assert found(picture(windows, **changed)) == [], why


def table(shares: list[float]) -> schema.Exchange:
    grid, at = np.array(shares), int(np.argmax(shares))
    rows = {"shares": grid, "chance": 0 * grid, "low": grid, "high": grid, "share": max(shares)}
    sides = {"sides": (len(shares),), "cell": (1,), "step": (1,), "size": (1,), "corner": (at,)}
    return picture(grid, **rows, **sides)


def test_a_leaking_column_is_told_by_its_name() -> None:
    values = schema.Values(np.zeros((2, 3)), "features", ["age", "id", "income"])
    (finding,) = found(table([0.1, 0.9, 0.05]), values)
    assert "follow column 'id' in 90%" in finding.text
    assert finding.box == ((1, 1),)


@pytest.mark.parametrize(
    ("values", "size", "where"),
    [
        (schema.Values(np.zeros((1, 3)), "tokens", words=["a", "b", "c"]), 1, "word 1"),
        (schema.Values(np.zeros((1, 3)), "tokens", words=["a", "b", "c"]), 2, "words 1 to 2"),
        (schema.Values(np.zeros((1, 3, 2)), "line", ["lead I", "lead II"]), 1, "position 1"),
        (schema.Values(np.zeros((1, 3)), "features"), 1, "column 1"),
        (None, 2, "positions 1 to 2"),
    ],
)
def test_places_in_a_row_are_called_what_they_are(
    values: schema.Values | None, size: int, where: str
) -> None:
    (finding,) = found(replace(table([0.1, 0.9, 0.05, 0, 0]), size=(size,)), values)
    assert f"follow {where} in 90%" in finding.text


@pytest.mark.parametrize("shares", [[0.28, 0.01, 0.01], [0.6, 0.2, 0.1]])
def test_columns_that_matter_among_others_are_not_told(shares: list[float]) -> None:
    assert found(table(shares)) == []


def test_hostile_bytes_are_left_out() -> None:
    tags = [schema.Tag("exchange", layer="x")]
    records = RunRecords(tags, lambda asked: {tag: [(0, b"no record")] for tag in asked})
    assert story({"run": records}) == []
