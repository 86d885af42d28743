"""Converts the numbers of compression to records and to events of TensorBoard's dashboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tfexplain.compression import (
    ActivationError,
    ActivationErrors,
    ActivationNumbers,
    Histogram,
    LayerNumbers,
    Totals,
)
from tfexplain.model.tfmot_names import unwrapped
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.wire import schema

_PADDED = "n:m: its inputs are no multiple of m, the last group is filled up with zeros"

Activities = Mapping[str, ActivationNumbers]


def kernels_record(
    numbers: Sequence[LayerNumbers],
    totals: Mapping[str, Totals],
    activities: Activities,
    now: Moment,
    errors: ActivationErrors | None = None,
) -> schema.Kernels:
    """Returns the record of all kernels of a model at one time.

    Args:
        numbers: In model order.
        totals: Totals by part of the model.
        activities: Activity by layer, where a validation batch was given.
        now: When they were measured.
        errors: Of outputs of layers, where the model is quantized and a float one is known.
    """
    by_layer = {} if errors is None else {one.layer: one for one in errors.layers}
    lines = [
        _line(one, activities.get(one.layer.path), by_layer.get(unwrapped(one.layer.path)))
        for one in numbers
    ]
    metrics = list(dict.fromkeys(name for line in lines for name in line))
    return schema.Kernels(
        [_row(layer_numbers) for layer_numbers in numbers],
        metrics,
        np.array([[line.get(name, np.nan) for name in metrics] for line in lines]),
        {part: total.scalars() for part, total in totals.items()},
        {part: total.denominator for part, total in totals.items()},
        now.kind,
        now.weights,
    )


def _line(
    numbers: LayerNumbers, activity: ActivationNumbers | None, error: ActivationError | None
) -> dict[str, float]:
    values = numbers.scalars()
    if activity is not None:
        values |= {"activation_sparsity": activity.sparsity, "dead_share": activity.dead_share}
    if error is not None:
        values["activation_sqnr"] = error.sqnr
        if error.clipping is not None:
            values["activation_clipping"] = error.clipping
    return values


def _row(numbers: LayerNumbers) -> dict[str, str]:
    layer = numbers.layer
    padded = (
        numbers.nm_compliance is not None
        and numbers.structure is not None
        and numbers.structure.padded
    )
    return {
        "name": schema.tag_name(layer.name),
        "path": schema.tag_name(layer.path),
        "part": layer.part,
        "type": layer.layer_type,
        "wrapper": layer.wrapper,
        "mode": layer.mode,
        "dtype": layer.dtype,
        "shape": " × ".join(map(str, layer.shape)),
        "note": "; ".join(filter(None, [layer.note, _PADDED if padded else ""])),
    }


def kernel_record(
    numbers: LayerNumbers, activity: ActivationNumbers | None
) -> schema.Kernel | None:
    """Returns one kernel's distribution and channels; None for a kernel whose values are not
    read."""
    if numbers.histogram is None:
        return None
    spread = numbers.histogram
    # Which axis of a weight of unknown role are its outputs is not known.
    pruned = np.zeros(0, bool) if numbers.structure is None else numbers.structure.filters
    dead = np.zeros(0, bool) if activity is None else activity.dead
    return schema.Kernel(
        spread.counts,
        spread.low,
        spread.high,
        spread.zeros,
        spread.nonfinite,
        pruned,
        dead,
    )


def buckets(spread: Histogram) -> npt.NDArray[np.float64]:
    """Returns [n, 3] (left, right, count) as TensorBoard's histograms are.

    Zeros are in the bin around zero.
    """
    edges, counts = spread.edges, spread.counts.copy()
    if spread.zeros:
        around = int(np.searchsorted(edges, 0.0, side="right")) - 1
        counts[min(max(around, 0), len(counts) - 1)] += spread.zeros
    if spread.low == spread.high:
        return np.array([[spread.low, spread.high, counts.sum()]], np.float64)
    return np.stack([edges[:-1], edges[1:], counts], axis=1)
