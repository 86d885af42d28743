"""Draws exchange maps with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tfexplain.figures import evidence_colormap
from tfexplain.map_figure import MapFigure

if TYPE_CHECKING:
    from tfexplain.exchange.exchange_map import ExchangeMap


def exchange_figure(exchanged: ExchangeMap, title: str) -> MapFigure:
    """Draws shares from zero to the largest: two axes as a picture, one as bars with chance."""
    figure = MapFigure(figsize=(4.2, 3.6), layout="constrained")
    axis = figure.subplots()
    shares, chance = exchanged.shares, exchanged.chance
    label = "share of predictions that follow"
    if shares.ndim == 1:
        axis.bar(np.arange(len(shares)), shares, width=1.0 if len(shares) > 20 else 0.8)
        axis.step(np.arange(len(shares)), chance, where="mid", color="0.4", label="chance")
        axis.set_ylabel(label)
        axis.legend(fontsize=8)
    else:
        planes = shares.max(axis=tuple(range(shares.ndim - 2)))
        label += ", the most of any slice" if shares.ndim > 2 else ""
        largest = max(float(shares.max()), float(chance.max()))
        drawn = axis.imshow(planes, cmap=evidence_colormap(), vmin=0, vmax=largest or 1.0)
        figure.colorbar(drawn, ax=axis, label=f"{label} (chance: up to {chance.max():.2f})")
        axis.set_axis_off()
    axis.set_title(title or f"windows exchanged in {exchanged.input!r}", fontsize=10)
    return figure
