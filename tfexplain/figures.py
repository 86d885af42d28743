"""Maps to matplotlib figures, for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from tfexplain.row_sheets import (
    Look,
    Rows,
    row_sheet,
    scale_of_rows,
    titles_of,
    unit_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import SubFigure

    from tfexplain.attribution import Attribution
    from tfexplain.map_figure import MapFigure


def figures(
    attributions: Sequence[Attribution],
    inputs: Any = None,
    *,
    class_names: Sequence[str] | None = None,
    feature_names: Sequence[str] = (),
    cmap: str | None = None,
    alpha: float = 1.0,
    percentile: float | None = None,
    columns: int = 8,
) -> MapFigure:
    """Draws attributions below each other, the samples of each on one scale with its colour bar.

    Maps are clear at zero and opaque from a quarter of the scale on; images under them are grey
    and dark. A layer's map over words is spread over those that each position reads, padding left
    out; features are bars, the largest first.

    Args:
        attributions: What to draw; feature maps and attention are drawn for the first sample, of
            volumes the middle slices.
        inputs: What the maps lie over: images [N, H, W] or [N, H, W, C], features [N, f], or the
            words of N texts, "" for padding.
        class_names: Names of the classes, for the titles.
        feature_names: Names of the features.
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
    rows = rows_of(inputs, feature_names)
    images = None if inputs is None or rows is not None else np.asarray(inputs)
    sheets = [_sheet(a, rows, class_names or (), cmap or "", percentile) for a in attributions]
    drawn = [_panels(attribution, class_names or ()) for attribution in attributions]
    most = min(columns, max(len(panels) for panels, _ in drawn))
    heights = [
        1.8 * -(-len(panels) // most) + 0.4 if sheet is None else sheet.height
        for (panels, _), sheet in zip(drawn, sheets, strict=True)
    ]
    width = max(1.6 * most + 1, *(sheet.width for sheet in sheets if sheet is not None), 0)
    result = MapFigure(figsize=(width, sum(heights)), layout="constrained")
    parts = result.subfigures(len(drawn), squeeze=False, height_ratios=heights).ravel()
    both = zip(parts, attributions, drawn, sheets, strict=True)
    for part, attribution, (panels, titles), sheet in both:
        if sheet is not None:
            sheet.draw(part, _colormap(cmap or "", attribution.signed, 1.0))
            continue
        under = None if images is None else _under(attribution, images)
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


@dataclass(frozen=True, eq=False)
class _Sheet:
    """A drawn sheet of texts or tables, and what its colours stand for."""

    picture: Bytes
    attribution: Attribution
    rows: Rows
    look: Look

    @property
    def width(self) -> float:
        """In inches; the colour bar stands beside."""
        return float(self.picture.shape[1] / 100 + 1.2)

    @property
    def height(self) -> float:
        """In inches, with the title."""
        return float(self.picture.shape[0] / 100 + 0.6)

    def draw(self, part: SubFigure, colormap: Colormap) -> None:
        """Draws the sheet with its colour bar."""
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        limit = self.look.scale.limit or 1.0
        axis = part.subplots()
        axis.imshow(self.picture, interpolation="antialiased")
        axis.set_axis_off()
        norm = Normalize(-limit if self.look.signed else 0.0, limit)
        bar = part.colorbar(
            ScalarMappable(norm, colormap),
            ax=axis,
            label=unit_text(self.attribution, self.rows, self.look.scale),
        )
        bar.ax.set_facecolor(np.array(coloring.PLATE) / 255)
        told = f"{self.attribution.explainer} at {self.attribution.layer}"
        part.suptitle(told + remark(self.attribution), fontsize=10)


def _sheet(
    attribution: Attribution,
    rows: Rows | None,
    class_names: Sequence[str],
    colors: str,
    percentile: float | None,
) -> _Sheet | None:
    """Draws an attribution over texts or tables; None where it does not lie over them."""
    values = None if rows is None else rows.shown(attribution)
    if rows is None or values is None:
        return None
    scale = scale_of_rows(attribution, values)
    if percentile is not None:
        scale = _limit(np.concatenate(values), percentile)
    look = Look(scale, attribution.signed, colors)
    titles = titles_of(attribution, class_names)
    return _Sheet(row_sheet(rows, values, look, titles), attribution, rows, look)


def rows_of(inputs: Any, names: Sequence[str]) -> Rows | None:
    """Returns inputs that are words or features; None for others."""
    if inputs is None or not len(inputs):
        return None
    first = inputs[0]
    if not isinstance(first, (str, bytes)) and len(np.shape(first)) == 1:
        if np.asarray(first).dtype.kind in "OSU":
            return Rows(words=[[_word(word) for word in words] for words in inputs])
        return Rows(values=np.asarray(inputs), names=names) if np.ndim(inputs) == 2 else None
    return None


def _word(word: Any) -> str:
    return word.decode(errors="replace") if isinstance(word, bytes) else str(word)


def _limit(values: npt.NDArray[Any], percentile: float) -> Scale:
    """Returns the scale that ends at a percentile of finite magnitudes."""
    sizes = np.abs(values[np.isfinite(values)])
    limit = float(np.percentile(sizes, percentile)) if sizes.size else 0.0
    limit = limit or float(sizes.max(initial=0.0))
    return Scale(limit, float((sizes > limit).mean()) if sizes.size else 0.0)


def _scale(
    attribution: Attribution, panels: list[Any], under: Bytes | None, percentile: float | None
) -> Scale:
    if percentile is not None:
        return _limit(np.stack(panels), percentile)
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
