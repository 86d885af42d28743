"""Measures which units of a layer are dead, on one batch of activations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.compression.structure import share, sparsity_of
from tfexplain.errors import TfexplainError
from tfexplain.types import Array


@dataclass(frozen=True, eq=False)
class ActivationNumbers:
    """Holds the numbers of the units of a layer on one batch.

    Attributes:
        sparsity: mean(a == 0).
        dead: bool [C], units at or below zero on the whole batch; NaN is neither.
    """

    sparsity: float
    dead: npt.NDArray[np.bool_]

    @property
    def dead_share(self) -> float:
        """Share of units that are dead on this batch."""
        return sparsity_of(self.dead)


def measure_activations(values: Array, channel_axis: int = -1) -> ActivationNumbers:
    """Measures a batch of activations.

    Args:
        values: [N, ..., C] as `tap` reads them.
        channel_axis: Axis of the units; 1 for channels first.

    Raises:
        TfexplainError: there are no samples.
    """
    if values.ndim < 2 or not len(values):
        raise TfexplainError(
            f"values of shape {values.shape}: expected [N, ..., C] with N > 0. Pass a batch."
        )
    others = tuple(axis for axis in range(values.ndim) if axis != channel_axis % values.ndim)
    zeros = values.size - int(np.count_nonzero(values != 0))
    dead = np.asarray((values <= 0).all(axis=others))
    return ActivationNumbers(share(zeros, values.size), dead)
