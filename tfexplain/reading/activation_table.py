"""Makes a table of what quantization does to activations."""

from __future__ import annotations

from tfexplain.reading.tables import Table, table
from tfexplain.story import RunRecords
from tfexplain.wire import schema
from tfexplain.wire.records.quantized import NUMBERS


def activation_errors(records: RunRecords) -> Table:
    """Returns a row for each epoch and layer of a quantized model, with the numbers of outputs."""
    return table(
        {
            "epoch": epoch,
            "moment": record.moment,
            "weights": record.weights,
            "layer": layer,
            **dict(zip(NUMBERS, values, strict=True)),
            "rows": record.rows,
            "reference": record.reference,
        }
        for _, series in records.series(schema.Activations)
        for epoch, record in series
        for layer, values in zip(record.layers, record.values.tolist(), strict=True)
    )
