"""Draws partial dependence with matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tfexplain.errors import TfexplainError
from tfexplain.map_figure import MapFigure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tfexplain.usage.dependence import FeatureDependence, PartialDependence

MOST_PANELS = 24
MOST_LINES = 64  # of single rows
_COLUMNS = 3


def dependence_figure(found: PartialDependence, output: int | None) -> MapFigure:
    """Draws a panel for each feature, on one scale: those that the outputs follow most first."""
    known = found.outputs.tolist()
    if output is not None and output not in known:
        raise TfexplainError(f"output={output!r}: expected one of {known}. Pass one of these.")
    order = sorted(found.features, key=lambda feature: -feature.ranges.max())[:MOST_PANELS]
    columns = min(_COLUMNS, len(order))
    rows = math.ceil(len(order) / columns)
    figure = MapFigure(figsize=(3.4 * columns, 2.6 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for panel, feature in zip(panels, order, strict=False):
        place = int(feature.ranges.argmax()) if output is None else known.index(output)
        _draw(panel, feature, found, place)
    for panel in panels[len(order) :]:
        panel.set_axis_off()
    for panel in panels[:: max(1, columns)]:
        panel.set_ylabel(found.unit)
    return figure


def _draw(axis: Axes, feature: FeatureDependence, found: PartialDependence, place: int) -> None:
    mine = found.single_outputs == found.outputs[place]
    x = np.arange(len(feature.grid)) if feature.are_categories else feature.grid
    style = ":" if feature.are_categories else "-"
    axis.plot(x, feature.single[mine][:MOST_LINES].T, color="0.6", alpha=0.35, lw=0.6)
    axis.fill_between(x, feature.low[place], feature.high[place], color="C0", alpha=0.2, lw=0)
    axis.plot(x, feature.partial[place], style, color="C0", lw=2)
    for rare, face in ((False, "C0"), (True, "white")):
        some = feature.few == rare
        axis.plot(x[some], feature.partial[place][some], "o", ms=4, mec="C0", mfc=face)
    if feature.are_categories:
        axis.set_xticks(x, [f"{value:g}" for value in feature.grid])
    of = "" if found.unit == "output" else f", class {found.outputs[place]}"
    axis.set_title(f"{feature.name}{of}", fontsize=10)
