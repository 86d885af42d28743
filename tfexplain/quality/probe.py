"""Computes what a linear model can read off inputs, on rows that it has not seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Ridge penalty, relative to the mean squared size of a row.
PENALTY = 0.01
FOLDS = 4


def linear_probe(
    features: npt.ArrayLike, labels: npt.ArrayLike, *, penalty: float = PENALTY, seed: int = 0
) -> float:
    """Computes the accuracy of a linear probe on rows that it has not seen, in four folds.

    A ridge regression of one-hot labels; each row then gets the class whose mean of the answers
    lies nearest to its own (flexible discriminant analysis: a plain largest answer would overlook
    a class between two others).

    Args:
        features: What the probe sees of each row, float [N, ...].
        labels: Class of each row, int [N].
        penalty: Ridge penalty, relative to the mean squared size of a row.
        seed: Seed of the folds.

    Returns:
        Share of the rows, 0 to 1; of rows that are all the same that of the largest class.

    References:
        Hastie, Tibshirani and Buja 1994, https://doi.org/10.1080/01621459.1994.10476866

    >>> linear_probe(np.repeat([[-1.0], [0.0], [1.0]], 4, axis=0), np.repeat([0, 1, 2], 4))
    1.0
    """
    rows: Floats = np.asarray(features, np.float64)
    rows = rows.reshape(len(rows), -1)
    rows = rows - rows.mean(axis=0)
    classes, own = np.unique(np.asarray(labels), return_inverse=True)
    size = float(np.sqrt(np.mean(np.sum(rows**2, axis=1))))
    if len(classes) < 2 or size == 0:
        return float(np.bincount(own).max() / len(own))
    # The mean of some rows is not that of all: one more feature is 1 everywhere.
    seen = np.column_stack([rows / size, np.ones(len(rows))])
    hot = np.eye(len(classes))[own]
    order = np.random.default_rng(seed).permutation(len(own))
    right = 0
    for fold in range(FOLDS):
        held, known = order[fold::FOLDS], np.delete(order, np.s_[fold::FOLDS])
        answered = _answered(seen[known], hot[known], seen[held], penalty)
        right += int(np.sum(answered == own[held]))
    return right / len(own)


def shuffled_probe(
    features: npt.ArrayLike, labels: npt.ArrayLike, *, times: int = 5, seed: int = 0
) -> float:
    """Computes the mean accuracy of linear probes whose labels were shuffled: the level of chance.

    >>> x = np.random.default_rng(0).normal(size=(200, 3))
    >>> bool(abs(shuffled_probe(x, np.arange(200) % 2) - 0.5) < 0.1)
    True
    """
    rng = np.random.default_rng(seed)
    drawn = [linear_probe(features, rng.permutation(np.asarray(labels))) for _ in range(times)]
    return float(np.mean(drawn))


def _answered(known: Floats, hot: Floats, held: Floats, penalty: float) -> npt.NDArray[np.intp]:
    """Returns the class that a probe of the known rows gives to each row held back."""
    count, width = known.shape
    if width <= count:
        weights = np.linalg.solve(known.T @ known + penalty * np.eye(width), known.T @ hot)
    else:
        weights = known.T @ np.linalg.solve(known @ known.T + penalty * np.eye(count), hot)
    counts = hot.sum(axis=0)
    means = hot.T @ (known @ weights) / np.maximum(counts, 1)[:, None]
    answers = held @ weights
    far = np.sum((answers[:, None] - means[None]) ** 2, axis=2)
    return np.asarray(np.where(counts > 0, far, np.inf).argmin(axis=1))
