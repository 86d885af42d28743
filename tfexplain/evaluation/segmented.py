"""Evaluates predictions at each position, such as of pixels, on the validation rows of an epoch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.evaluation.hits import RowHits
from tfexplain.quality.intervals import Floats
from tfexplain.wire import schema


@dataclass(frozen=True)
class Segmented:
    """Counts of right and wrong positions, of N rows at one epoch.

    Rows of weight 0 and positions without a label count nowhere. The positions of one row are not
    independent, so all intervals are of bootstrap samples of the rows.

    Attributes:
        validation: The rows, as logged.
        pixels: The counts, as logged.

    Example:
        >>> import tfexplain
        >>> run = tfexplain.read("logs")["run1"]  # doctest: +SKIP
        >>> run.segmented(epoch=12).hits().total().rate("iou")  # doctest: +SKIP
    """

    validation: schema.Validation
    pixels: schema.Pixels

    def __post_init__(self) -> None:
        expected = len(self.validation.labels), self.validation.classes
        if self.pixels.hits.shape != expected:
            raise TfexplainError(
                f"pixels: expected counts of {expected[0]} rows and {expected[1]} classes, as the "
                f"log's validation rows; got {self.pixels.hits.shape}. The log holds two "
                "trainings: give each its own directory."
            )

    @property
    def has_several(self) -> bool:
        """Whether a position may have several labels."""
        return not self.pixels.confusion.size

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.validation.classes

    @cached_property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which rows have a weight and labels, bool [N]."""
        labelled = (self.pixels.hits + self.pixels.misses).sum(axis=1) > 0
        found: npt.NDArray[np.bool_] = (self.validation.weights > 0) & labelled
        return found

    def confusion(self) -> Floats:
        """Confusion matrix: positions by label and predicted class, times the weights of their
        rows, float64 [C, C]; [0, 0] where a position may have several labels."""
        counts: Floats = self.pixels.confusion
        return counts

    def hits(self, rows: npt.NDArray[np.bool_] | None = None) -> RowHits:
        """Right and wrong positions of each class, for IoU, precision, recall and F1 (Dice).

        Their intervals are those of `interval(name, by_rows=False)`.

        Args:
            rows: bool [N], which rows; default all that are known.
        """
        some = self.known if rows is None else self.known & rows
        counts = (self.pixels.hits, self.pixels.false_alarms, self.pixels.misses)
        hits, false_alarms, misses = (np.asarray(part[some], np.float64) for part in counts)
        weights = np.asarray(self.validation.weights[some], np.float64)
        return RowHits(hits, false_alarms, misses, weights)

    def totals(self) -> dict[str, float]:
        """The numbers that sum up an epoch, by name."""
        return {name: value for name, (value, *_) in self.with_intervals().items()}

    def with_intervals(self) -> dict[str, tuple[float, float, float]]:
        """`totals` with their 95% intervals: value, low, high.

        `accuracy` is the share of all positions that are right, `mean_iou` the mean over the
        classes that occur in labels or predictions.
        """
        if not self.known.any():
            return {}
        hits = self.hits()
        found = {} if self.has_several else {"accuracy": accuracy(hits)}
        for name, rate in (("mean_iou", "iou"), ("macro_f1", "f1")):
            low, high = hits.interval(rate, "macro")  # type: ignore[arg-type]
            value = hits.total().average(rate, "macro")  # type: ignore[arg-type]
            found[name] = (float(value), float(low), float(high))
        return found


def accuracy(hits: RowHits) -> tuple[float, float, float]:
    """Computes the share of positions whose label is predicted, with its 95% interval."""
    low, high = hits.interval("recall", "micro")
    return float(hits.total().average("recall", "micro")), float(low), float(high)
