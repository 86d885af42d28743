"""Makes tables of records: a dictionary of columns, as `pandas.DataFrame` takes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

from tfexplain.story import RunRecords
from tfexplain.types import Array
from tfexplain.wire import schema

Table: TypeAlias = dict[str, Array]
_Row: TypeAlias = Mapping[str, Any]
_Explained: TypeAlias = schema.Predictions | schema.Trust | schema.Sanity | schema.Regions
_Measured: TypeAlias = schema.Kernels | schema.Health | _Explained


def table(rows: Iterable[_Row]) -> Table:
    """Returns the columns of rows; what a row lacks is NaN, None or "".

    >>> table([{"epoch": 0, "loss": 2.5}, {"epoch": 1}])
    {'epoch': array([0, 1]), 'loss': array([2.5, nan])}
    """
    listed = list(rows)
    names = dict.fromkeys(name for row in listed for name in row)
    return {name: _column([row.get(name) for row in listed]) for name in names}


def _column(values: list[Any]) -> Array:
    known = [value for value in values if value is not None]
    if len(known) == len(values):
        return np.array(values)
    if all(isinstance(value, str) for value in known):
        return np.array(["" if value is None else value for value in values])
    return np.array([np.nan if value is None else float(value) for value in values])


def samples(records: RunRecords) -> Table:
    """Returns a row for each explained sample: its row in the data, its label, its hash."""
    found = records.last(schema.Samples)
    return table(_samples(found[1]) if found else ())


def _samples(record: schema.Samples) -> Iterator[_Row]:
    for sample, (row, label) in enumerate(zip(record.rows, record.labels, strict=True)):
        known: dict[str, Any] = {"sample": sample, "row": row, "label": label}
        if record.label_kind == "class" and record.class_names and not np.isnan(label):
            known["class"] = record.class_names[int(label)]
        if record.hashes is not None:
            known["hash"] = record.hashes[sample]
        yield known


def metrics(records: RunRecords) -> Table:
    """Returns a row for each logged epoch: what `fit` reported."""
    return table(
        {"epoch": epoch, **record.values}
        for _, series in records.series(schema.Metrics)
        for epoch, record in series
    )


def predictions(records: RunRecords) -> Table:
    """Returns a row for each epoch and sample: label, what was predicted, and how surely.

    `probability` is that of the predicted class, `output` the first output where there is none.
    """
    found = records.last(schema.Samples)
    labels = found[1].labels if found else ()
    return table(
        {
            "epoch": epoch,
            **_of_weights(record),
            "sample": sample,
            "label": labels[sample] if sample < len(labels) else None,
            **_predicted(record, sample),
        }
        for _, series in records.series(schema.Predictions)
        for epoch, record in series
        for sample in range(len(record.outputs))
    )


def _predicted(record: schema.Predictions, sample: int) -> _Row:
    outputs, predicted = record.outputs[sample], int(record.predicted[sample])
    if record.activation == "none" or predicted < 0:
        return {"predicted": predicted if predicted >= 0 else None, "output": outputs[0]}
    # One probability stands for the second of two classes.
    first = len(outputs) == 1
    probability = outputs[0] if not first or predicted == 1 else 1 - outputs[0]
    return {"predicted": predicted, "probability": probability if first else outputs[predicted]}


def kernels(records: RunRecords) -> Table:
    """Returns a row for each epoch and kernel, with all of its numbers."""
    return table(
        {
            "epoch": epoch,
            **_of_weights(record),
            **row,
            **dict(zip(record.metrics, values, strict=True)),
        }
        for _, series in records.series(schema.Kernels)
        for epoch, record in series
        for row, values in zip(record.rows, record.values.tolist(), strict=True)
    )


def totals(records: RunRecords) -> Table:
    """Returns a row for each epoch and part of the model (one, or student and teacher)."""
    return table(
        {"epoch": epoch, **_of_weights(record), "part": part, **numbers}
        for _, series in records.series(schema.Kernels)
        for epoch, record in series
        for part, numbers in record.totals.items()
    )


def health(records: RunRecords) -> Table:
    """Returns a row for each epoch and layer whose health was measured, with all of its numbers."""
    return table(
        {
            "epoch": epoch,
            **_of_weights(record),
            "steps": record.steps,
            **row,
            **dict(zip(record.metrics, values, strict=True)),
        }
        for _, series in records.series(schema.Health)
        for epoch, record in series
        for row, values in zip(record.rows, record.values.tolist(), strict=True)
    )


def health_totals(records: RunRecords) -> Table:
    """Returns a row for each epoch whose health was measured: numbers of the whole model."""
    return table(
        {"epoch": epoch, **_of_weights(record), "steps": record.steps, **record.totals}
        for _, series in records.series(schema.Health)
        for epoch, record in series
    )


def structure(records: RunRecords) -> Table:
    """Returns a row for each input, layer call and uncalled layer of the model.

    `parent` names the call that a call is a part of, `reads` those that it reads directly.
    """
    found = records.last(schema.Structure)
    return table(_nodes(found[1]) if found else ())


def _nodes(record: schema.Structure) -> Iterator[_Row]:
    names = [row["name"] for row in record.rows]
    reads: list[list[str]] = [[] for _ in names]
    for start, end in record.edges.tolist():
        reads[end].append(names[start])
    for row, parent, own, numbers in zip(
        record.rows, record.parents.tolist(), reads, record.numbers.tolist(), strict=True
    ):
        parameters, macs = numbers
        yield {
            **row,
            "parent": names[parent] if parent >= 0 else "",
            "reads": ", ".join(own),
            "parameters": int(parameters),
            "macs": macs,
        }


def similarity(records: RunRecords) -> Table:
    """Returns a row for each epoch, map and sample: how similar it is to the reference's."""
    return table(
        {
            "epoch": epoch,
            "explainer": tag.explainer,
            "layer": tag.layer,
            "sample": sample,
            "reference": record.reference,
            "same_prediction": bool(record.agrees[sample]),
            **dict(zip(record.measures, values, strict=True)),
        }
        for tag, series in records.series(schema.Drift)
        for epoch, record in series
        for sample, values in enumerate(record.values.tolist())
    )


