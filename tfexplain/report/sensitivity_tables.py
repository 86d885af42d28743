"""Summarizes what compressing each layer alone costs, and what a plan would compress first."""

from __future__ import annotations

import numpy as np

from tfexplain.reading import LoggedRun
from tfexplain.report import markup
from tfexplain.types import Array
from tfexplain.wire import schema

_MOST_LAYERS = 40
_LABELS = {"kl": "KL of predictions (nats)", "mean_abs_difference": "mean |difference| of values"}
_SAVED = {
    "keras": "bits, as Keras stores them",
    "tflite": "bits, as .tflite files store them",
    "multiply-adds": "multiply-adds",
    "nonzero": "bits that are not zero (simulated)",
}


def sensitivity(run: LoggedRun) -> str:
    """Returns tables of predictions and maps, and a line for each plan; nothing without any."""
    found = run.every_record.last(schema.Sensitivity)
    if found is None:
        return ""
    record = found[1]
    told = f"{record.rows} rows predicted, {record.samples} of them explained."
    told += (
        f" Controls: {', '.join(record.controls)}."
        if record.controls
        else " No control: how far two trainings differ by chance is not known."
    )
    parts = [markup.paragraph(told)]
    for name in (n for n in ("kl", "mean_abs_difference") if n in record.measures):
        column = record.measures.index(name)
        parts.append(_table(record, record.values[..., column], _LABELS[name]))
        break
    if "spearman" in record.similarities:
        column = record.similarities.index("spearman")
        for place, name in enumerate(record.explainers):
            head = f"similarity of maps (Spearman), {name} at {record.map_layers[place]}"
            parts.append(_table(record, record.similarity[place, ..., column], head))
    parts.append(markup.listing(_plan(name, plan) for name, plan in run.plans.items()))
    return "\n".join(parts)


def _table(record: schema.Sensitivity, values: Array, head: str) -> str:
    rows = [
        [name, *(f"{value:.3g}" if np.isfinite(value) else "" for value in values[i])]
        for i, name in enumerate(record.layers[:_MOST_LAYERS])
    ]
    told = markup.table([head, *record.settings], rows)
    more = len(record.layers) - _MOST_LAYERS
    return told + (markup.paragraph(f"and {more} more kernels") if more > 0 else "")


def _plan(name: str, plan: schema.Plan) -> str:
    """Says what the smallest point that was measured saves and costs."""
    column = plan.measures.index(plan.by)
    measured = np.flatnonzero(np.isfinite(plan.joint[:, column]))
    if not len(measured):
        return f"{_SAVED.get(name, name)}: no point was measured with all settings at once"
    last = int(measured[-1])
    share = plan.sizes[last] / plan.sizes[0]
    return (
        f"{_SAVED.get(name, name)}: {share:.1%} of the model's at {plan.by} "
        f"{plan.joint[last, column]:.3g}, all settings at once; single effects add up to "
        f"{plan.added[last, column]:.3g}"
    )
