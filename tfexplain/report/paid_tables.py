"""Summarizes who pays for a compression: classes, groups and rows; and which weights stay."""

from __future__ import annotations

import numpy as np

from tfexplain.reading import LoggedRun
from tfexplain.report import markup
from tfexplain.types import Array
from tfexplain.wire import schema

_MOST = 20
# What says who pays, the first that was measured.
_COSTS = ("accuracy change", "agreement")


def payers(run: LoggedRun) -> str:
    """Returns a table of those who lose most, worst first; nothing without any."""
    found = run.every_record.last(schema.Payers)
    if found is None:
        return ""
    record = found[1]
    measure = next((name for name in _COSTS if name in record.measures), record.measures[0])
    column = record.measures.index(measure)
    values, bands, counts = (x[:, column] for x in (record.values, record.bands, record.counts))
    known = np.flatnonzero(counts)
    worst = known[np.argsort(values[known, 0], kind="stable")]
    rows: list[list[markup.Cell]] = []
    for i in worst[:_MOST]:
        kind = "group" if record.by_group[i] else "class"
        told = _span(*values[i, 1:]), _span(*bands[i]), _beside(measure, values[i], bands[i])
        rows.append([f"{kind} {record.names[i]}", int(counts[i]), float(values[i, 0]), *told])
    of = f"{measure} beside {record.reference}"
    head = (of, "rows", "value", "95% interval", "controls", "")
    more = len(worst) - _MOST
    listed = markup.table(head, rows)
    return listed + (markup.paragraph(f"and {more} more, which lose less") if more > 0 else "")


def _span(low: float, high: float) -> str:
    return "" if np.isnan(low + high) else f"{markup.number(low)} to {markup.number(high)}"


def _beside(measure: str, value: Array, band: Array) -> str:
    """Says who pays, or gains, more than any control; who loses nothing does not pay."""
    _, low, high = value.tolist()
    least, most = band.tolist()
    if measure == "accuracy change":
        least, most = np.minimum(least, 0), np.maximum(most, 0)
    if high < least:
        return "worse than any control"
    return "better than any control" if low > most else ""


def exemplars(run: LoggedRun) -> str:
    """Returns a table of exemplars; nothing where there are no populations of models."""
    found = run.every_record.last(schema.Exemplars)
    if found is None:
        return ""
    record = found[1]
    told = markup.paragraph(
        f"{record.total} rows that most of {', '.join(record.compressed_models)} predict otherwise "
        f"than most of {', '.join(record.dense_models)}."
    )
    rows = [
        [
            str(row),
            "" if record.samples[i] < 0 else str(record.samples[i]),
            *(record.labels[i], record.groups[i]),
            f"{record.dense[i]} ({record.shares[i, 0]:.0%})",
            f"{record.compressed[i]} ({record.shares[i, 1]:.0%})",
        ]
        for i, row in enumerate(record.rows[:_MOST].tolist())
    ]
    head = ("row", "sample", "label", "group", "dense models", "compressed models")
    more = record.total - len(rows)
    return (
        told
        + (markup.table(head, rows) if rows else "")
        + (markup.paragraph(f"and {more} more, less sure") if more > 0 else "")
    )


def overlaps(run: LoggedRun) -> str:
    """Returns a line for each other model that keeps some of the same weights."""
    found = run.every_record.last(schema.Overlaps)
    if found is None:
        return ""
    record = found[1]
    lines = []
    for i, other in enumerate(record.others):
        _, first, second, both = record.counts[i].sum(0).tolist()
        share = both / max(first + second - both, 1)
        lines.append(f"{other}: of the weights that either keeps, both keep {share:.1%}")
    return markup.listing(lines)
