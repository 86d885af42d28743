"""Measures how far weights moved since the last measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.model.preserved_state import one_copy

# Weights that are kept of the last measurement; of more, evenly spread ones are.
MOST_KEPT = 1 << 24


class KeptWeights:
    """Keeps one copy of a model's weights, or of `most` of them.

    Args:
        variables: Trainable variables.
        most: How many numbers to keep.
    """

    def __init__(self, variables: Sequence[Any], most: int = MOST_KEPT) -> None:
        count = sum(int(np.prod(variable.shape)) for variable in variables)
        self.every = max(1, -(-count // most))
        self._kept = [self._read(variable) for variable in variables]

    def moved(
        self, variables: Sequence[Any]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Returns L2 norms by variable: of the change since the last call, and of the weights
        then."""
        now = [self._read(variable) for variable in variables]
        before, self._kept = self._kept, now
        pairs = [
            (_norm(new - old), _norm(old)) if new.shape == old.shape else (np.nan, np.nan)
            for new, old in zip(now, before, strict=False)
        ]
        pairs += [(np.nan, np.nan)] * (len(now) - len(pairs))
        change, size = np.array(pairs, np.float64).reshape(-1, 2).T
        return change, size

    def _read(self, variable: Any) -> npt.NDArray[np.float32]:
        value = one_copy(variable).value()
        if self.every > 1:  # before it leaves its device
            value = tf.reshape(value, [-1])[:: self.every]
        # A copy: on a CPU an array may be the variable's own memory, which goes on changing.
        return np.array(value).astype(np.float32, copy=False)


def _norm(values: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt(np.square(values, dtype=np.float64).sum()))
