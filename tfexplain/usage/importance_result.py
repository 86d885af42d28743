"""Defines `Importance`, which tells how much a model uses each feature of an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tfexplain.quality.intervals import Floats
from tfexplain.types import Array
from tfexplain.usage.features import FeatureKind
from tfexplain.usage.hiding import HidingCurve
from tfexplain.usage.means import mean_interval, means_by_class

if TYPE_CHECKING:
    from tfexplain.map_figure import MapFigure


@dataclass(frozen=True, eq=False)
class Permuted:
    """Holds how much worse a model becomes when a feature has the values of other rows.

    Attributes:
        values: float64 [F], the fall of accuracy, or the rise of the mean absolute error; NaN where
            a feature was not permuted.
        low: Lower bound of its 95% interval (bootstrap over the rows).
        high: Upper bound.
        score: What is measured.
    """

    values: Floats
    low: Floats
    high: Floats
    score: str


@dataclass(frozen=True, eq=False, repr=False)
class Importance:
    """Tells how much a model uses each feature of one input, over some rows; `print` it.

    Attributes:
        input: Name of the input.
        feature: What a feature is: a column, a channel, a word or a place.
        names: Names of the F features.
        attributions: float64 [N, F], what each row's prediction owes to each feature.
        explainer: The method that says so.
        unit: Unit of the attributions.
        labels: float64 [N], classes or values; NaN where a row has none.
        label_kind: `"class"`, `"value"` or `"none"`.
        total: How many features the input has; of more than are named these are the largest.
        row_values: float64 [N, F], values of columns and means of channels; None of others.
        permuted: Permutation importance; None where it does not fit.
        hidden: The score with ever more of the least important features hidden; None where it does
            not fit.
        weights_first: float64 [F], |weight| x deviation of a first linear layer; None without one.
        occurs: int32 [F], in how many rows a word is; None of others.
        sides: Cells of places along each axis.
        left_out: Why measures are None, by their name.
        class_names: Names of the classes, where they are known.
        passes: How many rows went through the model, as far as the method tells.
    """

    input: str
    feature: FeatureKind
    names: tuple[str, ...]
    attributions: Floats
    explainer: str
    unit: str
    labels: Floats
    label_kind: str
    total: int
    row_values: Floats | None = None
    permuted: Permuted | None = None
    hidden: HidingCurve | None = None
    weights_first: Floats | None = None
    occurs: npt.NDArray[np.int32] | None = None
    sides: tuple[int, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    class_names: Sequence[str] = ()
    passes: int = 0

    def __post_init__(self) -> None:
        mean, low, high = mean_interval(np.abs(self.attributions))
        for name, own in (("values", mean), ("low", low), ("high", high)):
            object.__setattr__(self, name, own)

    values: Floats = field(init=False)
    low: Floats = field(init=False)
    high: Floats = field(init=False)

    @property
    def rows(self) -> int:
        """Number of rows, N."""
        return len(self.attributions)

    @property
    def signed(self) -> Floats:
        """float64 [F], the mean of the attributions with their signs."""
        mean: Floats = self.attributions.mean(axis=0)
        return mean

    @property
    def order(self) -> Array:
        """int64 [F], the features by their importance, the largest first."""
        return np.argsort(-np.nan_to_num(self.values, nan=-1.0), kind="stable")

    @property
    def by_class(self) -> tuple[npt.NDArray[np.int32], Floats]:
        """(classes int32 [C], float64 [C, F]), the mean |attribution| over the rows of each label,
        of up to 32 classes."""
        return means_by_class(np.abs(self.attributions), self._classes)

    @property
    def signed_by_class(self) -> tuple[npt.NDArray[np.int32], Floats]:
        """The same with the signs of the attributions."""
        return means_by_class(self.attributions, self._classes)

    @property
    def _classes(self) -> Floats:
        """The class of each row; NaN where labels are none."""
        return self.labels if self.label_kind == "class" else np.full(self.rows, np.nan)

    def plot(self, *, title: str = "") -> MapFigure:
        """Draws the most important features with their intervals, a dot for each row of a table
        coloured by its value, places as a map, and the score while features are hidden; needs
        matplotlib.

        Args:
            title: A title; default what is shown.
        """
        from tfexplain.usage.importance_figure import importance_figure

        return importance_figure(self, title)

    def __str__(self) -> str:
        from tfexplain.usage.importance_text import importance_text

        return importance_text(self)

    __repr__ = __str__
