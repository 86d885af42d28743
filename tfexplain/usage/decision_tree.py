"""Holds a small decision tree as arrays, and says its rules in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Wholes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DecisionTree:
    """Holds the nodes of a tree, the root first; see `answers` for how it decides.

    Attributes:
        feature: int64 [n], the feature that a node asks for; -1 at leaves.
        threshold: float64 [n]; rows of at most this value go left. NaN at leaves.
        left: int64 [n], the node for these rows; -1 at leaves.
        right: int64 [n], the node for all others; -1 at leaves.
        value: float64 [n], what rows that end here are answered: a class, or a value.

    >>> tree = DecisionTree(
    ...     *map(np.array, ([0, -1, -1], [0.5, np.nan, np.nan], [1, -1, -1], [2, -1, -1])),
    ...     np.array([0.0, 3.0, 7.0]),
    ... )
    >>> tree.answers(np.array([[0.5], [0.6]])).tolist()
    [3.0, 7.0]
    >>> [tree.condition(leaf, ["age"]) for leaf in tree.leaves]
    ['age <= 0.5', 'age > 0.5']
    """

    feature: Wholes
    threshold: Floats
    left: Wholes
    right: Wholes
    value: Floats

    def __len__(self) -> int:
        return len(self.feature)

    @property
    def leaves(self) -> list[int]:
        """The leaves, from left to right."""
        return [node for node in self._in_order(0) if self.feature[node] < 0]

    def reached(self, features: Floats) -> Wholes:
        """Returns the leaf that each row of features [N, F] ends at, int64 [N]."""
        at = np.zeros(len(features), np.int64)
        for _ in range(len(self)):
            inner = self.feature[at] >= 0
            if not inner.any():
                break
            asked = np.take_along_axis(features, np.maximum(self.feature[at], 0)[:, None], 1)[:, 0]
            below = np.where(asked <= self.threshold[at], self.left[at], self.right[at])
            at = np.where(inner, below, at)
        return at

    def answers(self, features: Floats) -> Floats:
        """Returns what the tree says of each row of features [N, F], float64 [N]."""
        return self.value[self.reached(features)]

    def through(self, features: Floats) -> npt.NDArray[np.bool_]:
        """Returns whether each row passes through each node, bool [N, n]."""
        marks = np.zeros((len(features), len(self)), bool)
        marks[np.arange(len(features)), self.reached(features)] = True
        for node in reversed(list(self._in_order(0))):  # children before their parents
            if self.feature[node] >= 0:
                marks[:, node] = marks[:, self.left[node]] | marks[:, self.right[node]]
        return marks

    def condition(self, leaf: int, names: Sequence[str]) -> str:
        """Says which rows end at a leaf: `age <= 41.5 and sex > 0.5`; "" at a root."""
        bounds: dict[int, tuple[float, float]] = {}
        for node, goes_left in self._way_to(leaf):
            feature, own = int(self.feature[node]), float(self.threshold[node])
            low, high = bounds.get(feature, (-np.inf, np.inf))
            bounds[feature] = (low, min(high, own)) if goes_left else (max(low, own), high)
        return " and ".join(_between(names[feature], *ends) for feature, ends in bounds.items())

    def merged(self) -> DecisionTree:
        """Returns a tree of the same answers in which no two sibling leaves answer the same."""
        same: dict[int, bool] = {}
        order = list(self._in_order(0))
        for node in reversed(order):
            left, right = int(self.left[node]), int(self.right[node])
            same[node] = self.feature[node] < 0 or (
                same[left] and same[right] and self.value[left] == self.value[right]
            )
        # A node whose rows all get one answer is a leaf of that answer.
        values = self.value.copy()
        for node in reversed(order):
            if same[node] and self.feature[node] >= 0:
                values[node] = values[self.left[node]]
        kept = list(self._in_order(0, same))
        place = {node: i for i, node in enumerate(kept)}
        is_leaf = np.array([same[node] for node in kept])

        def child(of: Wholes) -> Wholes:
            return np.array(
                [-1 if same[node] else place[int(of[node])] for node in kept], dtype=np.int64
            )

        return DecisionTree(
            np.where(is_leaf, -1, self.feature[kept]),
            np.where(is_leaf, np.nan, self.threshold[kept]),
            child(self.left),
            child(self.right),
            values[kept],
        )

    def _in_order(self, node: int, leaves: dict[int, bool] | None = None) -> Iterator[int]:
        """Yields a node and what is below it, parents before children, from left to right."""
        yield node
        is_leaf = self.feature[node] < 0 if leaves is None else leaves[node]
        if not is_leaf:
            yield from self._in_order(int(self.left[node]), leaves)
            yield from self._in_order(int(self.right[node]), leaves)

    def _way_to(self, leaf: int) -> list[tuple[int, bool]]:
        """Returns the nodes above a leaf from the root on, and whether the way goes left."""
        way: list[tuple[int, bool]] = []
        node = leaf
        while node:
            (parent,) = np.flatnonzero((self.left == node) | (self.right == node))
            way.append((int(parent), bool(self.left[parent] == node)))
            node = int(parent)
        return way[::-1]


def _between(name: str, low: float, high: float) -> str:
    if np.isinf(low):
        return f"{name} <= {high:.4g}"
    return f"{name} > {low:.4g}" if np.isinf(high) else f"{low:.4g} < {name} <= {high:.4g}"
