"""Holds partial dependence and individual curves of features, as numbers, text and figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tfexplain.quality.intervals import Floats

if TYPE_CHECKING:
    from tfexplain.map_figure import MapFigure

# Below so many rows near a value, what is said there is an extrapolation.
FEW_ROWS = 5


@dataclass(frozen=True, eq=False)
class FeatureDependence:
    """Holds how the outputs follow one feature.

    Attributes:
        name: Name of the feature.
        input: Name of the input that it is of.
        column: Its column, or channel of a sequence.
        grid: float64 [G], the values that it was set to, ascending; all of them occur.
        counts: int64 [G], rows within 5% of the range of the values from each.
        are_categories: Whether the values are categories, between which there is nothing.
        partial: float64 [O, G], partial dependence: the mean of each output over all rows, with the
            feature set to each value.
        low: Lower bound of its 95% interval (bootstrap over the rows).
        high: Upper bound.
        single: float64 [N, G], individual conditional expectation: the output of each row, of
            its class where there are some.
    """

    name: str
    input: str
    column: int
    grid: Floats
    counts: npt.NDArray[np.int64]
    are_categories: bool
    partial: Floats
    low: Floats
    high: Floats
    single: Floats

    @property
    def few(self) -> npt.NDArray[np.bool_]:
        """bool [G], where fewer than 5 rows are near: what is said there is an extrapolation."""
        rare: npt.NDArray[np.bool_] = self.counts < FEW_ROWS
        return rare

    @property
    def ranges(self) -> Floats:
        """float64 [O], the largest partial dependence of each output less the smallest, over the
        values that more than a few rows are near."""
        often = self.partial if self.few.all() else self.partial[:, ~self.few]
        found: Floats = np.ptp(often, axis=1)
        return found

    def text(self, outputs: npt.NDArray[np.int32], unit: str) -> str:
        """Returns a line: the output that follows most, from where to where, and how far single
        rows go: where that is much more, the mean hides curves that oppose each other."""
        place = int(self.ranges.argmax())
        curve = self.partial[place]
        ends = sorted((int(curve.argmin()), int(curve.argmax())))
        of = "" if unit == "output" else f"class {outputs[place]} "
        form = ".3f" if unit == "probability" else ".3g"
        begin, end = (f"{curve[at]:{form}} at {self.grid[at]:.3g}" for at in ends)
        rows = np.ptp(self.single, axis=1).mean()
        return f"{self.name}: {of}from {begin} to {end}; a row's own by {rows:{form}}"


@dataclass(frozen=True, eq=False, repr=False)
class PartialDependence(Mapping[str, FeatureDependence]):
    """Holds how a model's outputs follow its features, by their names; `print` it for a summary.

    Attributes:
        features: Of each feature.
        outputs: int32 [O], classes, or columns of an output of values.
        single_outputs: int32 [N], which class `single` is of, by row.
        rows: int64 [N], where the rows stood in the data.
        unit: Unit of the numbers: `"probability"`, `"logit"` or `"output"`.
        left_out: Why inputs have no features, by name.
        passes: How many rows went through the model.
    """

    features: tuple[FeatureDependence, ...]
    outputs: npt.NDArray[np.int32]
    single_outputs: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int64]
    unit: str
    left_out: Mapping[str, str]
    passes: int

    def __getitem__(self, name: str) -> FeatureDependence:
        return next(feature for feature in self.features if feature.name == name)

    def __iter__(self) -> Iterator[str]:
        return (feature.name for feature in self.features)

    def __len__(self) -> int:
        return len(self.features)

    def plot(self, *, output: int | None = None) -> MapFigure:
        """Draws a panel for each feature: its partial dependence over thin curves of single rows,
        hollow dots where few rows are; needs matplotlib.

        Args:
            output: The class whose curves of single rows are drawn; default for each feature the
                one that follows it most.
        """
        from tfexplain.usage.dependence_figure import dependence_figure

        return dependence_figure(self, output)

    def __repr__(self) -> str:
        lines = [f"PartialDependence of {len(self)} features over {len(self.rows):,} rows:"]
        order = sorted(self.features, key=lambda feature: -feature.ranges.max())
        lines += [f"  {feature.text(self.outputs, self.unit)}" for feature in order]
        lines += [f"  {name!r} is left out: {why}" for name, why in self.left_out.items()]
        return "\n".join(lines)
