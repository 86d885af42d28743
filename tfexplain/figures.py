"""Maps to matplotlib figures, for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tfexplain import coloring
from tfexplain.checks import check_number, check_whole
from tfexplain.coloring import Magnitudes, Scale
from tfexplain.rendering import (
    NOT_FINITE,
    Bytes,
    by_share,
    channel_text,
    color_range,
    is_smooth,
    is_zero,
    map_scale,
    pictures,
    remark,
    table,
    to_rgb,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import SubFigure

    from tfexplain.attribution import Attribution
    from tfexplain.map_figure import MapFigure


def figures(
    attributions: Sequence[Attribution],
    images: npt.ArrayLike | None = None,
    *,
    class_names: Sequence[str] | None = None,
    cmap: str | None = None,
    alpha: float = 1.0,
    percentile: float | None = None,
    columns: int = 8,
) -> MapFigure:
    """Draws attributions below each other, the samples of each on one scale with its colour bar.

    Maps are clear at zero and opaque from a quarter of the scale on; images under them are grey
    and dark.

    Args:
        attributions: What to draw; feature maps and attention are drawn for the first sample, of
            volumes the middle slices.
        images: [N, H, W] or [N, H, W, C] to lie under the maps.
        class_names: Names of the classes, for the titles.
        cmap: Name of a matplotlib colour map; by default inferno without its dark end, or blue and
            red for signed values.
        alpha: Opacity of a map where it is strongest, above 0 to 1.
        percentile: The scale ends at this percentile of magnitudes; above it colours are the same,
            and the colour bar says so. By default the largest hundredth lies above it of maps as
            large as their images, of others none.
        columns: Maps in a row.
    """
    from tfexplain.map_figure import MapFigure

    check_number("alpha", alpha, above=0)
    if percentile is not None:
        check_number("percentile", percentile, above=0)
    check_whole("columns", columns)
    drawn = [_panels(attribution, class_names or ()) for attribution in attributions]
    most = min(columns, max(len(panels) for panels, _ in drawn))
    heights = [1.8 * -(-len(panels) // most) + 0.4 for panels, _ in drawn]
    result = MapFigure(figsize=(1.6 * most + 1, sum(heights)), layout="constrained")
    parts = result.subfigures(len(drawn), squeeze=False, height_ratios=heights).ravel()
    for part, attribution, (panels, titles) in zip(parts, attributions, drawn, strict=True):
        under = None if images is None else _under(attribution, np.asarray(images))
        colormap = _colormap(cmap or "", attribution.signed, alpha)
        _draw(part, attribution, panels, titles, under, colormap, percentile, most)
    return result


def _draw(
    part: SubFigure,
    attribution: Attribution,
    panels: list[Any],
    titles: list[str],
    under: Bytes | None,
    colormap: Colormap,
    percentile: float | None,
    columns: int,
) -> None:
    if attribution.kind == "picture":
        _draw_pictures(part, attribution, titles, columns)
        return
    if panels[0].ndim < 2:
        panels = [panel[None] for panel in panels]
    scale = _scale(attribution, panels, under, percentile)
    limit = scale.limit or 1.0  # a map of zeros has no scale of its own
    axes = part.subplots(-(-len(panels) // columns), columns, squeeze=False).ravel()
    look = {
        "cmap": colormap,
        "vmin": -limit if attribution.signed else 0.0,
        "vmax": limit,
    }
    for i, (axis, panel, title) in enumerate(zip(axes, panels, titles, strict=False)):
        drawn = _draw_map(axis, panel, None if under is None else under[i % len(under)], look)
        axis.set_title(title, fontsize=8)
    for axis in axes:
        axis.set_axis_off()
    extend = ("both" if attribution.signed else "max") if scale.above else "neither"
    above = f", above: {100 * scale.above:.1g}%" if scale.above else ""
    bar = part.colorbar(drawn, ax=list(axes), label=attribution.unit + above, extend=extend)
    bar.ax.set_facecolor(np.array(coloring.PLATE) / 255)
    title = f"{attribution.explainer} at {attribution.layer}"
    told = remark(attribution) if attribution.kind == "map" else ""
    if attribution.kind == "channels":
        told = f": {channel_text(attribution, 0)}"
    part.suptitle(title + told, fontsize=10)


def _draw_pictures(
    part: SubFigure, attribution: Attribution, titles: list[str], columns: int
) -> None:
    rows = -(-len(titles) // columns)
    axes = part.subplots(rows, columns, squeeze=False).ravel()
    for axis, picture, title in zip(axes, attribution.values, titles, strict=False):
        axis.imshow(to_rgb(picture), interpolation="nearest")
        axis.set_title(title, fontsize=8)
    for axis in axes:
        axis.set_axis_off()
    part.suptitle(attribution.explainer, fontsize=10)


def _draw_map(axis: Axes, panel: Any, picture: Bytes | None, look: dict[str, Any]) -> Any:
    """Draw a map over its picture, or over a dark plate; the image of the map."""
    height, width = panel.shape if picture is None else picture.shape[:2]
    smooth = picture is not None and is_smooth(panel.shape, (height, width))
    place: dict[str, Any] = {
        "extent": (0, width, height, 0),
        "aspect": "auto" if picture is None and height == 1 else "equal",
    }
    below = _PLATE if picture is None else coloring.dimmed(to_rgb(picture))
    axis.imshow(below, interpolation="nearest", **place)
    return axis.imshow(panel, interpolation="bilinear" if smooth else "nearest", **place, **look)


_PLATE = np.array([[coloring.PLATE]], np.uint8)


def evidence_colormap() -> Colormap:
    """Returns the colour map of unsigned maps, opaque at zero."""
    from matplotlib.colors import ListedColormap

    opaque = table("", signed=False) * (1, 1, 1, 0) + (0, 0, 0, 1)
    return ListedColormap(opaque, "evidence").with_extremes(bad=NOT_FINITE)


def _colormap(colors: str, signed: bool, alpha: float) -> Colormap:
    from matplotlib.colors import ListedColormap

    shades = table(colors, signed) * (1, 1, 1, min(alpha, 1.0))
    return ListedColormap(shades, colors or "evidence").with_extremes(bad=NOT_FINITE)


def _scale(
    attribution: Attribution, panels: list[Any], under: Bytes | None, percentile: float | None
) -> Scale:
    if percentile is not None:
        sizes = np.abs(np.stack(panels))
        sizes = sizes[np.isfinite(sizes)]
        limit = float(np.percentile(sizes, percentile)) if sizes.size else 0.0
        limit = limit or float(sizes.max(initial=0.0))
        return Scale(limit, float((sizes > limit).mean()) if sizes.size else 0.0)
    if attribution.kind != "map":
        return Magnitudes().add(np.stack(panels)).scale(pixels=False)
    return map_scale(attribution, () if under is None else under.shape[1:3])


def _panels(attribution: Attribution, class_names: Sequence[str]) -> tuple[list[Any], list[str]]:
    if attribution.channels is not None and attribution.dead is not None:
        planes = np.moveaxis(attribution.planes[0], -1, 0)
        places = by_share(attribution, 0)
        return [planes[i] for i in places], [_channel(attribution, i) for i in places]
    if attribution.attention_heads is not None:
        return list(attribution.values[0]), [f"head {h}" for h in attribution.attention_heads]
    titles = [
        f"{class_names[t] if 0 <= t < len(class_names) else f'target {t}'}: {s:.3g}"
        + ("\nall zero" if attribution.kind == "map" and is_zero(attribution, i) else "")
        for i, (t, s) in enumerate(zip(attribution.targets, attribution.scores, strict=True))
    ]
    if attribution.kind == "picture":
        return list(attribution.values), titles
    return list(attribution.planes), titles


def _channel(attribution: Attribution, place: int) -> str:
    """`channel 7: 12%`; a share below zero is evidence against the target."""
    assert attribution.channels is not None
    assert attribution.dead is not None
    number = int(attribution.channels[place])
    dead = " (dead)" if attribution.dead[place] else ""
    if attribution.shares is None:
        return f"channel {number}{dead}"
    return f"channel {number}: {attribution.shares[0, number]:.1%}{dead}"


def _under(attribution: Attribution, images: npt.NDArray[Any]) -> Bytes:
    first = attribution.channel_axis == 1
    under = pictures(images, color_range(images), channels_first=first)
    return under[:1] if attribution.channels is not None else under
