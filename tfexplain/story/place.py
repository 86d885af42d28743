"""Finds where predictions follow exchanged windows, at one place and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tfexplain.quality.intervals import wilson
from tfexplain.story.finding import Finding, percent
from tfexplain.story.log_records import RunRecords
from tfexplain.wire import schema

# Above the level of chance by so much, as a share of all predictions, lower bound of the interval.
ABOVE_CHANCE = 0.1
# As many times what is followed at any other place.
CONCENTRATED = 2.0
# Windows that share less than this of their area are at other places.
APART = 0.25
# Of tables, series and words, where no place is at a border, so many times as many, and this share.
CONCENTRATED_LINE, LEAST_LINE = 4.0, 0.3
WIDEST = 0.1  # half of an interval that says enough
_UNITS = {"features": "column", "tokens": "word"}


def place(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields a finding for each input of which predictions follow a window at a border."""
    inputs = {tag.layer: values[-1][1] for tag, values in records.series(schema.Values)}
    for tag, series in records.series(schema.Exchange):
        step, record = series[-1]
        yield from _of_input(run, tag.layer, step, record, inputs.get(tag.layer))


def _of_input(
    run: str, name: str, step: float, record: schema.Exchange, values: schema.Values | None
) -> Iterator[Finding]:
    if record.values or not record.rows:
        return
    low, high = (float(bound) for bound in wilson(record.share, record.rows))
    chance, elsewhere = float(record.chance.max()), _elsewhere(record)
    told = (high - low) / 2 <= WIDEST and low > chance + ABOVE_CHANCE
    if not told or not _conspicuous(record, elsewhere):
        return
    where = _where(record, values)
    text = (
        f"{run}: predictions follow {where} in {percent(record.share)} of exchanges, any other "
        f"place in at most {percent(elsewhere)} (chance {percent(chance)})."
    )
    box = tuple(zip(record.corner, record.size, strict=True))
    yield Finding("place", run, text, record.share, step, chance, layer=name, box=box)


def _elsewhere(record: schema.Exchange) -> float:
    """Returns the largest share of the windows that stand apart from the strongest one."""
    common = np.ones(())
    axes = zip(record.by_window.shape, record.step, record.corner, record.size, strict=True)
    for count, step, corner, size in axes:
        away = np.abs(np.arange(count) * step - corner)
        common = np.multiply.outer(common, np.maximum(0, 1 - away / size))
    apart = record.by_window[common < APART]
    return float(apart.max()) if apart.size else 1.0


def _conspicuous(record: schema.Exchange, elsewhere: float) -> bool:
    """Returns whether the strongest window stands out, in a picture at its border."""
    axes = list(zip(record.corner, record.size, record.sides, strict=True))
    if len(axes) == 1:
        return record.share >= max(LEAST_LINE, CONCENTRATED_LINE * elsewhere)
    if record.share < CONCENTRATED * elsewhere:
        return False
    return any(corner == 0 or corner + size >= side for corner, size, side in axes)


def _where(record: schema.Exchange, values: schema.Values | None) -> str:
    name = place_name(record.corner, record.size, record.sides, values)
    return name if len(record.sides) == 1 else f"the {name}"


def place_name(
    corner: Sequence[int],
    size: Sequence[int],
    sides: Sequence[int],
    values: schema.Values | None = None,
) -> str:
    """Returns where a window stands on an input, whose values tell what its positions are.

    >>> place_name((2, 0), (4, 4), (8, 8)), place_name((3,), (1,), (5,))
    ('left edge', 'position 3')
    """
    if len(sides) == 1:
        return _in_row(corner[0], size[0], sides[0], values)
    rows, columns = (
        "begin" if at == 0 else "end" if at + width >= side else "middle"
        for at, width, side in list(zip(corner, size, sides, strict=True))[-2:]
    )
    vertical = {"begin": "top", "end": "bottom", "middle": ""}[rows]
    horizontal = {"begin": "left", "end": "right", "middle": ""}[columns]
    if vertical and horizontal:
        return f"{vertical} {horizontal} corner"
    return f"{vertical or horizontal} edge" if vertical or horizontal else "middle"


def _in_row(first: int, size: int, side: int, values: schema.Values | None) -> str:
    last = min(first + size, side) - 1
    unit = _UNITS.get(values.layout, "position") if values else "position"
    if first != last:
        return f"{unit}s {first} to {last}"
    # A line's names are those of its channels.
    names = values.names if values and unit == "column" else ()
    return f"{unit} {names[first]!r}" if first < len(names) else f"{unit} {first}"
