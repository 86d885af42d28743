"""Drift between two sets of maps."""

from __future__ import annotations

import numpy as np

from tfexplain.quality import similarity
from tfexplain.quality.drift import Shown, drift
from tfexplain.quality.similarity import MEASURES


def test_maps_for_other_targets_are_not_compared() -> None:
    a, b = np.random.default_rng(0).normal(0, 1, (2, 3, 5, 5)).astype("float32")
    now = Shown(a, np.array([1, 2, -1]), np.array([1, 1, 1]))
    before = Shown(b, np.array([1, 3, -1]), np.array([1, 1, 2]))
    found = drift(now, before)
    assert found.values.shape == (3, len(MEASURES))
    assert np.isnan(found.values[1]).all()
    assert np.array_equal(found.values[[0, 2]], similarity(a, b)[[0, 2]])
    assert found.agrees.tolist() == [True, True, False]
