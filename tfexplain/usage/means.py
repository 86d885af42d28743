"""Computes means over rows with bootstrap intervals; numpy only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tfexplain.quality.intervals import Floats, percentile_interval, resampled

MOST_CLASSES = 32


def mean_interval(by_row: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Computes means over rows and their 95% bootstrap interval: (mean, low, high), each [F].

    Args:
        by_row: [N, F].

    References:
        Efron 1979, https://doi.org/10.1214/aos/1176344552

    >>> [float(one[0]) for one in mean_interval([[2.0], [2.0]])]
    [2.0, 2.0, 2.0]
    """
    rows = np.asarray(by_row, np.float64)
    with np.errstate(invalid="ignore"):
        drawn = resampled(len(rows)) @ rows / len(rows)
        mean: Floats = rows.mean(axis=0)
    return mean, *percentile_interval(drawn)


def means_by_class(
    by_row: npt.ArrayLike, labels: npt.ArrayLike, most: int = MOST_CLASSES
) -> tuple[npt.NDArray[np.int32], Floats]:
    """Computes means over the rows of each label: (classes int32 [C], means [C, F]).

    Of more than `most` classes they are those with most rows. Rows whose label is NaN count in
    none.

    >>> means_by_class([[1.0], [3.0], [5.0]], [0, 0, 2])
    (array([0, 2], dtype=int32), array([[2.],
           [5.]]))
    """
    rows, own = np.asarray(by_row, np.float64), np.asarray(labels, np.float64)
    known, counts = np.unique(own[np.isfinite(own)], return_counts=True)
    classes = np.sort(known[np.argsort(-counts, kind="stable")[:most]])
    means = [rows[own == label].mean(axis=0) for label in classes]
    table = np.stack(means) if means else np.zeros((0, rows.shape[1]))
    return classes.astype(np.int32), table
