"""Computes how concentrated maps are: entropy, sparseness, how many positions hold the evidence.

All take maps [N, ...] of evidence, look at magnitudes only, and return float64 [N]: NaN for a map
of zeros, or one that holds NaN or infinity.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def entropy(maps: npt.ArrayLike) -> Array:
    """Computes the entropy of the shares of the magnitudes, in nats.

    From 0, all at one position, to log(positions), the same everywhere.

    References:
        Bhatt et al. 2020, definition 3, https://arxiv.org/abs/2005.00631

    >>> np.exp(entropy([[1.0, -1.0, 0.0], [0.0, 2.0, 0.0]])).round(6).tolist()
    [2.0, 1.0]
    """
    shares = _shares(maps)
    logs = np.log(np.where(shares > 0, shares, 1.0))
    return np.asarray(-np.sum(shares * logs, axis=1)) + 0.0


def effective_share(maps: npt.ArrayLike) -> Array:
    """Computes the effective number of positions, exp(entropy), as a share of all of them.

    >>> effective_share([[1.0, -1.0, 0.0, 0.0]]).round(6).tolist()
    [0.5]
    """
    return np.asarray(np.exp(entropy(maps)) / _flat(maps).shape[1])


def gini(maps: npt.ArrayLike) -> Array:
    """Computes the Gini index of the magnitudes: 0 for equal ones, near 1 for a single one.

    References:
        Chalasani et al. 2020, https://arxiv.org/abs/1810.06583; Hurley and Rickard 2009,
        https://arxiv.org/abs/0811.4706

    >>> gini([[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 3.0]]).tolist()
    [0.0, 0.75]
    """
    shares = np.sort(_shares(maps), axis=1)
    count = shares.shape[1]
    weights = (count - np.arange(1, count + 1) + 0.5) / count
    return np.asarray(1 - 2 * np.sum(shares * weights, axis=1))


def _flat(maps: npt.ArrayLike) -> Array:
    values = np.asarray(maps, np.float64)
    return values.reshape(len(values), -1)


def _shares(maps: npt.ArrayLike) -> Array:
    sizes = np.abs(_flat(maps))
    total = sizes.sum(axis=1, keepdims=True)
    defined = np.isfinite(total) & (total > 0)
    return np.where(defined, sizes / np.where(defined, total, 1.0), np.nan)
