"""Converts the numbers of health to records and to events of TensorBoard's dashboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan

import numpy as np
import numpy.typing as npt

from tfexplain.compression.distribution import Histogram
from tfexplain.health.layers import HealthLayer
from tfexplain.health.numbers import LayerHealth
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.wire import schema

Since = npt.NDArray[np.float64]


def health_record(
    layers: Sequence[LayerHealth], totals: Mapping[str, float], steps: int, now: Moment
) -> schema.Health:
    """Returns the record of all layers of a model at one time.

    Args:
        layers: In the order of their calls.
        totals: Of the model, by name.
        steps: How many training steps the updates are sums of.
        now: When they were measured.
    """
    weights = [
        (row, name, numbers)
        for row, layer in enumerate(layers)
        for name, numbers in layer.weights.items()
    ]
    lines = [dict(layer.numbers) for layer in layers]
    metrics = list(dict.fromkeys(name for line in lines for name in line))
    return schema.Health(
        [_row(layer.layer) for layer in layers],
        metrics,
        _table(lines, metrics),
        [(row, name) for row, name, _ in weights],
        _table([numbers for *_, numbers in weights], metrics),
        totals,
        steps,
        now.kind,
        now.weights,
    )


def units_record(layer: LayerHealth, since: Since) -> schema.Units:
    """Returns one layer's activations and gradients, and since when its units are dead."""
    return schema.Units(_spread(layer.activations), _spread(layer.gradients), since)


def dead_since(dead: npt.NDArray[np.bool_], before: Since | None, step: float) -> Since:
    """Returns float64 [C], the step since which a unit is dead, NaN for one that is not.

    Args:
        dead: bool [C], now.
        before: As it was at the last measurement; None at the first.
        step: Of now.
    """
    known = before if before is not None and before.shape == dead.shape else np.full(len(dead), nan)
    return np.where(dead, np.where(np.isnan(known), step, known), nan)


def _row(layer: HealthLayer) -> dict[str, str]:
    return {
        "path": schema.tag_name(layer.path),
        "type": layer.layer_type,
        "activation": layer.activation,
        "state": layer.state,
        "note": layer.note,
    }


def _table(lines: Sequence[Mapping[str, float]], metrics: Sequence[str]) -> npt.NDArray[np.float64]:
    return np.array([[line.get(name, np.nan) for name in metrics] for line in lines], np.float64)


def _spread(histogram: Histogram | None) -> schema.Spread:
    if histogram is None:
        return schema.Spread()
    own = histogram
    return schema.Spread(own.counts, own.low, own.high, own.zeros, own.nonfinite)
