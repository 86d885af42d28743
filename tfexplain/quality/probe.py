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
    return float(linear_probes(np.asarray(features)[None], labels, penalty=penalty, seed=seed)[0])


def linear_probes(
    features: npt.ArrayLike, labels: npt.ArrayLike, *, penalty: float = PENALTY, seed: int = 0
) -> Floats:
    """Computes the accuracies of linear probes of the same rows that see other features each.

    Args:
        features: What each probe sees of each row, float [P, N, ...].
        labels: Class of each row, int [N].
        penalty: Ridge penalty, relative to the mean squared size of a row.
        seed: Seed of the folds, which are the same for all.

    Returns:
        `linear_probe` of each, float [P]; many small ones take a fraction of their time one by one.

    >>> linear_probes([[[0], [1]] * 8, [[0], [0]] * 8], [0, 1] * 8).tolist()
    [1.0, 0.5]
    """
    rows: Floats = np.asarray(features, np.float64)
    rows = rows.reshape(*rows.shape[:2], -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    classes, own = np.unique(np.asarray(labels), return_inverse=True)
    size = np.sqrt(np.mean(np.sum(rows**2, axis=2), axis=1))
    largest = np.bincount(own).max() / len(own)
    if len(classes) < 2:
        return np.full(len(rows), largest)
    # The mean of some rows is not that of all: one more feature is 1 everywhere.
    rows = rows / np.where(size > 0, size, 1)[:, None, None]
    seen = np.concatenate([rows, np.ones((*rows.shape[:2], 1))], axis=2)
    hot = np.eye(len(classes))[own]
    order = np.random.default_rng(seed).permutation(len(own))
    right = np.zeros(len(rows))
    for fold in range(FOLDS):
        held, known = order[fold::FOLDS], np.delete(order, np.s_[fold::FOLDS])
        answered = _answered(seen[:, known], hot[known], seen[:, held], penalty)
        right += np.sum(answered == own[held], axis=1)
    return np.where(size > 0, right / len(own), largest)


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
    """Returns the class that probes of the known rows give to each row held back, [P, held]."""
    probes, count, width = known.shape
    turned = known.transpose(0, 2, 1)
    if width <= count:
        weights = np.linalg.solve(turned @ known + penalty * np.eye(width), turned @ hot)
    else:
        targets = np.broadcast_to(hot, (probes, *hot.shape))
        weights = turned @ np.linalg.solve(known @ turned + penalty * np.eye(count), targets)
    counts = hot.sum(axis=0)
    means = hot.T @ (known @ weights) / np.maximum(counts, 1)[:, None]
    # Squared distances of answers from means, less what is the same for all classes.
    far = np.sum(means**2, axis=2)[:, None] - 2 * (held @ weights) @ means.transpose(0, 2, 1)
    return np.asarray(np.where(counts > 0, far, np.inf).argmin(axis=2))
