"""Measures how far weights moved since the last measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.model.preserved_state import one_copy
from tfexplain.types import Tensor

# Weights that are kept of the last measurement; of more, evenly spread ones are.
MOST_KEPT = 1 << 24


class KeptWeights:
    """Keeps one copy of a model's weights, or of `most` of them, on their device.

    Args:
        variables: Trainable variables.
        most: How many numbers to keep.
    """

    def __init__(self, variables: Sequence[Any], most: int = MOST_KEPT) -> None:
        sizes = [int(np.prod(variable.shape)) for variable in variables]
        self.every = max(1, -(-sum(sizes) // most))
        lengths = [-(-size // self.every) for size in sizes]
        copies = [one_copy(variable) for variable in variables]

        def compare(before: Tensor) -> tuple[Tensor, Tensor]:
            now = [tf.reshape(copy.value(), [-1])[:: self.every] for copy in copies]
            now = [tf.zeros([0]), *(tf.cast(part, tf.float32) for part in now)]
            then = tf.split(before, [0, *lengths])
            changes = [_norm(new - old) for new, old in zip(now, then, strict=True)]
            return tf.concat(now, 0), tf.stack([changes, [_norm(old) for old in then]])

        # The traced function holds no variable, so that it keeps no model alive.
        kept = tf.zeros([sum(lengths)])
        self._compare = tf.function(compare, autograph=False).get_concrete_function(kept)
        self._kept, _ = self._compare(kept)

    def moved(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Returns L2 norms by variable: of the change since the last call, and of the weights
        then."""
        self._kept, norms = self._compare(self._kept)
        change, size = norms.numpy()[:, 1:]
        return change, size


def _norm(values: Tensor) -> Tensor:
    # Squares of tiny changes would leave the range of float32.
    return tf.sqrt(2 * tf.nn.l2_loss(tf.cast(values, tf.float64)))
