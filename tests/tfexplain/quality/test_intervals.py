"""Intervals of shares against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from tfexplain.quality.intervals import wilson


@pytest.mark.parametrize(("hits", "count"), [(0, 1), (1, 1), (3, 10), (0, 200), (117, 200)])
def test_wilson_is_scipys(hits: int, count: int) -> None:
    low, high = wilson(hits / count, count)
    expected = binomtest(hits, count).proportion_ci(method="wilson")
    np.testing.assert_allclose([low, high], [expected.low, expected.high], atol=1e-12)
