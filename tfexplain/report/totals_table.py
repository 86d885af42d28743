"""Summarizes the totals of a model: what compression made of it, and how its training fares."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from tfexplain.reading import LoggedRun
from tfexplain.reading.tables import Table
from tfexplain.report import markup
from tfexplain.wire.clock import epoch_text
from tfexplain.wire.metrics import METRICS


def compression(runs: Mapping[str, LoggedRun]) -> str:
    """Returns a table of the numbers of all kernels together, as they were measured last."""
    return _table("all kernels", {name: run.totals for name, run in runs.items()})


def health(runs: Mapping[str, LoggedRun]) -> str:
    """Returns a table of gradients, updates and activations, as they were measured last."""
    return _table("all layers", {name: run.health_totals for name, run in runs.items()})


def _table(of: str, totals_by_run: Mapping[str, Table]) -> str:
    columns: dict[str, dict[str, float]] = {}
    for name, totals in totals_by_run.items():
        if not totals:
            continue
        for i in np.flatnonzero(totals["epoch"] == totals["epoch"].max()):
            part = str(totals["part"][i]) if "part" in totals else ""
            column = " ".join(
                filter(None, [name, part, f"(epoch {epoch_text(totals['epoch'][i])})"])
            )
            columns[column] = {m: float(totals[m][i]) for m in _LABELS if m in totals}
    rows = []
    for metric in METRICS:
        values = [numbers.get(metric.name, math.nan) for numbers in columns.values()]
        if any(map(math.isfinite, values)):
            told = [_told(value, metric.unit) for value in values]
            rows.append([metric.label, *told, metric.meaning])
    return markup.table([of, *columns, "meaning"], rows)


_LABELS = {metric.name for metric in METRICS}


def _told(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return ""
    if unit == "share":
        return f"{100 * value:.1f}%"
    return markup.number(value) + (f" {unit}" if unit in ("bytes", "bits", "dB") else "")
