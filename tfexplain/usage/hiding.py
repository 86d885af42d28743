"""Hides the least important features, one after the other: which could be dropped?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.quality.dropping import LOSS, droppable
from tfexplain.quality.intervals import Floats
from tfexplain.types import Array
from tfexplain.usage.features import Features
from tfexplain.usage.scoring import Score, Scoring, hidden_values, ranges

ORDERS = 8


@dataclass(frozen=True, eq=False)
class HidingCurve:
    """Holds how a score falls while features are hidden, the least important first.

    Attributes:
        counts: int32 [K], how many are hidden, from none to all.
        hidden: float64 [K], the score with so many of the least important hidden.
        random: float64 [K], the mean over random orders.
        random_low: float64 [K], the lowest of them.
        random_high: float64 [K], the highest.
        score: What is measured: accuracy, or the mean absolute error.
    """

    counts: npt.NDArray[np.int32]
    hidden: Floats
    random: Floats
    random_low: Floats
    random_high: Floats
    score: Score

    def droppable(self, loss: float = LOSS) -> int:
        """Returns how many of the least important features can be hidden at little loss.

        Args:
            loss: How much worse the score may become: points of accuracy, or the share by which an
                error rises.
        """
        error = self.score != "accuracy"
        return droppable(self.counts, self.hidden, error=error, loss=loss)


def hiding_curve(
    scoring: Scoring, features: Features, order: Array, *, seed: int = 0, orders: int = ORDERS
) -> HidingCurve:
    """Hides ever more features of one input, in an order and in random ones.

    Args:
        scoring: The rows.
        features: The features of the input.
        order: int64 [F], the least important first.
        seed: Seed of the random orders.
        orders: How many of these.

    References:
        Samek et al. 2017, section III, https://doi.org/10.1109/TNNLS.2016.2599820, where the most
        important are hidden first, of each row by itself.
    """
    masked = scoring.masked(features.position, hidden_values(scoring.chosen, features.position))

    def scores(own: Array, counts: Array) -> Array:
        hidden = ranges(features, np.zeros(len(counts), np.int32), counts, own)
        return np.asarray(scoring.of(masked.masked_scores(hidden)).mean(axis=0))

    return curve_of(scores, order, seed, scoring.name, orders)


def curve_of(
    scores: Callable[[Array, Array], npt.ArrayLike],
    order: Array,
    seed: int,
    score: Score,
    orders: int = ORDERS,
) -> HidingCurve:
    """Returns the curve of an order and of random ones.

    Args:
        scores: Returns float64 [K], the scores with the first so many of an order hidden, from the
            order int64 [F] and the counts int32 [K].
        order: int64 [F], the least important first.
        seed: Seed of the random orders.
        score: What a score is.
        orders: How many random orders.
    """
    counts, rng = hidden_counts(len(order)), np.random.default_rng(seed)
    own = np.asarray(scores(order, counts), np.float64)
    drawn = np.stack([scores(rng.permutation(len(order)), counts) for _ in range(orders)])
    return HidingCurve(counts, own, drawn.mean(axis=0), drawn.min(axis=0), drawn.max(axis=0), score)


def hidden_counts(features: int) -> npt.NDArray[np.int32]:
    """Returns how many features are hidden at a time: none, all, tenths, and all but few.

    >>> hidden_counts(3).tolist(), len(hidden_counts(30_000))
    ([0, 1, 2, 3], 23)
    >>> hidden_counts(64).tolist()
    [0, 6, 13, 19, 26, 32, 38, 45, 51, 58, 60, 62, 63, 64]
    """
    if features <= 16:
        return np.arange(features + 1, dtype=np.int32)
    tenths = np.round(np.linspace(0, features, 11)).astype(np.int32)
    few = 2 ** np.arange(int(np.log2(features / 10)) + 1)
    return np.unique(np.concatenate([tenths, features - few])).astype(np.int32)


def hiding_passes(rows: int, features: int) -> int:
    """Returns how many rows go through the model for a curve."""
    return (1 + ORDERS) * len(hidden_counts(features)) * rows
