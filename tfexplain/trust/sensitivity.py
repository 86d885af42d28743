"""Measures how much maps change with a little noise on the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from tfexplain.checks import check_number, check_whole
from tfexplain.errors import TfexplainError
from tfexplain.trust.explained import Explained, Floats, passed
from tfexplain.trust.metric import Better, Measured, Metric, over


@dataclass(frozen=True, kw_only=True, eq=False)
class MaxSensitivity(Metric):
    """Measures the largest change of the map under noise on the input, relative to the map.

    `values` are the largest of `|map(x + noise) - map(x)| / |map(x)|` over the draws, norms being
    Euclidean: 0 for a map that does not change; lower is better. It is a lower bound of the true
    maximum. A map that is always the same scores 0 too, so it says nothing of faithfulness. The
    class that is explained stays that of the sample.

    Attributes:
        radius: Noise is uniform within this share of the input's range over the samples.
        draws: How often noise is drawn; each is an explanation of all samples.

    References:
        Yeh et al. 2019, definition 3.1, https://arxiv.org/abs/1901.09392
    """

    unit: ClassVar[str] = "of the map"
    better: ClassVar[Better] = "lower"
    needs_explainer: ClassVar[bool] = True

    radius: float = 0.02
    draws: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("radius", self.radius, above=0)
        check_whole("draws", self.draws)

    def measured(self, given: Explained) -> Measured:
        """Explains the samples with noise, draw by draw."""
        values = given.input
        if values.dtype.kind != "f":
            raise TfexplainError(
                f"inputs: expected floating-point numbers, for {self.name} adds noise to them; got "
                f"{values.dtype.name}. Use Deletion or Infidelity for indices and texts."
            )
        rng, spread = np.random.default_rng(self.seed), float(np.ptp(values))
        before, most = _flat(given.attribution.values), np.zeros(len(values))
        passes = 0
        for _ in range(self.draws):
            noise = (self.radius * spread * rng.uniform(-1, 1, values.shape)).astype(values.dtype)
            again = given.again(values + noise)
            # The noise as it is left after rounding.
            moved = _flat(values + noise) - _flat(values)
            change = np.linalg.norm(_flat(again.values) - before, axis=1)
            most = np.maximum(most, self._ratio(change, before, moved))
            passes += passed(again)
        return self.found(most, unit=self._unit(given), passes=passes)

    def _ratio(self, change: Floats, before: Floats, moved: Floats) -> Floats:
        return over(change, np.linalg.norm(before, axis=1))

    def _unit(self, given: Explained) -> str:
        return self.unit


@dataclass(frozen=True, kw_only=True, eq=False)
class LocalLipschitz(MaxSensitivity):
    """Estimates the local Lipschitz constant of the map: its largest change by that of the input.

    `values` are the largest of `|map(x + noise) - map(x)| / |noise|` over the draws, in units of
    the map by those of the input: lower is better. Compare the same method on the same inputs only.

    References:
        Alvarez-Melis and Jaakkola 2018, eq. 2, https://arxiv.org/abs/1806.08049
    """

    def _ratio(self, change: Floats, before: Floats, moved: Floats) -> Floats:
        return over(change, np.linalg.norm(moved, axis=1))

    def _unit(self, given: Explained) -> str:
        return f"{given.attribution.unit} by input"


def _flat(values: npt.ArrayLike) -> Floats:
    array = np.asarray(values, np.float64)
    return array.reshape(len(array), -1)
