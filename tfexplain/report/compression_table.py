"""Summarizes what compression made of the kernels."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from tfexplain.reading import LoggedRun
from tfexplain.report import markup
from tfexplain.wire.metrics import METRICS


def compression(runs: Mapping[str, LoggedRun]) -> str:
    """Returns a table of the numbers of all kernels together, as they were measured last."""
    columns: dict[str, dict[str, float]] = {}
    for name, run in runs.items():
        totals = run.totals
        if not totals:
            continue
        for i in np.flatnonzero(totals["epoch"] == totals["epoch"].max()):
            part, epoch = str(totals["part"][i]), totals["epoch"][i]
            column = " ".join(filter(None, [name, part, f"(epoch {epoch})"]))
            columns[column] = {m: float(totals[m][i]) for m in _LABELS if m in totals}
    rows = []
    for metric in METRICS:
        values = [numbers.get(metric.name, math.nan) for numbers in columns.values()]
        if any(map(math.isfinite, values)):
            told = [_told(value, metric.unit) for value in values]
            rows.append([metric.label, *told, metric.meaning])
    return markup.table(["all kernels", *columns, "meaning"], rows)


_LABELS = {metric.name for metric in METRICS}


def _told(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return ""
    if unit == "share":
        return f"{100 * value:.1f}%"
    return markup.number(value) + (f" {unit}" if unit in ("bytes", "bits", "dB") else "")
