"""Formats what compressing kernels costs as aligned text."""

from __future__ import annotations

import numpy as np

from tfexplain.layer_sensitivity.effect import SMALLER
from tfexplain.layer_sensitivity.result import Sensitivity
from tfexplain.text_table import aligned

_HEADS = {
    "kl": "KL (nats) of predictions, kernel by kernel; 0 is equal",
    "agreement": "Agreement of predictions; 1 is equal",
    "accuracy": "Accuracy",
    "mean_abs_difference": "Mean |difference| of predicted values; 0 is equal",
    "spearman": "Similarity of maps (Spearman); 1 is equal",
}


def summary(found: Sensitivity) -> str:
    """Formats a table of predictions, and one of maps, with what is normal variation."""
    values = "mean_abs_difference" in found.base.numbers
    measures = ["mean_abs_difference"] if values else ["kl", "accuracy"]
    parts = [
        f"{found.rows} rows predicted, {len(found.samples)} of them explained; target: "
        f"{found.target}"
    ]
    for measure in (*measures, "spearman"):
        if np.isfinite(found.table(measure)).any():
            parts += [_head(found, measure), aligned(_rows(found, measure))]
    return "\n\n".join((*parts, "\n".join(_notes(found))))


def _head(found: Sensitivity, measure: str) -> str:
    head = _HEADS[measure]
    if measure == "accuracy":
        base = found.base.numbers
        low, high = base["accuracy_low"], base["accuracy_high"]
        head += f"; as it is {base['accuracy']:.3f} [{low:.3f}, {high:.3f}]"
    if measure == "spearman":
        head += f" of {', '.join(f'{name} at {layer}' for name, layer in found.places)}"
    band = found.band(measure)
    if band is not None:
        side = "above" if measure in SMALLER else "below"
        head += f"; * {side} {band:.3g}, the farthest control"
    return head


def _rows(found: Sensitivity, measure: str) -> list[list[str]]:
    rows = [["kernel", *found.settings]]
    for layer in found.layers:
        cells = []
        for setting in found.settings:
            one = found.get(layer, setting)
            if one is None or one.effect is None:
                cells.append("" if one is None else "-")
                continue
            value = one.effect.value(measure)
            mark = "*" if found.is_cost(one, measure) else ""
            cells.append("-" if np.isnan(value) else f"{value:.3g}{mark}")
        rows.append([layer, *cells])
    return rows


def _notes(found: Sensitivity) -> list[str]:
    cost = found.cost
    notes = [
        f"{cost.passes:.0f} passes ({cost.whole:.0f} without reuse) in {cost.seconds:.1f} s"
        + (f"; {cost.reused} settings were measured before" if cost.reused else "")
    ]
    if not found.controls:
        notes.append(
            "no control: how far two trainings of one model differ by chance is not known here; "
            "pass another seed as control, and smaller differences are not called costs"
        )
    return [*notes, *found.notes]
