"""Defines `Sensitivity`: what compressing each kernel alone costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.checks import check_choice
from tfexplain.layer_sensitivity.effect import MEASURED, SMALLER, Effect, Place


@dataclass(frozen=True, eq=False)
class Measured:
    """Holds one kernel with one setting.

    Attributes:
        layer: The kernel's name, the path of its layer.
        setting: Name of the setting.
        effect: What that does; None where the budget did not reach it.
        bits: Of the kernel with its scales, were a runtime to store it so.
        dense: Bits of the kernel as it is.
        multiply_adds: Of the changed kernel for one row, whole filters that are zero left out.
        noise: Share of the kernel's energy that changes.
        runtime: What stores it so; empty: nothing, its size is simulated.
    """

    layer: str
    setting: str
    effect: Effect | None
    bits: int
    dense: int
    multiply_adds: int
    noise: float
    runtime: str


@dataclass(frozen=True)
class Cost:
    """Holds what measuring took.

    Attributes:
        passes: Over all rows through the whole network, parts as their share of it.
        whole: Passes had nothing been computed once and kept.
        seconds: Of measuring.
        reused: How many measurements were read from the file of a former run.
    """

    passes: float
    whole: float
    seconds: float
    reused: int


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Holds what compressing each kernel alone does to predictions and maps.

    Attributes:
        measured: Every kernel with every setting that it can have, in the order of the model.
        base: The model as it is: its accuracy, and its maps.
        controls: Other models, by name: differences of this size are normal variation.
        rows: How many rows are predicted.
        samples: int64 [N], the explained ones among these.
        target: The explained target, in words.
        unfit: Why some settings are not there, by kernel and setting.
        cost: What measuring took.
        notes: What is missing or remarkable, in words.
        log_dir: Directory of the log, or "".
    """

    measured: Sequence[Measured]
    base: Effect
    controls: Mapping[str, Effect]
    rows: int
    samples: npt.NDArray[np.int64]
    target: str
    unfit: Mapping[tuple[str, str], str]
    cost: Cost
    notes: Sequence[str] = ()
    log_dir: str = ""

    @property
    def layers(self) -> list[str]:
        """Names of the kernels, in the order of the model."""
        return list(dict.fromkeys(one.layer for one in self.measured))

    @property
    def settings(self) -> list[str]:
        """Names of the settings, in the order they were asked for."""
        return list(dict.fromkeys(one.setting for one in self.measured))

    @property
    def places(self) -> list[Place]:
        """Every explainer and layer whose maps are compared."""
        return list(self.base.similarity)

    def get(self, layer: str, setting: str) -> Measured | None:
        """Returns one measurement, or None."""
        wanted = (one for one in self.measured if (one.layer, one.setting) == (layer, setting))
        return next(wanted, None)

    def table(self, measure: str = "kl", place: Place | None = None) -> npt.NDArray[np.float64]:
        """Returns one measure, float64 [layers, settings]; NaN where it was not measured.

        Args:
            measure: `kl`, `agreement`, `accuracy`, `mean_abs_difference`, or one of maps:
                `pearson`, `spearman`, `top10_iou`, `ssim`.
            place: Explainer and layer of the maps; default the mean over all.
        """
        check_choice("measure", measure, MEASURED)
        layers, settings = self.layers, self.settings
        values = np.full((len(layers), len(settings)), np.nan)
        for one in self.measured:
            if one.effect is not None:
                at = layers.index(one.layer), settings.index(one.setting)
                values[at] = one.effect.value(measure, place)
        return values

    def band(self, measure: str) -> float | None:
        """Returns how far a control is from the model, at most: below that no difference is a cost.

        Of `kl` and `mean_abs_difference` the largest, of all others the smallest value of the
        controls; None without any.
        """
        check_choice("measure", measure, MEASURED)
        values = [effect.value(measure) for effect in self.controls.values()]
        known = [value for value in values if np.isfinite(value)]
        if not known:
            return None
        return max(known) if measure in SMALLER else min(known)

    def is_cost(self, one: Measured, measure: str) -> bool | None:
        """Returns whether a difference is larger than those of the controls; None if not known."""
        band = self.band(measure)
        value = np.nan if one.effect is None else one.effect.value(measure)
        if band is None or not np.isfinite(value):
            return None
        return bool(value > band if measure in SMALLER else value < band)

    def summary(self) -> str:
        """Returns a table as text for predictions and one for maps."""
        from tfexplain.layer_sensitivity.tables import summary

        return summary(self)

    def __str__(self) -> str:
        return self.summary()
