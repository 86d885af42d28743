"""Finds maps that moved late in training though the predictions stayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tfexplain.quality.similarity import spearman
from tfexplain.story.finding import Finding
from tfexplain.story.log_records import RunRecords
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

# From one explained epoch to the next, Spearman's rank correlation below this is another focus.
MOVED = 0.5
# Of the samples whose prediction stayed, this share or more.
SHARE = 0.5
# Epochs of the first third are left out: maps move while a model learns.
EARLY = 1 / 3
LEAST_SAMPLES = 4
# Between the other epochs, as the median, no more of them: else the method moves all the time.
USUAL = 0.2
LEAST_STEPS = 3


def focus(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields at most one finding for each method: the epoch in which most samples moved."""
    predicted = {
        step: record.predicted
        for _, series in records.series(schema.Predictions)
        for step, record in series
    }
    by_group: dict[tuple[str, str], dict[float, dict[int, schema.Map]]] = {}
    for tag, series in records.series(schema.Map):
        own = by_group.setdefault((tag.explainer, tag.layer), {})
        for step, record in series:
            own.setdefault(step, {})[tag.sample] = record
    for (explainer, layer), by_step in sorted(by_group.items()):
        found = _largest(by_step, predicted)
        if found:
            step, before, moved, stayed = found
            text = (
                f"{run}: from epoch {epoch_text(before)} to {epoch_text(step)} the {explainer} "
                f"maps of {len(moved)} of {stayed} samples moved, though their predictions stayed."
            )
            share = len(moved) / stayed
            yield Finding(
                "focus",
                run,
                text,
                share,
                step,
                explainer=explainer,
                layer=layer,
                samples=moved,
            )


def _largest(
    by_step: Mapping[float, Mapping[int, schema.Map]],
    predicted: Mapping[float, npt.NDArray[np.int32]],
) -> tuple[float, float, tuple[int, ...], int] | None:
    """Returns (step, the one before, samples that moved, samples whose prediction stayed)."""
    steps = sorted(by_step)
    # Within epochs, time counts from the begin of training, and not from the first epoch's end.
    begin = 0 if all(float(step).is_integer() for step in steps) else -1
    early = begin + EARLY * (steps[-1] - begin)
    late = [step for step in steps if step > early and step in predicted]
    found = []
    for before, step in pairwise(late):
        old, new = by_step[before], by_step[step]
        stayed = [s for s in sorted(old.keys() & new.keys()) if _stays(s, old, new)]
        stayed = [s for s in stayed if _alike(predicted[before], predicted[step], s)]
        if len(stayed) < LEAST_SAMPLES:
            continue
        maps = [np.stack([m[s].values.ravel() for s in stayed]) for m in (old, new)]
        moved = tuple(s for s, r in zip(stayed, spearman(*maps), strict=True) if r < MOVED)
        found.append((step, before, moved, len(stayed)))
    if len(found) < LEAST_STEPS:
        return None
    shares = [len(moved) / stayed for _, _, moved, stayed in found]
    most = int(np.argmax(shares))
    usual = float(np.median(np.delete(shares, most)))
    return found[most] if shares[most] >= SHARE and usual <= USUAL else None


def _stays(sample: int, old: Mapping[int, schema.Map], new: Mapping[int, schema.Map]) -> bool:
    a, b = old[sample], new[sample]
    return a.target == b.target and a.values.shape == b.values.shape


def _alike(old: npt.NDArray[np.int32], new: npt.NDArray[np.int32], sample: int) -> bool:
    return sample < len(old) and sample < len(new) and bool(old[sample] == new[sample])
