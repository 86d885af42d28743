"""Counts hits and misses of classes, and computes precision, recall, F1, IoU and their means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from tfexplain.quality.intervals import (
    Floats,
    effective_count,
    percentile_interval,
    resampled,
    wilson,
)

Average = Literal["micro", "macro", "weighted"]
Rate = Literal["precision", "recall", "f1", "iou"]
RATES: tuple[Rate, ...] = ("precision", "recall", "f1", "iou")
AVERAGES: tuple[Average, ...] = ("micro", "macro", "weighted")


@dataclass(frozen=True)
class Hits:
    """Hits and misses of each class; leading axes are bootstrap samples.

    Attributes:
        hits: True positives, float64 [..., C].
        false_alarms: False positives.
        misses: False negatives.
    """

    hits: Floats
    false_alarms: Floats
    misses: Floats

    def rate(self, name: Rate) -> Floats:
        """Computes a rate of each class, 0 to 1; NaN where nothing defines it.

        Precision is hits / (hits + false alarms), recall hits / (hits + misses), F1 their harmonic
        mean, IoU (Jaccard index) hits / (hits + false alarms + misses).
        """
        return share(self.hits, self.whole(name))

    def whole(self, name: Rate) -> Floats:
        """Sums what a rate is a share of, by class."""
        if name == "precision":
            return self.hits + self.false_alarms
        if name == "recall":
            return self.hits + self.misses
        wrong = self.false_alarms + self.misses
        return self.hits + (wrong / 2 if name == "f1" else wrong)

    def average(self, name: Rate, how: Average) -> Floats:
        """Computes one rate of all classes, float64 [...].

        Args:
            name: Rate.
            how: `micro` counts all rows alike; `macro` all classes that stand in labels or
                predictions; `weighted` those of the labels by their number of rows.

        Classes of which a rate is not defined (never predicted, or never a label) count as 0, as in
        scikit-learn.
        """
        if how == "micro":
            sums = (self.hits, self.false_alarms, self.misses)
            return Hits(*(part.sum(axis=-1, keepdims=True) for part in sums)).rate(name)[..., 0]
        rates = np.nan_to_num(self.rate(name))
        labels = self.hits + self.misses
        parts = labels if how == "weighted" else (labels + self.false_alarms > 0).astype(float)
        return share((rates * parts).sum(axis=-1), parts.sum(axis=-1))


@dataclass(frozen=True)
class RowHits:
    """Hits and misses of each row, to be summed, weighted and resampled.

    Attributes:
        hits: float64 [N, C]; of segmentation, how many pixels of the row.
        false_alarms: The same.
        misses: The same.
        weights: float64 [N].
    """

    hits: Floats
    false_alarms: Floats
    misses: Floats
    weights: Floats

    def total(self) -> Hits:
        """Sums all rows."""
        return self._sums(self.weights)

    def interval(
        self, name: Rate, how: Average | None = None, *, by_rows: bool = True
    ) -> tuple[Floats, Floats]:
        """Computes the 95% interval of a rate of each class, or of an average.

        Rates of single classes are shares of rows, whose interval is Wilson's. F1 is 2 IoU /
        (1 + IoU), so its bounds are those of the IoU. Averages, and all rates of segmentation,
        whose pixels are not independent, are resampled by row.

        Args:
            name: Rate.
            how: None of each class.
            by_rows: Whether a row holds one label for each class at most.
        """
        if how is not None or not by_rows:
            drawn = self._drawn
            rates = drawn.rate(name) if how is None else drawn.average(name, how)
            return percentile_interval(rates)
        if name == "f1":
            low, high = self.interval("iou")
            return 2 * low / (1 + low), 2 * high / (1 + high)
        total, squares = self.total(), self._sums(self.weights**2)
        return wilson(total.rate(name), effective_count(total.whole(name), squares.whole(name)))

    @cached_property
    def _drawn(self) -> Hits:
        """Sums of bootstrap samples of the rows."""
        return self._sums(resampled(len(self.weights)) * self.weights)

    def _sums(self, weights: Floats) -> Hits:
        return Hits(*(weights @ part for part in (self.hits, self.false_alarms, self.misses)))


def of_classes(
    labels: npt.ArrayLike, predicted: npt.ArrayLike, classes: int, weights: npt.ArrayLike
) -> RowHits:
    """Counts the hits of one class a row.

    Args:
        labels: Integers [N], 0 to C - 1.
        predicted: The same.
        classes: C.
        weights: [N].
    """
    # No identity matrix: of 20,000 classes it has 3 GB.
    true, said = (np.asarray(own)[:, None] == np.arange(classes) for own in (labels, predicted))
    return of_labels(true, said, weights)


def of_labels(true: npt.ArrayLike, said: npt.ArrayLike, weights: npt.ArrayLike) -> RowHits:
    """Counts the hits of rows with any number of labels.

    Args:
        true: 0 or 1, [N, C].
        said: The same, of the predictions.
        weights: [N].
    """
    is_true, is_said = np.asarray(true, np.float64), np.asarray(said, np.float64)
    hits = is_true * is_said
    return RowHits(hits, is_said - hits, is_true - hits, np.asarray(weights, np.float64))


def confusion(
    labels: npt.ArrayLike, predicted: npt.ArrayLike, classes: int, weights: npt.ArrayLike
) -> Floats:
    """Counts the confusion matrix: weights of rows by label and predicted class, float64 [C, C].

    >>> confusion([0, 0, 1], [0, 1, 1], 2, [1, 1, 1]).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    place = np.asarray(labels) * classes + np.asarray(predicted)
    counts: Floats = np.zeros(classes**2)
    np.add.at(counts, place, np.asarray(weights, np.float64))
    return counts.reshape(classes, classes)


def share(part: Floats, whole: Floats) -> Floats:
    """Divides, NaN where the whole is 0."""
    empty: Floats = np.full(np.shape(whole), np.nan)
    return np.divide(part, whole, out=empty, where=whole > 0)
