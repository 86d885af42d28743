"""Numbers of maps against those of Quantus, on evidence for the target alone.

It counts values below zero as evidence unless told otherwise, and adds 1e-7 to magnitudes for its
Gini index.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from tfexplain import quality

RNG = np.random.default_rng(0)
MAPS = np.abs(RNG.normal(size=(5, 6, 7)))
REGIONS = RNG.random(MAPS.shape) < 0.4


@pytest.fixture(scope="module")
def quantus() -> Any:
    """The package, whose own imports warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("quantus")


def asked(metric: Any, **settings: Any) -> Any:
    """What a metric of Quantus says of maps alone."""
    given = {"normalise": False, "display_progressbar": False, "disable_warnings": True}
    batch = {"x_batch": MAPS[:, None], "y_batch": np.zeros(len(MAPS), int)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return metric(**given, **settings)(
            model=None, a_batch=MAPS[:, None], s_batch=REGIONS[:, None], **batch
        )


def test_where_evidence_lies(quantus: Any) -> None:
    for metric, ours in (
        (quantus.RelevanceMassAccuracy, quality.mass_accuracy),
        (quantus.RelevanceRankAccuracy, quality.rank_accuracy),
        (quantus.PointingGame, quality.pointing_game),
    ):
        theirs = np.asarray(asked(metric, abs=False), float)
        np.testing.assert_allclose(ours(MAPS, REGIONS), theirs, rtol=1e-9)
    theirs = asked(quantus.TopKIntersection, abs=False, k=4)
    np.testing.assert_allclose(quality.top_k_intersection(MAPS, REGIONS, 4 / 42), theirs)


def test_how_concentrated_it_is(quantus: Any) -> None:
    theirs = asked(quantus.Sparseness, abs=True)
    np.testing.assert_allclose(quality.gini(MAPS), theirs, atol=1e-6)
    theirs = asked(quantus.Complexity, abs=True)
    np.testing.assert_allclose(quality.entropy(MAPS), theirs, rtol=1e-6)
