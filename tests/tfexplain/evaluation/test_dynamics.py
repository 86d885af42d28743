"""Data maps and forgetting events against all epochs at once."""

from __future__ import annotations

import numpy as np

from tfexplain.evaluation.dynamics import TrainingDynamics


def test_running_sums_are_those_of_all_epochs() -> None:
    rng = np.random.default_rng(0)
    said = rng.random((12, 30))
    right = rng.random((12, 30)) < 0.7
    right[:, 0] = False
    seen = TrainingDynamics.start(30)
    for confidence, is_right in zip(said, right, strict=True):
        seen = seen.after(confidence, is_right)
    np.testing.assert_allclose(seen.confidence, said.mean(axis=0))
    np.testing.assert_allclose(seen.variability, said.std(axis=0))
    np.testing.assert_allclose(seen.correctness, right.mean(axis=0))
    forgotten = (right[:-1] & ~right[1:]).sum(axis=0)
    np.testing.assert_array_equal(seen.forgotten, forgotten)
    np.testing.assert_array_equal(seen.is_never_learned, ~right.any(axis=0))
    assert (np.diff(said.mean(axis=0)[seen.suspects()]) >= 0).all()


def test_regions_are_those_of_the_paper() -> None:
    """Steady and right, steady and wrong, and one that goes back and forth."""
    seen = TrainingDynamics.start(6)
    for epoch in range(8):
        swings = 0.1 + 0.8 * (epoch % 2)
        said = np.array([0.9, 0.95, 0.1, 0.05, swings, 1 - swings])
        seen = seen.after(said, said > 0.5)
    assert seen.regions() == ["easy", "easy", "hard", "hard", "ambiguous", "ambiguous"]
    assert seen.forgotten.tolist() == [0, 0, 0, 0, 3, 4]
    assert seen.suspects()[:2].tolist() == [3, 2]


def test_where_all_vary_alike_nothing_is_ambiguous() -> None:
    seen = TrainingDynamics.start(3)
    for said in ([0.2, 0.6, 0.9], [0.2, 0.6, 0.9]):
        seen = seen.after(said, np.array(said) > 0.5)
    assert seen.regions() == ["hard", "easy", "easy"]


def test_before_the_first_epoch_nothing_is_known() -> None:
    seen = TrainingDynamics.start(2)
    assert seen.confidence.tolist() == [0, 0]
    assert seen.is_never_learned.all()
