"""Base class of metrics of explanations, and what they return."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from tfexplain.attribution import Attribution
from tfexplain.checks import check_choice, check_whole
from tfexplain.explainers.base import Explainer
from tfexplain.model.outputs import SCORES, Score
from tfexplain.model.targets import Targets
from tfexplain.trust.explained import Explained, explained

Array = npt.NDArray[np.float64]
Better = Literal["higher", "lower"]


@dataclass(frozen=True, eq=False)
class Measured:
    """Holds what a metric says of each sample's map, with the level that chance reaches.

    Attributes:
        metric: Name of the metric.
        values: float64 [N]; NaN where the metric is not defined for a sample.
        unit: What `values` are measured in.
        better: Whether `"higher"` or `"lower"` values speak for the map.
        chance: float64 [N], what a map that says nothing of the model reaches; None where that is
            not known.
        beside: What other maps reach, float64 [N] by their name, such as `"edges"`.
        curves: float64 [N, K], by name (`"map"`, `"chance"`, and those of `beside`), where the
            metric sums up a curve.
        shares: float64 [K], at which shares of the positions the curves are.
        passes: How many rows went through the model for it, beside the explanation itself.
    """

    metric: str
    values: Array
    unit: str
    better: Better
    chance: Array | None = None
    beside: Mapping[str, Array] = field(default_factory=dict)
    curves: Mapping[str, Array] = field(default_factory=dict)
    shares: Array | None = None
    passes: int = 0

    def __str__(self) -> str:
        """Returns one line: the mean over the samples beside what chance reaches."""
        defined = np.isfinite(self.values)
        if not defined.any():
            return f"{self.metric}: not defined for any of {len(self.values)} samples"
        known = {} if self.chance is None else {"chance": self.chance}
        reached = {**known, **self.beside}.items()
        beside = "".join(f"; {name} {_mean(values, defined)}" for name, values in reached)
        some = "" if defined.all() else f"{defined.sum()} of "
        return (
            f"{self.metric}: {_mean(self.values, defined)} {self.unit}, {self.better} is better"
            f"{beside}; mean of {some}{len(defined)} samples"
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Metric(ABC):
    """Base class of metrics of explanations: settings that are called with what is judged.

    Attributes:
        score: `"logit"` or `"probability"`: which number of the target is looked at.
        seed: Seed of all that is drawn.
    """

    unit: ClassVar[str] = ""
    better: ClassVar[Better] = "higher"
    needs_explainer: ClassVar[bool] = False

    score: Score = "logit"
    seed: int = 0

    def __post_init__(self) -> None:
        check_choice("score", self.score, SCORES)
        check_whole("seed", self.seed, 0)

    @property
    def name(self) -> str:
        """Name of the metric in logs and on pages."""
        return type(self).__name__

    def __call__(
        self,
        model: Any,
        inputs: Any,
        targets: Targets = None,
        attribution: Attribution | Explainer | None = None,
        *,
        batch_size: int | None = None,
    ) -> Measured:
        """Measures the maps of some samples.

        Args:
            model: A built Keras model, or a function of a batch.
            inputs: Samples as `explain` takes them, no dataset.
            targets: Targets as `explain` takes them; what `attribution` explains.
            attribution: The explainer that is judged, or a result of one on the same samples.
            batch_size: How many rows go through the model at once; default by their size.

        Raises:
            TfexplainError: a map, an input or a model that the metric is not defined for.
        """
        given = explained(model, inputs, targets, attribution, self, batch_size)
        return self.measured(given)

    @abstractmethod
    def measured(self, given: Explained) -> Measured:
        """Measures maps of samples that are opened already."""

    def found(self, values: npt.ArrayLike, **other: Any) -> Measured:
        """Returns values under this metric's name, unit and direction."""
        own = {"unit": self.unit, "better": self.better, **other}
        return Measured(self.name, np.asarray(values, np.float64), **own)


def over(values: Array, sizes: Array) -> Array:
    """Divides [N] by [N]; NaN where the divisor is not above zero."""
    return np.asarray(np.divide(values, sizes, out=np.full(len(sizes), np.nan), where=sizes > 0))


def _mean(values: Array, defined: npt.NDArray[np.bool_]) -> str:
    return f"{np.nanmean(values[defined]):.3g}"
