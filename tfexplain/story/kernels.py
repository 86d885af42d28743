"""Finds which layer pruning took most from, and layers whose units are dead."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tfexplain.story.finding import Finding, percent
from tfexplain.story.health import dead_units
from tfexplain.story.log_records import RunRecords
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

# Whole outputs that pruning switched off, of one layer.
FILTERS = 0.25
# Units that are never above zero on the validation batch, of one layer.
DEAD = 0.5


def layer(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields the layer that lost most of its outputs by pruning, where those are many."""
    for step, share, name in _largest(records, "filter_sparsity", FILTERS):
        text = (
            f"{run}: pruning switched off {percent(share)} of the outputs of {name}, the most of "
            "any layer."
        )
        yield Finding("layer", run, text, share, step, layer=name, metric="filter_sparsity")


def dead(run: str, records: RunRecords) -> Iterator[Finding]:
    """Yields the layer with most dead units, where those are most of its units."""
    known = list(dead_units(run, records))
    for step, share, name, since in known:
        if share >= DEAD:
            text = (
                f"{run}: {percent(share)} of the units of {name} are dead: never active on the "
                f"validation batch, half of them since epoch {epoch_text(since)} or before."
            )
            yield Finding("dead", run, text, share, step, layer=name, metric="dead_share")
    if known:
        return
    for step, share, name in _largest(records, "dead_share", DEAD):
        text = (
            f"{run}: {percent(share)} of the units of {name} are never active on the validation "
            "batch."
        )
        yield Finding("dead", run, text, share, step, layer=name, metric="dead_share")


def _largest(records: RunRecords, metric: str, least: float) -> Iterator[tuple[float, float, str]]:
    """Yields (step, value, name) of the kernel with the largest metric, where that is `least` or
    more."""
    found = records.last(schema.Kernels)
    if not found or metric not in found[1].metrics or not len(found[1].rows):
        return
    step, kernels = found
    values = np.nan_to_num(np.asarray(kernels.values)[:, list(kernels.metrics).index(metric)])
    at = int(values.argmax())
    if values[at] >= least:
        yield step, float(values[at]), kernels.rows[at]["name"]
