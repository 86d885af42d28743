"""Measures the fidelity of a model's predictions to those of a reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

# Smaller probabilities count as this one: float32 knows none below, and 0 would be infinitely far.
_LEAST = float(np.finfo(np.float32).tiny)
# Of outputs that are compared at once.
_PART_BYTES = 32 << 20


@dataclass(frozen=True, eq=False)
class Predicted:
    """Holds the predictions of a model on a data set.

    Attributes:
        outputs: [N, K], probabilities where `activation` is softmax or sigmoid, else values.
        classes: int [N], the predicted classes; -1 for values.
        count: How many classes there are; 0 for values.
        activation: How the outputs read; `none` for values and for numbers of unknown meaning.
    """

    outputs: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int32]
    count: int
    activation: Literal["softmax", "sigmoid", "none"]

    @property
    def marks(self) -> npt.NDArray[np.bool_]:
        """Predicted classes, bool [N, count]: one a sample, or all labels above 0.5 where they do
        not exclude each other."""
        if self.activation == "sigmoid" and self.outputs.shape[1] > 1:
            return self.outputs > 0.5
        marks: npt.NDArray[np.bool_] = self.classes[:, None] == np.arange(self.count)
        return marks


@dataclass(frozen=True, eq=False)
class Fidelity:
    """Holds the agreement of a model's predictions with those of a reference.

    Attributes:
        numbers: `samples`; for classes `agreement` (share of equal predictions; of labels that do
            not exclude each other, of all of them), `kl` (mean
            KL(reference || model) in nats; over independent outputs, their sum; where outputs of
            both are known to be probabilities of one kind), and with labels
            `accuracy` and `reference_accuracy`; for values `mean_abs_difference`.
        flips: int64 [classes], of the samples that the reference predicts as a class, those
            predicted otherwise; empty for values.
        counts: int64 [classes], how many the reference predicts as a class.
    """

    numbers: Mapping[str, float]
    flips: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


def fidelity(
    model: Predicted,
    reference: Predicted,
    labels: npt.NDArray[np.int64] | None = None,
    rows: npt.NDArray[np.bool_] | None = None,
) -> Fidelity:
    """Compares the predictions of two models on the same samples.

    Args:
        model: The one that is measured.
        reference: The one it should agree with.
        labels: int [N], the true classes, -1 where unknown.
        rows: bool [N], the samples that count; default all.
    """
    counted = np.ones(len(model.outputs), bool) if rows is None else rows
    numbers: dict[str, float] = {"samples": float(counted.sum())}
    difference, values = 0.0, 0
    same, divergences = [np.zeros(0, bool)], [np.zeros(0)]
    probabilities = model.activation == reference.activation != "none"
    flips = counts = np.zeros(reference.count, np.int64)
    for said, wanted in _parts(model, reference, counted):
        if not reference.count:
            apart = np.abs(said.outputs.astype(np.float64) - wanted.outputs)
            difference, values = difference + float(apart.sum()), values + apart.size
            continue
        same.append((said.marks == wanted.marks).all(axis=1))
        if probabilities:
            divergences.append(divergence(said, wanted))
        flips = flips + (wanted.marks & ~said.marks).sum(axis=0)
        counts = counts + wanted.marks.sum(axis=0)
    if not reference.count:
        numbers["mean_abs_difference"] = difference / values
        return Fidelity(numbers, flips, counts)
    numbers["agreement"] = float(np.concatenate(same).mean())
    if probabilities:
        numbers["kl"] = float(np.concatenate(divergences).mean())
    if labels is not None and (known := (labels >= 0) & counted).any():
        numbers["accuracy"] = float((model.classes == labels)[known].mean())
        numbers["reference_accuracy"] = float((reference.classes == labels)[known].mean())
    return Fidelity(numbers, flips, counts)


def agreeing(model: Predicted, reference: Predicted) -> npt.NDArray[np.bool_]:
    """Returns which samples two models predict as the same classes, bool [N]."""
    rows = np.ones(len(model.outputs), bool)
    parts = _parts(model, reference, rows)
    return np.concatenate([(said.marks == wanted.marks).all(axis=1) for said, wanted in parts])


def _parts(
    model: Predicted, reference: Predicted, rows: npt.NDArray[np.bool_]
) -> Iterator[tuple[Predicted, Predicted]]:
    """Yields the predictions of some rows: outputs of many may be mapped from a file."""
    width = max(1, model.outputs[:1].size)
    step = max(1, _PART_BYTES // (8 * width))

    def some(predicted: Predicted, start: int) -> Predicted:
        part = slice(start, start + step)
        chosen = rows[part]
        own = predicted.outputs[part][chosen], predicted.classes[part][chosen]
        return Predicted(*own, predicted.count, predicted.activation)

    for start in range(0, len(rows), step):
        yield some(model, start), some(reference, start)


def divergence(model: Predicted, reference: Predicted) -> npt.NDArray[np.float64]:
    """Computes KL(reference || model) in nats, float64 [N], of probabilities."""
    p, q = (predicted.outputs.astype(np.float64) for predicted in (reference, model))
    if reference.activation == "sigmoid":  # each output is a distribution of its own: it or not
        p, q = np.stack([p, 1 - p], axis=2), np.stack([q, 1 - q], axis=2)
    # Sums of float32 miss 1 by its precision, and equal predictions would differ by less than 0.
    p, q = np.maximum(p, _LEAST), np.maximum(q, _LEAST)
    p, q = (one / one.sum(axis=-1, keepdims=True) for one in (p, q))
    terms = p * (np.log(p) - np.log(q))
    total: npt.NDArray[np.float64] = terms.reshape(len(terms), -1).sum(axis=1)
    return total
