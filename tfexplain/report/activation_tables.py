"""Summarizes what quantization does to the activations of each layer."""

from __future__ import annotations

from math import isfinite

from tfexplain.reading import LoggedRun
from tfexplain.report import markup
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text
from tfexplain.wire.records.quantized import NUMBERS

_MOST_LAYERS = 60
_HEAD = ("layer", "SQNR (dB)", "clipped", "kernel SQNR (dB)", "float range", "range", "limits")


def activations(run: LoggedRun) -> str:
    """Returns a table of all layers, as they were measured last; nothing without any."""
    found = run.every_record.last(schema.Activations)
    if found is None:
        return ""
    step, record = found
    told = markup.paragraph(
        f"Outputs of each layer on {record.rows} rows, beside those of {record.reference}, epoch "
        f"{epoch_text(step)}. SQNR is higher where they are closer; errors of the layers before "
        "are in it."
    )
    rows = []
    for layer, values in zip(record.layers, record.values.tolist(), strict=True):
        one = dict(zip(NUMBERS, values, strict=True))
        numbers = [_decibels(one["sqnr"]), _share(one["clipping"]), _decibels(one["kernel_sqnr"])]
        ends = [_span(one, before) for before in ("reference_", "", "limit_")]
        rows.append([layer, *numbers, *ends])
    told += markup.table(_HEAD, rows[:_MOST_LAYERS])
    if len(rows) > _MOST_LAYERS:
        told += markup.paragraph(f"and {len(rows) - _MOST_LAYERS} more layers")
    if record.missing:
        told += markup.paragraph(f"Not in the quantized model: {', '.join(record.missing)}.")
    return told


def _decibels(value: float) -> str:
    return f"{value:.1f}" if isfinite(value) else "no error" if value > 0 else ""


def _share(value: float) -> str:
    return f"{value:.2%}" if isfinite(value) else ""


def _span(one: dict[str, float], before: str) -> str:
    low, high = one[f"{before}low"], one[f"{before}high"]
    return f"{low:.3g} to {high:.3g}" if isfinite(low) and isfinite(high) else ""
