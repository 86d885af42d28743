"""Compares a model's answers with the labels of some rows: accuracy, or the error of a value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.data.row_choice import Chosen
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Context
from tfexplain.explainers.baselines import starts
from tfexplain.explainers.perturbation.answers import Answer
from tfexplain.explainers.perturbation.masked import MaskedInput, Masks
from tfexplain.model.batching import chunk_size
from tfexplain.model.shared_pass import LayerReads, PassResult, Request, shared_pass
from tfexplain.model.targets import PREDICTED
from tfexplain.quality.intervals import Floats
from tfexplain.types import Array, Tensor
from tfexplain.usage.features import Features, hidden_row

Score = Literal["accuracy", "mean absolute error"]


@dataclass(frozen=True, eq=False)
class Scoring:
    """Runs a model on changed rows, and compares its answers with the labels.

    Attributes:
        chosen: The rows.
        column: Which of several values is compared.
        batch_size: How many rows go through the model at once.

    Raises:
        TfexplainError: outputs or labels that tell neither right from wrong nor an error.
    """

    chosen: Chosen
    column: int = 0
    batch_size: int | None = None

    def __post_init__(self) -> None:
        output, labels = self.chosen.output, self.chosen.labels
        if not output.classes:
            raise TfexplainError(f"output {output.name!r} has a prediction for each position")
        if output.several:
            raise TfexplainError("rows have several labels, so none is right or wrong as a whole")
        if labels.kind == "none" or labels.why or not self.known.any():
            raise TfexplainError(labels.why or "rows have no labels")

    @cached_property
    def known(self) -> npt.NDArray[np.bool_]:
        """bool [N], the rows that have a label."""
        return np.isfinite(self.chosen.labels.values)

    @property
    def name(self) -> Score:
        """What a score is."""
        return "mean absolute error" if self.chosen.output.regression else "accuracy"

    @property
    def worse(self) -> int:
        """1 where a higher score is worse, else -1."""
        return 1 if self.chosen.output.regression else -1

    @property
    def size(self) -> int:
        """How many rows go through the model at once."""
        return chunk_size(self.chosen.traced_model, self.batch_size)

    def of(self, answers: Array) -> Floats:
        """Returns the score of each known row, float64 [n, ...], from answers [N, ...].

        It is 1 where a class is right, else 0; of values the size of the error.
        """
        labels = self.chosen.labels.values[self.known]
        own = answers[self.known].astype(np.float64)
        labels = labels.reshape(-1, *[1] * (own.ndim - 1))
        error = np.abs(own - labels) if self.chosen.output.regression else own == labels
        return np.asarray(error, np.float64)

    @cached_property
    def unchanged(self) -> Floats:
        """The score of each known row as it is, float64 [n]."""
        return self.of(np.asarray(self._context.result.scores, np.float64))

    def scores(self, inputs: Any) -> Floats:
        """Returns the score of each known row of other inputs, float64 [n]."""
        return self.of(self._answers(inputs))

    def masked(self, position: int, replaced: Array) -> MaskedInput:
        """Returns an input of which parts take other values.

        Args:
            position: Position of the input.
            replaced: The other values, [N, ...].
        """
        return MaskedInput(self._context, position, replaced, self.size)

    @cached_property
    def _context(self) -> Context:
        count = len(self.chosen.labels.values)
        targets = np.full(count, PREDICTED, np.int32)
        own = PassResult(self._answers(self.chosen.inputs), targets, None, [])
        given = (self.chosen.traced_model, self.chosen.inputs, self._answer, self.chosen.output)
        return Context(*given, "logit", own)

    @property
    def _answer(self) -> Answer:
        return Answer(self.chosen.output, self.column)

    def _answers(self, inputs: Any) -> Floats:
        request = Request((LayerReads(),), self._answer, self.chosen.output, "logit")
        (result,) = shared_pass(self.chosen.traced_model, [request], inputs, self.size)
        return np.asarray(result.scores, np.float64)


def hidden_values(chosen: Chosen, position: int) -> Array:
    """Returns what hidden values of an input become, [N, ...]; see `hidden_row`."""
    flat = [np.asarray(x) for x in tf.nest.flatten(chosen.inputs)]
    names = chosen.traced_model.input_names
    row = hidden_row(chosen.traced_model, position, flat[position])
    baseline: Any = {} if row is None else {names[position]: row}
    return np.asarray(starts(baseline, flat, names, [position])[position])


def bare_input(chosen: Chosen, position: int) -> MaskedInput:
    """Returns an input of which parts can be hidden, before anything is known of the outputs."""
    count = len(chosen.labels.values)
    none = PassResult(np.zeros(count), np.full(count, PREDICTED, np.int32), None, [])
    given = (chosen.traced_model, chosen.inputs, none.targets, chosen.output)
    hidden = hidden_values(chosen, position)
    return MaskedInput(Context(*given, "logit", none), position, hidden, count)


def ranges(features: Features, begin: npt.ArrayLike, end: npt.ArrayLike, order: Array) -> Masks:
    """Returns masks that each hide the features from place `begin` to before `end` of an order.

    Args:
        features: The features of the input.
        begin: int [M].
        end: int [M].
        order: int64 [F], their numbers in that order.
    """
    ranks = np.empty(len(order) + 1, np.int32)
    ranks[order] = np.arange(len(order))
    ranks[-1] = -1  # of what belongs to no feature
    codes = [np.asarray(numbers, np.int32)[None] for numbers in (begin, end)]
    return Masks(codes, _outside, "outside", [ranks[features.ids]])


def _outside(codes: Any, beside: Any) -> Tensor:
    """Makes masks that keep what lies outside of a range of ranks."""
    (ranks,), shape = beside, [-1, *[1] * (beside[0].shape.rank - 1)]
    begin, end = (tf.reshape(code, shape) for code in codes)
    return tf.cast((ranks < begin) | (ranks >= end), tf.float32)
