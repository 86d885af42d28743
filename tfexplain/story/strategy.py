"""Finds clusters of maps whose evidence is one small place: a strategy of some rows of a class."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tfexplain.story.finding import Finding, percent
from tfexplain.story.log_records import RunRecords
from tfexplain.story.place import place_name
from tfexplain.wire import schema

# So much of the evidence lies there, and in the class's other clusters at most a tenth of that.
HELD, ELSEWHERE = 0.15, 0.1
# Or nearly all of it, whatever the others have.
NEARLY_ALL = 0.7
# Of the class, and rows: smaller clusters are rare ways to draw a thing.
SHARE, LEAST_ROWS = 0.25, 15


def strategy(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields at most one finding for each input: the cluster with most evidence at one small place
    at a border, and in how many other classes there is one."""
    samples = records.last(schema.Samples)
    for tag, series in records.series(schema.Clusters):
        step, record = series[-1]
        if found := sorted(_conspicuous(record), key=lambda number: -record.held[number]):
            others = len({int(record.whose[number]) for number in found}) - 1
            own = (step, record, found[0], samples and samples[1])
            yield _finding(run, tag.layer, *own, others)


def _conspicuous(record: schema.Clusters) -> Iterator[int]:
    if len(record.sides) < 2:
        return
    for number, (label, held, elsewhere) in enumerate(
        zip(record.whose, record.held, record.elsewhere, strict=True)
    ):
        rows = int((record.clusters == number).sum())
        of_class = int(((record.classes == label) & (record.clusters >= 0)).sum())
        if rows < max(LEAST_ROWS, SHARE * of_class):
            continue
        other = elsewhere <= ELSEWHERE * held  # never with NaN, of a class of one cluster
        corner, size = record.corners[number], record.sizes[number]
        at_border = bool(np.any((corner == 0) | (corner + size >= np.array(record.sides))))
        if at_border and ((held >= HELD and other) or held >= NEARLY_ALL):
            yield number


def _finding(
    run: str,
    name: str,
    step: float,
    record: schema.Clusters,
    number: int,
    samples: schema.Samples | None,
    others: int,
) -> Finding:
    label, held = int(record.whose[number]), float(record.held[number])
    members = record.clusters == number
    of_class = (record.classes == label) & (record.clusters >= 0)
    corner, size = (tuple(map(int, own[number])) for own in (record.corners, record.sizes))
    area = math.prod(size) / math.prod(record.sides)
    names = samples.class_names if samples else ()
    whose = "" if label < 0 else f" of {names[label] if label < len(names) else f'class {label}'}"
    elsewhere = float(record.elsewhere[number])
    beside = "" if math.isnan(elsewhere) else f", and {percent(elsewhere)} in its other rows"
    also = f" So in {others} other class{'es' if others > 1 else ''}." if others else ""
    text = (
        f"{run}: {members.sum()} of {of_class.sum()} rows{whose} are explained by one small place: "
        f"the {place_name(corner, size, record.sides)} has {percent(held)} of their evidence on "
        f"{percent(area)} of the area{beside}.{also}"
    )
    shown: tuple[int, ...] = ()
    if samples is not None and samples.hashes is not None:
        shown = tuple(np.flatnonzero(np.isin(samples.hashes, record.hashes[members])).tolist())
    return Finding("strategy", run, text, held, step, area, layer=name, samples=shown)
