"""Rows that are hard to score: ties, a class that is missing, sure predictions, one row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tfexplain.types import Array


@dataclass(frozen=True)
class Scored:
    """Labels and probabilities of rows, and their weights."""

    labels: Array
    probabilities: Array
    weights: Array

    @property
    def classes(self) -> int:
        return int(self.probabilities.shape[1])

    @property
    def predicted(self) -> Array:
        return self.probabilities.argmax(axis=1)


def softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _rows(
    count: int, classes: int, seed: int, sure: float = 1.5, last: int | None = None
) -> Scored:
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes if last is None else last, size=count)
    logits = rng.normal(size=(count, classes)) + 1.5 * np.eye(classes)[labels]
    return Scored(labels, softmax(logits), rng.choice([0.5, 1.0, 3.0], size=count))


def _ties() -> Scored:
    rows = _rows(200, 3, 1)
    return Scored(rows.labels, np.round(rows.probabilities, 1), rows.weights)


def _sure() -> Scored:
    rng = np.random.default_rng(2)
    labels = rng.integers(3, size=1000)
    said = np.where(rng.random(1000) < 0.9, labels, (labels + 1) % 3)
    logits = np.eye(3)[said] * rng.uniform(9, 14, size=(1000, 1))
    return Scored(labels, softmax(logits), np.ones(1000))


ROWS = {
    "usual": _rows(300, 4, 0),
    "ties": _ties(),
    "a class is missing": _rows(150, 4, 3, last=3),
    "all scores equal": Scored(np.arange(40) % 2, np.full((40, 2), 0.5), np.ones(40)),
    "one row": Scored(np.array([1]), np.array([[0.3, 0.7]]), np.ones(1)),
    "above 0.999": _sure(),
}
