"""Makes a table of what compressing each kernel alone costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tfexplain.reading.tables import Table, table
from tfexplain.story import RunRecords
from tfexplain.wire import schema


def sensitivity(records: RunRecords) -> Table:
    """Returns a row for each kernel and setting that it can have; NaN is what was not measured.

    Similarity of maps is named `spearman of GradCAM at conv`; `stored_by` is empty where nothing
    stores the kernel so that it takes less.
    """
    found = records.last(schema.Sensitivity)
    return table(_rows(found[1]) if found else ())


def _rows(record: schema.Sensitivity) -> Iterator[dict[str, Any]]:
    places = list(zip(record.explainers, record.map_layers, strict=True))
    for layer, setting in zip(*np.nonzero(np.isfinite(record.bits)), strict=True):
        at = layer, setting
        yield {
            "kernel": record.layers[layer],
            "setting": record.settings[setting],
            **dict(zip(record.measures, record.values[at].tolist(), strict=True)),
            **{
                f"{name} of {explainer} at {where}": float(record.similarity[p][at][k])
                for p, (explainer, where) in enumerate(places)
                for k, name in enumerate(record.similarities)
            },
            "bits": record.bits[at],
            "dense_bits": record.dense[layer, 0],
            "multiply_adds": record.multiply_adds[at],
            "dense_multiply_adds": record.dense[layer, 1],
            "stored_by": ", ".join(
                name for i, name in enumerate(record.runtimes) if record.stored[at] >> i & 1
            ),
        }
