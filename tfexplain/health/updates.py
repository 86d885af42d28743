"""Measures how far weights moved since the last measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfexplain.model.preserved_state import one_copy
from tfexplain.types import Array, Tensor

# Weights that are kept of the last measurement; of more, evenly spread ones are.
MOST_KEPT = 1 << 24


class Moved(NamedTuple):
    """Holds how far weights moved, by variable.

    Attributes:
        change: L2 norm of the change.
        before: L2 norm of the weights before.
        changed: How many weights changed.
        lost: How many of these are the same as before in the half precision that their layer
            computes in; 0 where it does not.
    """

    change: Array
    before: Array
    changed: Array
    lost: Array


class KeptWeights:
    """Keeps one copy of a model's weights, or of `most` of them, on their device.

    Args:
        variables: Trainable variables.
        most: How many numbers to keep.
        halves: Of each the type of half precision that its layer computes in, or "".
    """

    def __init__(
        self, variables: Sequence[Any], most: int = MOST_KEPT, halves: Sequence[str] = ()
    ) -> None:
        sizes = [int(np.prod(variable.shape)) for variable in variables]
        self.every = max(1, -(-sum(sizes) // most))
        lengths = [-(-size // self.every) for size in sizes]
        copies = [one_copy(variable) for variable in variables]
        types = ["", *(halves or [""] * len(sizes))]

        def compare(kept: Tensor) -> tuple[Tensor, Tensor]:
            now = [tf.reshape(copy.value(), [-1])[:: self.every] for copy in copies]
            now = [tf.zeros([0]), *(tf.cast(part, tf.float32) for part in now)]
            then = tf.split(kept, [0, *lengths])
            pairs = list(zip(now, then, strict=True))
            changes = [_norm(new - old) for new, old in pairs]
            counts = [_lost(*pair, half) for pair, half in zip(pairs, types, strict=True)]
            before = [_norm(old) for old in then]
            return tf.concat(now, 0), tf.stack([changes, before, *zip(*counts, strict=True)])

        # The traced function holds no variable, so that it keeps no model alive.
        kept = tf.zeros([sum(lengths)])
        self._compare = tf.function(compare, autograph=False).get_concrete_function(kept)
        self._kept, _ = self._compare(kept)

    def moved(self) -> Moved:
        """Returns how far weights moved since the last call."""
        self._kept, found = self._compare(self._kept)
        return Moved(*found.numpy()[:, 1:])


def _lost(new: Tensor, old: Tensor, half: str) -> tuple[Tensor, Tensor]:
    if not half:
        return tf.constant(0.0, tf.float64), tf.constant(0.0, tf.float64)
    changed = tf.not_equal(new, old)
    same = tf.equal(tf.cast(new, half), tf.cast(old, half))
    counts = [tf.math.count_nonzero(which, dtype=tf.float64) for which in (changed, changed & same)]
    return counts[0], counts[1]


def _norm(values: Tensor) -> Tensor:
    # Squares of tiny changes would leave the range of float32.
    return tf.sqrt(2 * tf.nn.l2_loss(tf.cast(values, tf.float64)))
