"""Makes tables of who pays for a compression, as `compare` logs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tfexplain.reading.tables import Table, table
from tfexplain.story import RunRecords
from tfexplain.wire import schema


def payers(records: RunRecords) -> Table:
    """Returns a row for each class or group and number; `outside`: of the controls' band."""
    found = records.last(schema.Payers)
    return table(_payers(found[1]) if found else ())


def _payers(record: schema.Payers) -> Iterator[dict[str, Any]]:
    for part, measure in zip(*np.nonzero(record.counts), strict=True):
        value, low, high = record.values[part, measure].tolist()
        least, most = record.bands[part, measure].tolist()
        yield {
            "by": "group" if record.by_group[part] else "class",
            "name": record.names[part],
            "measure": record.measures[measure],
            "rows": int(record.counts[part, measure]),
            "value": value,
            "low": low,
            "high": high,
            "band_low": least,
            "band_high": most,
            # Of NaN, which is no number of a band or interval, neither is true.
            "outside": high < least or low > most,
            "reference": record.reference,
        }


def exemplars(records: RunRecords) -> Table:
    """Returns a row for each exemplar that is kept, surest first; `sample` -1: not explained."""
    found = records.last(schema.Exemplars)
    if found is None:
        return table(())
    record = found[1]
    return table(
        {
            "row": int(record.rows[i]),
            "sample": int(record.samples[i]),
            "label": record.labels[i],
            "group": record.groups[i],
            "dense": record.dense[i],
            "compressed": record.compressed[i],
            "dense_share": float(record.shares[i, 0]),
            "compressed_share": float(record.shares[i, 1]),
        }
        for i in range(len(record.rows))
    )


def overlaps(records: RunRecords) -> Table:
    """Returns a row for each other model and kernel: which weights both keep."""
    found = records.last(schema.Overlaps)
    return table(_overlaps(found[1]) if found else ())


def _overlaps(record: schema.Overlaps) -> Iterator[dict[str, Any]]:
    for other, name in enumerate(record.others):
        for kernel, own in enumerate(record.kernels):
            weights, first, second, both = record.counts[other, kernel].tolist()
            if weights:
                either = first + second - both
                yield {
                    "other": name,
                    "kernel": own,
                    "weights": weights,
                    "kept": first,
                    "other_kept": second,
                    "both_kept": both,
                    "jaccard": both / either if either else np.nan,
                }
