"""Lists what metrics say of maps as rows of texts: means, intervals, chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tfexplain.quality.intervals import Floats
from tfexplain.runlog.judged_maps import Place
from tfexplain.trust import Measured
from tfexplain.usage.means import mean_interval

HEAD = ("explainer", "layer", "metric", "mean", "95%", "chance", "better", "unit", "samples")


def quality_rows(quality: Mapping[Place, Sequence[Measured]]) -> list[list[str]]:
    """Returns a row of texts for each explainer, layer and metric, under `HEAD`.

    Means are over the samples of which the metric is defined; their interval is bootstrapped. So is
    that of chance, over the same samples.
    """
    return [
        [*place, one.metric, *_numbers(one), one.better, one.unit or "-", _count(one)]
        for place, measured in quality.items()
        for one in measured
    ]


def _numbers(one: Measured) -> list[str]:
    defined = np.isfinite(one.values)
    if not defined.any():
        return ["-", "-", "-"]
    mean, low, high = (float(part[0]) for part in mean_interval(one.values[defined, None]))
    return [_text(mean), f"{_text(low)}..{_text(high)}", _chance(one, one.values)]


def _chance(one: Measured, values: Floats) -> str:
    known = np.zeros(0) if one.chance is None else one.chance[np.isfinite(values)]
    known = known[np.isfinite(known)]
    return _text(float(known.mean())) if len(known) else "-"


def _count(one: Measured) -> str:
    defined = int(np.isfinite(one.values).sum())
    return str(defined) if defined == len(one.values) else f"{defined} of {len(one.values)}"


def _text(value: float) -> str:
    return f"{value:.3f}" if value == 0 or abs(value) >= 1e-3 else f"{value:.1e}"
