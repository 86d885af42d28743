"""Defines `Effect`: what a change of weights does to predictions and maps."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.quality.similarity import MEASURES
from tfexplain.types import Array

Floats = npt.NDArray[np.float64]
Place = tuple[str, str]

# Numbers of predictions that are better when they are smaller; all others, maps' too, when larger.
SMALLER = ("kl", "mean_abs_difference")
MEASURED = ("kl", "agreement", "accuracy", "mean_abs_difference", *MEASURES)


@dataclass(frozen=True, eq=False)
class Effect:
    """Holds what a model says with changed weights, beside what it says as it is.

    Attributes:
        numbers: On all rows: `agreement` and `kl` of predictions, with labels `accuracy` with its
            95% interval `accuracy_low` and `accuracy_high` (Wilson's); of values
            `mean_abs_difference`.
        similarity: By explainer and layer, float64 [samples, measures of `MEASURES`], 1 for equal
            maps; NaN where not defined.
        maps: The maps themselves, as they are logged, of the first samples or all; float32
            [samples, ...]. None at places where a single one is too large to be kept.
    """

    numbers: Mapping[str, float]
    similarity: Mapping[Place, Floats]
    maps: Mapping[Place, npt.NDArray[np.float32]]

    def value(self, measure: str, place: Place | None = None) -> float:
        """Returns one number: of predictions, or the mean similarity of maps.

        Args:
            measure: One of `MEASURED`.
            place: Explainer and layer; default the mean over all.

        Returns:
            NaN where it is not known.
        """
        if measure not in MEASURES:
            return float(self.numbers.get(measure, np.nan))
        column = MEASURES.index(measure)
        places = self.similarity if place is None else [place]
        means = [known.mean() for p in places if len(known := self._known(p, column))]
        return float(np.mean(means)) if means else np.nan

    def _known(self, place: Place, column: int) -> Floats:
        values = self.similarity[place][:, column]
        return values[np.isfinite(values)]

    def to_json(self) -> dict[str, Any]:
        """Returns what `from_json` reads, equal to the bit."""
        return {
            "numbers": dict(self.numbers),
            "similarity": [[*place, _packed(v)] for place, v in self.similarity.items()],
            "maps": [[*place, _packed(v)] for place, v in self.maps.items()],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Effect:
        """Reads what `to_json` gave; raises KeyError, TypeError or ValueError for anything else."""
        numbers = {str(name): float(value) for name, value in data["numbers"].items()}
        places = (
            {(str(name), str(layer)): _unpacked(v) for name, layer, v in data[key]}
            for key in ("similarity", "maps")
        )
        return cls(numbers, *places)


def _packed(values: Array) -> list[Any]:
    return [values.dtype.str, list(values.shape), base64.b64encode(values.tobytes()).decode()]


def _unpacked(packed: Any) -> Array:
    dtype, shape, text = packed
    values: Array = np.frombuffer(base64.b64decode(text), np.dtype(dtype)).reshape(shape)
    return values
