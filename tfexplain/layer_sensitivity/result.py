"""Defines `Sensitivity`: what compressing each kernel alone costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tfexplain.checks import check_choice
from tfexplain.layer_sensitivity.effect import MEASURED, SMALLER, Effect, Place
from tfexplain.layer_sensitivity.plan import SIZES, Choice, Plan, Size, plan, unchanged
from tfexplain.layer_sensitivity.settings import Runtime


@dataclass(frozen=True, eq=False)
class Measured:
    """Holds one kernel with one setting.

    Attributes:
        layer: The kernel's name, the path of its layer.
        setting: Name of the setting.
        effect: What that does; None where the budget did not reach it.
        bits: Of the kernel with its scales, were a runtime to store it so.
        dense: Bits of the kernel as it is.
        multiply_adds: Of the changed kernel for one row, without the filters that `shrink` takes
            out.
        dense_multiply_adds: Of the kernel as it is.
        noise: Share of the kernel's energy that changes.
        runtimes: What stores it so: `keras`, `tflite`; empty: nothing, its size is simulated.
    """

    layer: str
    setting: str
    effect: Effect | None
    bits: int
    dense: int
    multiply_adds: int
    dense_multiply_adds: int
    noise: float
    runtimes: Sequence[Runtime]

    @property
    def sizes(self) -> dict[Size, float]:
        """Sizes of the changed kernel as plans count them."""
        return {
            "keras": self.bits if "keras" in self.runtimes else self.dense,
            "tflite": self.bits if "tflite" in self.runtimes else self.dense,
            "multiply-adds": self.multiply_adds,
            "nonzero": self.bits,
        }

    @property
    def dense_sizes(self) -> dict[Size, float]:
        """Sizes of the kernel as it is."""
        return {**dict.fromkeys(SIZES, self.dense), "multiply-adds": self.dense_multiply_adds}


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
        asked: Names of all settings.
        base: The model as it is: its accuracy, and its maps.
        controls: Other models, by name: differences of this size are normal variation.
        rows: How many rows are predicted.
        samples: int64 [N], the explained ones among these.
        target: The explained target, in words.
        unfit: Why some settings are not there, by kernel and setting.
        cost: What measuring took.
        plans: Plans by what they save, with points that were measured with all settings at once.
        notes: What is missing or remarkable, in words.
        log_dir: Directory of the log, or "".
        skipped: Rows of files that cannot be read, with the reason.
    """

    measured: Sequence[Measured]
    asked: Sequence[str]
    base: Effect
    controls: Mapping[str, Effect]
    rows: int
    samples: npt.NDArray[np.int64]
    target: str
    unfit: Mapping[tuple[str, str], str]
    cost: Cost
    plans: Mapping[Size, Plan] = field(default_factory=dict)
    notes: Sequence[str] = ()
    log_dir: str = ""
    skipped: Sequence[str] = ()

    @property
    def layers(self) -> list[str]:
        """Names of the kernels, in the order of the model."""
        return list(dict.fromkeys(one.layer for one in self.measured))

    @property
    def settings(self) -> list[str]:
        """Names of the settings that some kernel can have, in the order they were asked for."""
        able = {one.setting for one in self.measured}
        return [name for name in self.asked if name in able]

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
        """Returns what a measure is at as far from the model as a control is, at most, on the worse
        side: no smaller difference is a cost. None without controls.

        Of three controls whose accuracy is 0.01 better, equal, and 0.02 worse, 0.02 below the
        model's.
        """
        check_choice("measure", measure, MEASURED)
        start = unchanged(self.base, measure)
        values = [abs(effect.value(measure) - start) for effect in self.controls.values()]
        known = [value for value in values if np.isfinite(value)]
        if not known:
            return None
        return start + (max(known) if measure in SMALLER else -max(known))

    def is_cost(self, one: Measured, measure: str) -> bool | None:
        """Returns whether a difference is larger than those of the controls; None if not known."""
        band = self.band(measure)
        value = np.nan if one.effect is None else one.effect.value(measure)
        if band is None or not np.isfinite(value):
            return None
        return bool(value > band if measure in SMALLER else value < band)

    def plan(
        self, size: Size = "keras", measure: str = "kl", settings: Sequence[str] | None = None
    ) -> Plan:
        """Makes a plan of what was measured: the greedy frontier of a size against a measure.

        Args:
            size: What is saved, see `Plan`.
            measure: By what costs are told.
            settings: Names of the settings that may be used; default all.

        Raises:
            SettingError: nothing that was measured saves any of that.
        """
        able = [one for one in self.measured if settings is None or one.setting in settings]
        choices = [Choice(one.layer, one.setting, one.sizes, one.effect) for one in able]
        dense = {one.layer: one.dense_sizes[size] for one in self.measured}
        return plan(choices, dense, self.base, size, measure)

    def summary(self) -> str:
        """Returns a table as text for predictions and one for maps."""
        from tfexplain.layer_sensitivity.tables import summary

        return summary(self)

    def __str__(self) -> str:
        return self.summary()
