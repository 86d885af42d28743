"""Finds which layer pruning took most from, and layers whose units are dead."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tfexplain.story.finding import Finding
from tfexplain.story.log_records import RunRecords
from tfexplain.wire import schema

# Whole outputs that pruning switched off, of one layer.
FILTERS = 0.25
# Units that are never above zero on the validation batch, of one layer.
DEAD = 0.5


def layer(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields the layer that lost most of its outputs by pruning, where those are many."""
    found = records.last(schema.Kernels)
    if not found:
        return
    step, kernels = found
    share, name = _largest(kernels, "filter_sparsity")
    if share >= FILTERS:
        text = (
            f"{run}: pruning switched off {share:.0%} of the outputs of {name}, the most of any "
            "layer."
        )
        yield Finding("layer", run, text, share, step, layer=name)


def dead(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields the layer with most dead units, where those are most of its units."""
    found = records.last(schema.Kernels)
    if not found:
        return
    step, kernels = found
    share, name = _largest(kernels, "dead_share")
    if share >= DEAD:
        text = (
            f"{run}: {share:.0%} of the units of {name} are never active on the validation batch."
        )
        yield Finding("dead", run, text, share, step, layer=name)


def _largest(kernels: schema.Kernels, metric: str) -> tuple[float, str]:
    """Returns (value, name) of the kernel with the largest metric; 0 where none has it."""
    if metric not in kernels.metrics or not len(kernels.rows):
        return 0.0, ""
    values = np.nan_to_num(np.asarray(kernels.values)[:, list(kernels.metrics).index(metric)])
    at = int(values.argmax())
    return float(values[at]), kernels.rows[at]["name"]
