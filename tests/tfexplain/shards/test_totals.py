"""Totals over shards against numpy on all rows at once."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tfexplain.attribution import Attribution
from tfexplain.joining import chosen_rows
from tfexplain.shards.shard import Shard
from tfexplain.shards.totals import SIDE, Totals
from tfexplain.shards.worst import MOST, WorstRows

ROWS = 150
RANDOM = np.random.default_rng(0)


def attribution(shape: tuple[int, ...], **others: object) -> Attribution:
    values = RANDOM.normal(size=(ROWS, *shape)).astype("f4")
    values[7] = 0
    targets = np.arange(ROWS, dtype=np.int32) % 3
    scores = RANDOM.normal(size=ROWS).astype("f4")
    return Attribution(values, targets, scores, "input", "Method", "logit", True, **others)  # type: ignore[arg-type]


def parts(whole: Attribution) -> list[Attribution]:
    cuts = [0, 40, 41, ROWS]
    return [chosen_rows(whole, np.arange(a, b)) for a, b in itertools.pairwise(cuts)]


def test_features_by_class_and_magnitudes() -> None:
    gap = RANDOM.normal(size=ROWS).astype("f4")
    whole = attribution((5,), completeness_gap=gap, passes=np.full(ROWS, 3, np.int32))
    totals = Totals()
    for part in parts(whole):
        totals.add(part)
    sizes = np.abs(whole.values)
    assert (totals.rows, totals.zero, totals.passes) == (ROWS, 1, 3 * ROWS)
    assert totals.magnitude == pytest.approx(sizes.sum(dtype=np.float64))
    assert totals.score == pytest.approx(whole.scores.sum(dtype=np.float64))
    assert totals.gap == np.abs(gap).max()
    assert totals.scale.limit == sizes.max()
    for target in range(3):
        own = totals.by_class[target]
        np.testing.assert_allclose(own.mean, sizes[whole.targets == target].mean(0), rtol=1e-6)
        assert own.rows == 50
    octaves = totals.magnitudes.octaves()
    for low, high, count in octaves:
        assert high == 2 * low
        assert count == ((sizes >= low) & (sizes < high)).sum()
    assert sum(count for *_, count in octaves) == (sizes > 0).sum()
    assert totals.places == [f"position {i}" for i in range(5)]


def test_pictures_are_averaged_over_cells() -> None:
    whole = attribution((48, 32, 3), channel_axis=-1)
    totals = Totals()
    for part in parts(whole):
        totals.add(part)
    own = totals.by_class[1].mean
    assert own.shape == (SIDE, SIDE)
    maps = np.abs(whole.maps[whole.targets == 1])
    np.testing.assert_allclose(own[2, 5], maps[:, 6:9, 10:12].mean(), rtol=1e-6)


def test_the_worst_rows_are_those_of_all_shards() -> None:
    loss = RANDOM.exponential(size=ROWS).astype("f4")
    error = RANDOM.uniform(0, 0.1, size=ROWS).astype("f4")
    whole = attribution((5,), error=error)
    worst = WorstRows()
    start = 0
    for part in parts(whole):
        rows = np.arange(start, start + len(part.scores))
        start += len(rows)
        names = [f"row {row}" for row in rows]
        worst.add(
            Shard(
                rows + 100,
                names,
                part.targets,
                {"Method": part},
                labels=part.targets,
                loss=loss[rows],
            )
        )
    found = worst.rows()
    of_loss = [one for one in found if one.reason == "loss"]
    assert [one.place for one in of_loss] == np.argsort(-loss)[:MOST].tolist()
    assert [one.row for one in of_loss] == [one.place + 100 for one in of_loss]
    assert [one.label for one in of_loss] == [one.place % 3 for one in of_loss]
    of_error = [one for one in found if one.reason == "error of Method"]
    # Only what is worth a look.
    assert [one.place for one in of_error] == np.argsort(-error)[: (error >= 0.05).sum()][
        :MOST
    ].tolist()
    assert worst.places(3) == [of_loss[0].place, of_error[0].place, of_loss[1].place]
