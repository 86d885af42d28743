"""Finds evidence that gathers at one small place for all classes while accuracy rises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.story.finding import Finding, percent
from tfexplain.story.log_records import RunRecords
from tfexplain.story.rising import Risen, Training
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

Array = npt.NDArray[np.float64]

# Of what lies above the level of chance, the place has this share of the evidence or more.
EXCESS = 0.1
# ... and in more than this share of the classes more than chance.
CLASSES = 1 / 2
LEAST_SAMPLES = 4


@dataclass(frozen=True)
class Raised:
    """Describes an epoch in which evidence gathers at a place."""

    step: float
    mass: float
    chance: float
    classes: int
    of: int
    risen: Risen


def gathers(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields a finding for each place where labels can be read alone, of the explainer whose maps
    have most evidence there."""
    places = {tag.layer: series[-1][1] for tag, series in records.series(schema.Places)}
    samples = records.last(schema.Samples)
    if not any(len(own.names) for own in places.values()) or samples is None:
        return
    training, best = Training(records), dict[tuple[str, int], tuple[str, list[Raised], float]]()
    for tag, series in records.series(schema.Trust):
        own = places.get(tag.layer)
        for number, name in enumerate(own.names if own else ()):
            found = _raised(schema.mass_name(name), series, samples[1].labels, training)
            known = best.get((tag.layer, number))
            if found and (known is None or found[-1].mass > known[1][-1].mass):
                best[tag.layer, number] = (tag.explainer, found, series[-1][0])
    for (layer, number), (explainer, found, end) in best.items():
        own, last = places[layer], found[-1]
        alone, rest, shuffled = own.probes[number].tolist()
        text = (
            f"{run}: {when([one.step for one in found], end)} the {explainer} maps of "
            f"{last.classes} of {last.of} classes gather at one place, {own.names[number]}: "
            f"{percent(last.mass)} of the evidence (chance {percent(last.chance)}), while "
            f"{last.risen.text}. A linear probe reads {percent(alone)} of the labels there alone "
            f"(chance {percent(shuffled)}), {percent(rest)} in all else."
        )
        box = tuple(zip(own.corners[number].tolist(), own.sizes[number].tolist(), strict=True))
        told = (last.mass, found[0].step, last.chance, explainer, layer)
        yield Finding("gathers", run, text, *told, box=box)


def when(raised: Sequence[float], end: float) -> str:
    """Returns in which epochs something was so, of a series that ends with `end`.

    >>> when([2, 3], 3), when([2, 3], 9), when([2], 9)
    ('since epoch 2', 'from epoch 2 to 3', 'in epoch 2')
    """
    first, last = raised[0], raised[-1]
    if last == end:
        return f"since epoch {epoch_text(first)}"
    if first == last:
        return f"in epoch {epoch_text(first)}"
    return f"from epoch {epoch_text(first)} to {epoch_text(last)}"


def above(mass: Array, chance: Array) -> bool:
    """Returns whether the means of some samples are clearly above chance."""
    reached, level = float(mass.mean()), float(chance.mean())
    return level < 1 and (reached - level) / (1 - level) >= EXCESS


def _raised(
    name: str, series: Sequence[tuple[float, schema.Trust]], labels: Array, training: Training
) -> list[Raised]:
    found = []
    for step, record in series:
        if name not in record.names or len(record.values) != len(labels):
            continue
        at = list(record.names).index(name)
        mass, chance = record.values[:, at], record.chance[:, at]
        known = np.isfinite(mass) & np.isfinite(chance) & np.isfinite(labels)
        classes = np.unique(labels[known])
        if known.sum() < LEAST_SAMPLES or len(classes) < 2:
            continue
        of_class = [known & (labels == own) for own in classes]
        more = sum(float(mass[own].mean()) > float(chance[own].mean()) for own in of_class)
        risen = training.risen(step)
        if risen and more > CLASSES * len(classes) and above(mass[known], chance[known]):
            means = (float(mass[known].mean()), float(chance[known].mean()))
            found.append(Raised(step, *means, more, len(classes), risen))
    return found