def fidelity(records: RunRecords) -> Table:
    """Returns a row for each epoch: how far predictions are those of the reference."""
    return table(
        {"epoch": epoch, "reference": record.reference, **record.numbers}
        for _, series in records.series(schema.Fidelity)
        for epoch, record in series
    )


def trust(records: RunRecords) -> Table:
    """Returns a row for each epoch, map, sample and metric of it."""
    return table(
        {
            "epoch": epoch,
            **_of_weights(record),
            "explainer": tag.explainer,
            "layer": tag.layer,
            "sample": sample,
            "metric": metric,
            "value": value,
            "chance": chance,
            "unit": unit,
            "better": better,
        }
        for tag, series in records.series(schema.Trust)
        for epoch, record in series
        for sample, row in enumerate(np.stack([record.values, record.chance], axis=2).tolist())
        for metric, (value, chance), unit, better in zip(
            record.names, row, record.units, record.better, strict=True
        )
    )


def sanity(records: RunRecords) -> Table:
    """Returns a row for each epoch, map, sample and step of re-drawing weights."""
    return table(
        {
            "epoch": epoch,
            **_of_weights(record),
            "explainer": tag.explainer,
            "layer": tag.layer,
            "sample": sample,
            "redrawn": redrawn,
            "redrawn_layers": int(count),
            "value": value,
            "chance": chance,
        }
        for tag, series in records.series(schema.Sanity)
        for epoch, record in series
        for sample, row in enumerate(np.stack([record.values, record.chance], axis=2).tolist())
        for redrawn, count, (value, chance) in zip(record.layers, record.counts, row, strict=True)
    )


def trust_curves(records: RunRecords) -> Table:
    """Returns a row for each epoch, map, sample, metric, order and share of the positions."""
    return table(
        {
            "epoch": epoch,
            **_of_weights(record),
            "explainer": tag.explainer,
            "layer": tag.layer,
            "sample": sample,
            "metric": curve.metric,
            "order": curve.order,
            "share": share,
            "score": score,
        }
        for tag, series in records.series(schema.Trust)
        for epoch, record in series
        for curve in record.curves
        for sample, own in enumerate(curve.values.tolist())
        for share, score in zip(curve.shares.tolist(), own, strict=True)
    )


def places(records: RunRecords) -> Table:
    """Returns a row for each place where labels can be read alone; what models read there is in
    `trust`."""
    return table(
        {
            "input": tag.layer,
            "place": name,
            "corner": tuple(corner),
            "size": tuple(size),
            **dict(zip(("alone", "rest", "shuffled"), probes, strict=True)),
            "whole": record.whole,
            "rows": record.rows,
        }
        for tag, series in records.series(schema.Places)
        for record in (series[-1][1],)
        for name, corner, size, probes in zip(
            record.names,
            record.corners.tolist(),
            record.sizes.tolist(),
            record.probes.tolist(),
            strict=True,
        )
    )


def regions(records: RunRecords) -> Table:
    """Returns a row for each epoch, map, region and sample: how much evidence lies inside.

    `group` is that of `Predictions(groups=...)`, of rows that hold the same.
    """
    found = records.last(schema.Samples)
    labels = found[1].labels if found else ()
    groups = _groups(records, found[1] if found else None)
    return table(
        {
            "epoch": epoch,
            **_of_weights(record),
            "explainer": tag.explainer,
            "layer": tag.layer,
            "region": region,
            "avoid": bool(record.avoid[place]),
            "sample": sample,
            "label": labels[sample] if sample < len(labels) else None,
            **({"group": groups.get(sample)} if groups else {}),
            "mass": float(record.mass[sample, place]),
            "chance": float(record.area[sample, place]),
            "pointing": float(record.pointing[sample, place]),
        }
        for tag, series in records.series(schema.Regions)
        for epoch, record in series
        for place, region in enumerate(record.names)
        for sample in range(len(record.mass))
    )


def _groups(records: RunRecords, samples: schema.Samples | None) -> dict[int, str]:
    """Returns the group of each explained sample that is among the validation rows."""
    found = records.last(schema.Validation)
    if found is None or samples is None or samples.hashes is None or not found[1].group_names:
        return {}
    rows = found[1]
    names = [rows.group_names[group] for group in rows.groups.tolist()]
    by_hash = dict(zip(rows.hashes.tolist(), names, strict=True))
    own = enumerate(samples.hashes.tolist())
    return {sample: by_hash[hashed] for sample, hashed in own if hashed in by_hash}


def _of_weights(record: _Measured) -> _Row:
    """When the model was measured, and at which epoch's end it had the weights."""
    return {"moment": record.moment, "weights": record.weights}
