"""Finds evidence that leaves its region, or lies in one to avoid, while accuracy rises."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.quality.intervals import Z95
from tfexplain.quality.localisation import mass_accuracy
from tfexplain.story.finding import Finding, percent
from tfexplain.story.gathers import EXCESS, LEAST_SAMPLES, above, when
from tfexplain.story.log_records import RunRecords
from tfexplain.story.rising import Training
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

Array = npt.NDArray[np.float64]
_Level = tuple[float, Array]
_Series = Sequence[tuple[float, schema.Regions]]

START = -math.inf  # the step of the maps that training begins with


@dataclass(frozen=True)
class Left:
    """Describes an epoch in which evidence is out of its region.

    Attributes:
        step: The epoch.
        mass, chance: Mean share of the evidence inside, and the region's share of the positions.
        far: How far that is from what it should be, as a share of the evidence.
        text: What is said of it.
    """

    step: float
    mass: float
    chance: float
    far: float
    text: str


def leaves(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields a finding for each region, of the maps that are farthest out of it."""
    training = Training(records)
    starts = {tag.group: series[-1][1] for tag, series in records.series(schema.Start)}
    masks = {tag.layer: series[-1][1] for tag, series in records.series(schema.Masks)}
    best: dict[str, tuple[schema.Tag, list[Left], float]] = {}
    for tag, series in records.series(schema.Regions):
        start = starts.get(tag.group.replace("regions", "start", 1))
        before = _at_start(start, masks.get(tag.layer))
        for name in dict.fromkeys(name for _, record in series for name in record.names):
            found = _left(name, series, before.get(name), training)
            if found and (name not in best or found[-1].far > best[name][1][-1].far):
                best[name] = (tag, found, series[-1][0])
    for tag, found, end in best.values():
        last, where = found[-1], f"{tag.explainer} maps at {tag.layer}"
        text = f"{run}: {when([one.step for one in found], end)} the {where} {last.text}"
        told = (last.mass, found[0].step, last.chance, tag.explainer, tag.layer)
        yield Finding("leaves", run, text, *told)


def _at_start(start: schema.Start | None, masks: schema.Masks | None) -> Mapping[str, Array]:
    """Returns the mass [N] in each region with the weights that training begins with, where maps
    are of the input's own positions."""
    if start is None or masks is None or start.values.shape[1:] != masks.values.shape[2:]:
        return {}
    shape = start.values.shape
    if masks.values.shape[1] not in (1, shape[0]):
        return {}
    return {
        name: mass_accuracy(start.values, np.broadcast_to(own, shape))
        for name, own in zip(masks.names, masks.values, strict=True)
    }


def _left(name: str, series: _Series, start: Array | None, training: Training) -> list[Left]:
    found = []
    most: _Level | None = None if start is None else (START, start)
    for step, record in series:
        if name not in record.names:
            continue
        at = list(record.names).index(name)
        mass, area = record.mass[:, at], record.area[:, at]
        known = np.isfinite(mass)
        if known.sum() < LEAST_SAMPLES:
            continue
        inside, chance = float(mass[known].mean()), float(area[known].mean())
        best, most = most, _more(most, (step, mass))
        since = START if best is None or record.avoid[at] else best[0]
        if not (risen := training.risen(step, since)):
            continue
        while_ = f"(chance {percent(chance)}), while {risen.text}."
        if record.avoid[at]:
            if above(mass[known], area[known]):
                text = f"have {percent(inside)} of their evidence in {name}, to be avoided {while_}"
                found.append(Left(step, inside, chance, inside - chance, text))
            continue
        fallen = 0.0 if best is None else _fallen(best[1], mass)
        if fallen >= EXCESS and best is not None:
            then = "before training" if best[0] == START else f"in epoch {epoch_text(best[0])}"
            now = f"have {percent(inside)} of their evidence in {name}"
            text = f"{now}, {percent(inside + fallen)} {then} {while_}"
            found.append(Left(step, inside, chance, fallen, text))
        elif above(1 - mass[known], 1 - area[known]):
            text = f"have {percent(inside)} of their evidence in {name}, less than chance "
            found.append(Left(step, inside, chance, chance - inside, text + while_))
    return found


def _more(one: _Level | None, other: _Level) -> _Level:
    """Returns the epoch in which more of the evidence lies inside."""
    if one is None or not np.isfinite(one[1]).any():
        return other
    return other if np.nanmean(other[1]) > np.nanmean(one[1]) else one


def _fallen(before: Array, now: Array) -> float:
    """Returns by how much shares fell in the mean of the samples; 0 where that is not clear."""
    if before.shape != now.shape:
        return 0.0
    by_sample = (before - now)[np.isfinite(before - now)]
    if len(by_sample) < LEAST_SAMPLES:
        return 0.0
    error = float(by_sample.std(ddof=1)) / math.sqrt(len(by_sample))
    mean = float(by_sample.mean())
    return mean if mean > Z95 * error else 0.0
