"""Evaluates a model's logged outputs on the validation rows of one epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.evaluation import hits, ranking, values
from tfexplain.evaluation.calibration import Calibration, calibration
from tfexplain.evaluation.dynamics import TrainingDynamics
from tfexplain.quality.intervals import Floats
from tfexplain.types import Array
from tfexplain.wire import schema

# Probabilities that are 0 in float32 would cost an infinity.
_LEAST = np.finfo(np.float32).tiny


@dataclass(frozen=True)
class Evaluated:
    """Outputs beside labels, of N rows at one epoch.

    Rows without a label count nowhere, rows of weight 0 neither.

    Attributes:
        validation: The rows, as logged.
        outputs: The model's outputs, as logged.

    Example:
        >>> import tfexplain
        >>> run = tfexplain.read("logs")["run1"]  # doctest: +SKIP
        >>> run.evaluated(epoch=12).confusion()  # doctest: +SKIP
    """

    validation: schema.Validation
    outputs: schema.Outputs

    def __post_init__(self) -> None:
        count, rows = len(self.validation.labels), len(self.outputs.values)
        if count != rows:
            raise TfexplainError(
                f"outputs: expected {count} rows, as the log's validation rows; got {rows}. The "
                "log holds two trainings: give each its own directory."
            )

    @property
    def is_of_classes(self) -> bool:
        """Whether the labels are classes."""
        return self.validation.label_kind == "class"

    @property
    def has_several(self) -> bool:
        """Whether a row may have several labels."""
        return self.validation.sets is not None

    @property
    def classes(self) -> int:
        """Number of classes; 0 of values."""
        return self.validation.classes if self.is_of_classes else 0

    @cached_property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which rows have a label and a weight, bool [N]."""
        finite = np.isfinite(self._numbers).all(axis=1) & (self.validation.weights > 0)
        # Of several labels a row may have none.
        labelled = self.has_several | ~np.isnan(self.validation.labels)
        found: npt.NDArray[np.bool_] = finite & labelled
        return found

    @cached_property
    def log_probabilities(self) -> Floats:
        """Natural logarithms of the probabilities, float64 [N, K]; K is 2 of one sigmoid.

        Of an output of more classes than are kept, those of the kept columns.
        """
        numbers = self._numbers
        if self.outputs.unit == "probability":
            pair = numbers if not self._is_binary else np.hstack([1 - numbers, numbers])
            logs: Floats = np.log(np.maximum(pair, _LEAST))
            return logs
        if self.validation.activation == "sigmoid":
            positive: Floats = -np.logaddexp(0, -numbers)
            return np.hstack([-np.logaddexp(0, numbers), positive]) if self._is_binary else positive
        totals: Floats | None = self.outputs.log_totals
        if totals is None:
            totals = np.logaddexp.reduce(numbers, axis=1)
        with np.errstate(invalid="ignore"):  # of infinite outputs, whose rows count nowhere
            return numbers - totals[:, None]

    @cached_property
    def predicted(self) -> npt.NDArray[np.int64]:
        """The likeliest class of each row, int64 [N]."""
        place: npt.NDArray[np.int64] = self.log_probabilities.argmax(axis=1).astype(np.int64)
        columns: Array | None = self.outputs.columns
        if columns is not None:
            place = columns[np.arange(len(place)), place].astype(np.int64)
        return place

    @cached_property
    def predicted_sets(self) -> npt.NDArray[np.uint8]:
        """Which labels are predicted of each row that may have several, uint8 [N, K]: those above
        0.5."""
        said: npt.NDArray[np.uint8] = (self.log_probabilities > np.log(0.5)).astype(np.uint8)
        return said

    @cached_property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether each row's label is predicted, bool [N]; of several labels, whether all are."""
        if self.validation.sets is not None:
            every: npt.NDArray[np.bool_] = (self.predicted_sets == self.validation.sets).all(axis=1)
            return every & self.known
        hit: npt.NDArray[np.bool_] = (self.predicted == self._labels) & self.known
        return hit

    @cached_property
    def label_log_probability(self) -> Floats:
        """Logarithm of the probability of each row's label, float64 [N]; NaN without one.

        Of several labels the mean over all columns of that of what is true there.
        """
        logs = self.log_probabilities
        if self.validation.sets is not None:
            absent = np.log(np.maximum(-np.expm1(logs), _LEAST))
            of_row = np.where(self.validation.sets > 0, logs, absent).mean(axis=1)
        elif self.outputs.columns is None:
            of_row = np.take_along_axis(logs, self._labels[:, None], axis=1)[:, 0]
        else:
            of_row = logs[:, -1]
        return np.where(self.known, of_row, np.nan)

    def dynamics(self) -> TrainingDynamics:
        """How the rows were predicted over the epochs so far; labels are classes."""
        own = self.outputs
        sums = own.confidence_sum, own.square_sum
        counts = own.right_count.astype(np.int64), own.forgotten.astype(np.int64)
        return TrainingDynamics(own.epochs, *sums, *counts, self.right)

    def confusion(self) -> Floats:
        """Confusion matrix: weights of rows by label and predicted class, float64 [C, C]."""
        self._need("class", "confusion")
        some = self.known
        return hits.confusion(self._labels[some], self.predicted[some], self.classes, self._weights)

    def hits(self) -> hits.RowHits:
        """Hits and misses of each class, for precision, recall and F1 with their intervals."""
        self._need("class", "hits")
        some = self.known
        if self.validation.sets is not None:
            return hits.of_labels(
                self.validation.sets[some], self.predicted_sets[some], self._weights
            )
        return hits.of_classes(
            self._labels[some], self.predicted[some], self.classes, self._weights
        )

    def ranking(self, label: int) -> ranking.Ranking:
        """Rows by the probability of one class: ROC, precision and recall, KS, gains, lift."""
        return ranking.ranking(*self.ranked(label))

    def ranked(self, label: int) -> tuple[Floats, npt.NDArray[np.bool_], Floats]:
        """What a ranking is made of: scores, whether each row is of the class, and weights."""
        self._need("class", "ranking")
        if not 0 <= label < self.classes:
            raise TfexplainError(
                f"label={label!r}: expected a class in 0..{self.classes - 1}. Pass one of these."
            )
        if self.outputs.columns is not None:
            raise TfexplainError(
                f"ranking: the log keeps the largest of {self.classes} classes only, so rows "
                "cannot be ranked by one class. Look at the confusion instead."
            )
        some, sets = self.known, self.validation.sets
        mine = self._labels == label if sets is None else sets[:, label] > 0
        return self.log_probabilities[some, label], mine[some], self._weights

    def calibration(self) -> Calibration:
        """Accuracy by the confidence of the predicted class; of several labels by that of each."""
        self._need("class", "calibration")
        some, sets = self.known, self.validation.sets
        chances = np.exp(self.log_probabilities[some])
        if sets is not None:
            weights = np.repeat(self._weights, sets.shape[1])
            return calibration(chances.ravel(), sets[some].ravel() > 0, weights)
        return calibration(chances.max(axis=1), self.right[some], self._weights)

    def errors_by_value(self) -> values.ErrorsByValue:
        """Mean absolute error by the true value."""
        return values.errors_by_value(*self.numbers())

    def numbers(self) -> tuple[Floats, Floats, Floats]:
        """True values, predicted values and weights of all rows with a label."""
        self._need("value", "numbers")
        some = self.known
        return self.validation.labels[some], self._numbers[some, 0], self._weights

    def totals(self) -> dict[str, float]:
        """The numbers that sum up an epoch, by name."""
        if not self.known.any():
            return {}
        if not self.is_of_classes:
            return {
                "mean_absolute_error": float(values.score("mean absolute error", *self.numbers())),
                "root_mean_squared_error": float(
                    values.score("root mean squared error", *self.numbers())
                ),
                "r2": float(values.score("R2", *self.numbers())),
            }
        rates = self.hits().total()
        found = {
            "accuracy": float(np.average(self.right[self.known], weights=self._weights)),
            "macro_f1": float(rates.average("f1", "macro")),
            "log_loss": self._mean(-self.label_log_probability),
            "calibration_error": self.calibration().error,
        }
        if self._is_binary or self.classes == 2:
            ranked = self.ranking(1)
            found["auc"] = float(ranked.auc)
            found["average_precision"] = float(ranked.average_precision)
        return found

    @property
    def _numbers(self) -> Floats:
        return np.asarray(self.outputs.values, np.float64)

    @property
    def _is_binary(self) -> bool:
        one = self.validation.activation == "sigmoid" and self.outputs.values.shape[1] == 1
        return one and not self.has_several

    @property
    def _labels(self) -> npt.NDArray[np.int64]:
        labels: npt.NDArray[np.int64] = np.nan_to_num(self.validation.labels).astype(np.int64)
        return labels

    @property
    def _weights(self) -> Floats:
        return np.asarray(self.validation.weights[self.known], np.float64)

    def _mean(self, numbers: Floats) -> float:
        return float(np.average(numbers[self.known], weights=self._weights))

    def _need(self, kind: str, what: str) -> None:
        if self.validation.label_kind != kind:
            has: Mapping[str, str] = {"class": "classes", "value": "values", "none": "no labels"}
            raise TfexplainError(
                f"{what}: expected labels that are {has[kind]}; the log has "
                f"{has[self.validation.label_kind]}."
            )
