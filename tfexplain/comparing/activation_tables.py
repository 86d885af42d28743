"""Formats where quantization loses most of the activations."""

from __future__ import annotations

import numpy as np

from tfexplain.comparing.comparison import Comparison
from tfexplain.text_table import aligned

_MOST = 5
_LEAST = 0.1  # dB


def activation_table(comparison: Comparison) -> list[str]:
    """Returns a title and a table of the layers at which most is lost; nothing without any."""
    rows = [["model", "layer", "SQNR dB", "lost there dB", "clipped", "kernel SQNR dB"]]
    for name, compared in comparison.models.items():
        found = compared.activations
        if found is None:
            continue
        by_layer = {one.layer: one for one in found.layers}
        for layer, lost in (drop for drop in found.drops[:_MOST] if drop[1] > _LEAST):
            one = by_layer[layer]
            clipped = "-" if one.clipping is None else f"{one.clipping:.2%}"
            kernel = "-" if one.kernel_sqnr is None else f"{one.kernel_sqnr:.1f}"
            there = "first error" if np.isinf(lost) else f"{lost:.1f}"
            rows.append([name, layer, f"{one.sqnr:.1f}", there, clipped, kernel])
    if len(rows) == 1:
        return []
    return [
        f"Activations of {len(comparison.rows)} of these rows, beside those of "
        f"{comparison.reference_text}: the layers at which most is lost",
        aligned(rows),
    ]
