"""Summarizes how much a model uses the features of its inputs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tfexplain import rendering
from tfexplain.quality.dropping import droppable
from tfexplain.reading import LoggedRun
from tfexplain.report import markup
from tfexplain.story import percent
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

_MOST = 15


def importance(run: LoggedRun) -> str:
    """Returns the last importance of each input; nothing where none was logged."""
    told = []
    for tag, records in run.records(schema.Importance).items():
        epoch, record = list(records.items())[-1]
        told += list(_parts(tag.layer, epoch, record))
    return "\n".join(filter(None, told))


def _parts(layer: str, epoch: float, record: schema.Importance) -> Iterator[str]:
    yield markup.paragraph(
        f"{layer}, epoch {epoch_text(epoch)}: mean |{record.explainer}| of {record.total:,} "
        f"{record.feature}s over {record.rows:,} rows, in {record.unit}; brackets hold 95% "
        "intervals."
    )
    if len(record.sides) > 1:
        yield _map(record)
    else:
        columns, rows = _table(record)
        yield markup.table(columns, rows)
    if len(record.hidden):
        yield markup.paragraph(_dropped(record))


def _table(record: schema.Importance) -> tuple[list[str], list[list[markup.Cell]]]:
    order = np.argsort(-np.nan_to_num(record.values, nan=-1.0), kind="stable")[:_MOST]
    fall = "fall of accuracy" if record.score == "accuracy" else "rise of the error"
    columns = [record.feature, "mean |attribution|", "mean"]
    columns += [f"{fall} when permuted"] if len(record.permuted) else []
    columns += ["|weight| x deviation"] if len(record.weights_first) else []
    rows: list[list[markup.Cell]] = []
    for i in order:
        row: list[markup.Cell] = [record.names[i]]
        row += [_interval(record.values[i], record.low[i], record.high[i])]
        row += [float(record.signed[i])]
        if len(record.permuted):
            own = (record.permuted[i], record.permuted_low[i], record.permuted_high[i])
            row += [_interval(*own) if np.isfinite(own[0]) else None]
        row += [float(record.weights_first[i])] if len(record.weights_first) else []
        rows.append(row)
    return columns, rows


def _map(record: schema.Importance) -> str:
    grid = record.values.reshape(record.sides)
    planes = grid.max(axis=tuple(range(grid.ndim - 2)))
    largest = float(np.nanmax(planes, initial=0.0))
    most = record.names[int(np.nanargmax(record.values))] if np.isfinite(largest) else ""
    return markup.figure(
        rendering.colored(planes, largest, signed=False),
        f"0 (dark) to {markup.number(largest)} (bright), the most at {most}",
    )


def _dropped(record: schema.Importance) -> str:
    is_error = record.score != "accuracy"
    count = droppable(record.hidden_counts, record.hidden, error=is_error)
    at = int(np.flatnonzero(record.hidden_counts == count)[0])
    said = markup.number if is_error else percent
    whole, kept = float(record.hidden[0]), float(record.hidden[at])
    random = said(float(record.random[at]))
    return (
        f"{record.score} {said(whole)}; {said(kept)} with the {count:,} least important of "
        f"{record.total:,} hidden ({random} in random orders)."
    )


def _interval(value: float, low: float, high: float) -> str:
    own, *bounds = (markup.number(float(one)) for one in (value, low, high))
    return f"{own} [{', '.join(bounds)}]"
