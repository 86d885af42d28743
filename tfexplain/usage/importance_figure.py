"""Draws importance with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tfexplain.figures import evidence_colormap
from tfexplain.map_figure import MapFigure
from tfexplain.quality.intervals import Floats
from tfexplain.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tfexplain.usage.hiding import HidingCurve
    from tfexplain.usage.importance_result import Importance

_MOST = 15
_BINS = 40  # of a swarm along its axis


def importance_figure(found: Importance, title: str) -> MapFigure:
    """Draws bars or a map of places, a swarm of a table's rows, and the hiding curve, as far as
    they are there."""
    order = found.order[:_MOST]
    swarm = found.row_values is not None and found.feature == "column"
    panels = 1 + int(swarm) + int(found.hidden is not None)
    height = 3.4 if found.sides else 1.4 + 0.24 * len(order)
    figure = MapFigure(figsize=(4.4 * panels, max(3.0, height)), layout="constrained")
    axes = list(figure.subplots(1, panels, squeeze=False)[0])
    if len(found.sides) > 1:
        _draw_places(axes.pop(0), found)
    else:
        _draw_bars(axes.pop(0), found, order)
    if swarm:
        _draw_swarm(axes.pop(0), found, order)
    if found.hidden is not None:
        _draw_curve(axes.pop(0), found.hidden, found.feature)
    figure.suptitle(
        title or f"{found.explainer} of input {found.input!r}, {found.rows:,} rows", fontsize=10
    )
    return figure


def _draw_bars(axis: Axes, found: Importance, order: Array) -> None:
    places, values = np.arange(len(order)), found.values[order]
    axis.barh(places, values, color="tab:blue")
    bounds = np.stack([values - found.low[order], found.high[order] - values])
    axis.errorbar(values, places, xerr=np.maximum(bounds, 0), fmt="none", ecolor="0.3", capsize=2)
    axis.set_yticks(places, [found.names[i] for i in order], fontsize=8)
    axis.invert_yaxis()
    axis.set_xlabel(f"mean |attribution|, {found.unit}")


def _draw_places(axis: Axes, found: Importance) -> None:
    grid = found.values.reshape(found.sides)
    planes = grid.max(axis=tuple(range(grid.ndim - 2)))
    drawn = axis.imshow(planes, cmap=evidence_colormap(), vmin=0, vmax=planes.max() or 1.0)
    label = f"mean |attribution|, {found.unit}"
    label += ", the most of any slice" if grid.ndim > 2 else ""
    axis.figure.colorbar(drawn, ax=axis, label=label)
    axis.set_axis_off()


def _draw_swarm(axis: Axes, found: Importance, order: Array) -> None:
    """Draws a dot for each row, coloured by where its value stands among those of its column."""
    assert found.row_values is not None
    for line, feature in enumerate(order):
        own, values = found.attributions[:, feature], found.row_values[:, feature]
        ranks = np.searchsorted(np.sort(values), values) / max(1, len(values) - 1)
        drawn = axis.scatter(
            own, line + _spread(own), c=ranks, s=6, cmap="coolwarm", vmin=0, vmax=1, linewidths=0
        )
    axis.axvline(0, color="0.6", linewidth=0.8)
    axis.set_yticks(range(len(order)), [found.names[i] for i in order], fontsize=8)
    axis.invert_yaxis()
    axis.set_xlabel(f"attribution, {found.unit}")
    bar = axis.figure.colorbar(drawn, ax=axis, ticks=[0, 1])
    bar.ax.set_yticklabels(["low value", "high"], fontsize=8)


def _spread(values: Floats) -> Floats:
    """Returns how far dots stand from their line, so that equal ones lie beside each other."""
    low, width = float(values.min()), float(np.ptp(values)) or 1.0
    bins = np.nan_to_num((values - low) / width * (_BINS - 1)).astype(np.int64)
    places = np.zeros(len(values))
    for number in np.unique(bins):
        at = np.flatnonzero(bins == number)
        places[at] = (np.arange(len(at)) + 1) // 2 * np.where(np.arange(len(at)) % 2, 1, -1)
    return np.asarray(0.4 * places / max(1.0, float(np.abs(places).max())))


def _draw_curve(axis: Axes, curve: HidingCurve, feature: str) -> None:
    axis.fill_between(
        curve.counts, curve.random_low, curve.random_high, color="0.85", linewidth=0, label=None
    )
    axis.plot(curve.counts, curve.random, color="0.5", linestyle="--", label="in random orders")
    axis.plot(curve.counts, curve.hidden, color="tab:blue", marker=".", label="the least important")
    axis.set_xlabel(f"{feature}s hidden")
    axis.set_ylabel(curve.score)
    axis.legend(fontsize=8)
