"""Sparsity by step, against tfmot's formula and closed forms."""

from __future__ import annotations

from math import cos, pi

import pytest

from tfexplain.pruning.schedules import Schedule


@pytest.mark.parametrize("step", [10, 20, 25, 40, 50])
def test_sparsity_at_a_step(step: int) -> None:
    done = (step - 10) / 40
    polynomial = Schedule("polynomial", 10, 50, 5, 0.2).sparsity(step, 0.8)
    assert polynomial == pytest.approx(0.8 + (0.2 - 0.8) * (1 - done) ** 3)
    cosine = Schedule("cosine", 10, 50, 5, 0.2).sparsity(step, 0.8)
    assert cosine == pytest.approx(0.2 + 0.6 * (1 - cos(pi * done)) / 2)
    for kind in ("constant", "one shot"):
        assert Schedule(kind, 10, 50, 5).sparsity(step, 0.8) == 0.8  # type: ignore[arg-type]


def test_the_end_is_due_also_where_it_is_no_multiple() -> None:
    schedule = Schedule("cosine", 3, 10, 4)
    due = [schedule.last_due(step) for step in range(13)]
    assert due == [None, None, None, 3, 3, 3, 3, 7, 7, 7, 10, 10, 10]
    assert schedule.sparsity(10, 0.7) == 0.7
    assert [Schedule("one shot", 3, 10, 4).last_due(step) for step in (2, 3, 9)] == [None, 3, 3]


def test_tfmot_has_the_same_schedule() -> None:
    tfmot = pytest.importorskip("tensorflow_model_optimization")
    theirs = tfmot.sparsity.keras.PolynomialDecay(0.1, 0.9, 4, 44, frequency=10)
    ours = Schedule("polynomial", 4, 44, 10, 0.1)
    for step in range(60):
        due, sparsity = (float(one) for one in theirs(step))
        assert bool(due) == (ours.last_due(step) == step), step
        if due:
            assert ours.sparsity(step, 0.9) == pytest.approx(sparsity, abs=1e-6)
