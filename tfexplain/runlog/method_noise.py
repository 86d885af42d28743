"""Measures what of a map is the method's own noise: another seed, estimated error, rounding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from tfexplain.attribution import Attribution
from tfexplain.coloring import is_noise
from tfexplain.explainers import Explainer
from tfexplain.model.outputs import Measure
from tfexplain.quality.similarity import spearman
from tfexplain.runlog.judged_maps import Place, explained_again
from tfexplain.runlog.plan import ExplainPlan, Found
from tfexplain.trust import Measured
from tfexplain.trust.explained import passed

SEED, ERROR, ZERO = "seed similarity", "estimated error", "numerically zero"


def randomised(explaining: ExplainPlan) -> dict[str, Explainer]:
    """Returns the explainers that draw, by name, with another seed.

    Those that were chosen by default draw nothing: of so small tables Shapley values are exact.
    """
    if explaining.settings.explainers is None:
        return {}
    seeds = {name: vars(e).get("seed") for name, e in explaining.explainers.items()}
    another: dict[str, Any] = {
        n: {"seed": seed + 1} for n, seed in seeds.items() if seed is not None
    }
    return {name: replace(explaining.explainers[name], **own) for name, own in another.items()}


def seed_similarity(
    explaining: ExplainPlan, found: Found, name: str, explainer: Explainer
) -> dict[Place, Measured]:
    """Measures how like maps are to those of another seed, by place.

    The level of chance is how like they are to another sample's.
    """
    again = explained_again(explaining, {name: explainer}, found)
    maps, others = explaining.shown({name: found[name]}), explaining.shown(again)
    passes = passed(next(iter(again[name].attributions.values())))
    measured = {}
    for place, own in maps.items():
        other = others[place].maps
        chance = spearman(own.maps, np.roll(other, 1, axis=0)) if len(other) > 1 else None
        alike = spearman(own.maps, other)
        measured[place] = Measured(
            *(SEED, alike, "rank correlation", "higher", chance), passes=passes
        )
    return measured


def estimated_error(attribution: Attribution) -> Measured | None:
    """Returns the error that a method estimates itself, as Integrated Gradients do."""
    if attribution.error is None:
        return None
    return Measured(ERROR, attribution.error.astype(np.float64), "of the largest value", "lower")


def zero_but_for_rounding(attribution: Attribution) -> npt.NDArray[np.bool_]:
    """Returns of which samples the map is zero, or below the rounding of its score, bool [N].

    Of values in another unit than scores have, such as gradients, only zeros are.
    """
    sizes = np.abs(attribution.maps.reshape(len(attribution.maps), -1))
    largest, scores = sizes.max(axis=1, initial=0), attribution.scores
    of_score = attribution.unit in get_args(Measure)
    pairs = zip(largest.tolist(), scores.tolist(), strict=True)
    return np.array(
        [
            size == 0 or (of_score and np.isfinite(score) and is_noise(size, score))
            for size, score in pairs
        ],
        bool,
    )


def with_zeros(measured: list[Measured], attribution: Attribution) -> list[Measured]:
    """Returns what was measured, where nothing is like a map of zeros: its ranks are rounding.

    Where there are such maps it is told which: 1, the others 0.
    """
    zero = zero_but_for_rounding(attribution)
    if not zero.any():
        return measured
    known = [
        replace(one, values=np.where(zero, np.nan, one.values))
        if one.unit == "rank correlation"
        else one
        for one in measured
    ]
    return [*known, Measured(ZERO, zero.astype(np.float64), "share of maps", "lower")]
