"""Gives features the values of other rows: how much worse do the answers become?"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tfexplain.explainers.perturbation.permutation_importance import partners
from tfexplain.quality.intervals import Floats
from tfexplain.types import Array
from tfexplain.usage.features import Features
from tfexplain.usage.scoring import Scoring, ranges

MOST_PERMUTED = 512
_REPEATS, _PASSES = 5, 1 << 16


def permuted_losses(
    scoring: Scoring, features: Features, which: Array, *, seed: int = 0, repeats: int = 0
) -> Floats:
    """Computes how much worse each known row's score is when a feature has other rows' values.

    Args:
        scoring: The rows, at least two.
        features: The features of the input; not words, for another row's have other places.
        which: int64 [P], the features that are permuted, one at a time.
        seed: Seed of the permutations, in which no row keeps its own values.
        repeats: How many permutations are averaged over; 0 for as many as fit the features.

    Returns:
        float64 [n, P]: the fall of accuracy, or the rise of the mean absolute error, is their mean.

    References:
        Breiman 2001, section 10, https://doi.org/10.1023/A:1010933404324; Fisher et al. 2019,
        eq. 3, https://arxiv.org/abs/1801.01489
    """
    values = np.asarray(tf.nest.flatten(scoring.chosen.inputs)[features.position])
    orders = partners(
        len(values), repeats or repeats_of(len(values), len(which)), np.random.default_rng(seed)
    )
    whole = np.arange(len(features))
    masks = ranges(features, which, which + 1, whole)
    changed = [
        scoring.of(scoring.masked(features.position, values[own]).masked_scores(masks))
        for own in orders
    ]
    worse = np.mean(changed, axis=0) - scoring.unchanged[:, None]
    return np.asarray(scoring.worse * worse)


def repeats_of(rows: int, features: int) -> int:
    """Returns how many permutations are averaged over: 5, fewer where features are many.

    >>> repeats_of(256, 20), repeats_of(256, 64), repeats_of(256, 512)
    (5, 4, 1)
    """
    return int(np.clip(_PASSES // max(1, rows * features), 1, _REPEATS))
