"""Maps to pictures: overlays and grids for the Images tab, matplotlib figures for notebooks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from tfexplain.checks import check_number, check_whole

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure, SubFigure

    from tfexplain.attribution import Attribution

Bytes = npt.NDArray[np.uint8]
SEQUENTIAL, DIVERGING = "viridis", "RdBu_r"
_NOT_FINITE = (1.0, 0.0, 1.0)  # magenta
_GAP = 2  # pixels between the cells of a grid


def color_range(images: npt.NDArray[Any]) -> tuple[float, float]:
    """The values shown as black and white: 0..1, -1..1, 0..255, or else least and greatest.

    >>> color_range(np.array([0.0, 0.9]))
    (0.0, 1.0)
    """
    low, high = float(np.min(images)), float(np.max(images))
    if low >= 0:
        return (0.0, 1.0) if high <= 1 else (0.0, 255.0) if high <= 255 else (0.0, high)
    return (-1.0, 1.0) if low >= -1 and high <= 1 else (low, high)


def pictures(
    images: npt.NDArray[Any], values: tuple[float, float], *, channels_first: bool = False
) -> Bytes:
    """Images [N, H, W], [N, H, W, C] as uint8 [N, H, W, 1, 3 or 4] a browser can show; volumes
    [N, D, H, W, C] alike.

    Other numbers of channels than 1, 3 and 4 are shown as their mean, in grey.
    """
    if images.ndim > 3 and channels_first:
        images = np.moveaxis(images, 1, -1)
    if images.ndim == 3:
        images = images[..., None]
    if images.shape[-1] not in (1, 3, 4):
        images = images.mean(axis=-1, keepdims=True)
    low, high = values
    scaled = (images.astype(np.float32) - low) / max(high - low, np.finfo(np.float32).tiny)
    result: Bytes = np.round(255 * np.clip(scaled, 0, 1)).astype(np.uint8)
    return result


def sheet(volume: Bytes) -> Bytes:
    """The slices of uint8 [D, H, W, C] beside and below each other, ceil(sqrt(D)) in a row.

    >>> sheet(np.zeros((5, 4, 6, 1), np.uint8)).shape
    (8, 18, 1)
    """
    depth, height, width, channels = volume.shape
    columns = math.isqrt(max(depth - 1, 0)) + 1
    rows = -(-depth // columns)
    filled = np.zeros((rows * columns, height, width, channels), np.uint8)
    filled[:depth] = volume
    placed: Bytes = filled.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return placed.reshape(rows * height, columns * width, channels)


def colored(values: npt.NDArray[Any], scale: float, *, signed: bool, colors: str = "") -> Bytes:
    """Values [...] as uint8 RGB [..., 3]: 0..scale, or -scale..scale around the middle of a
    diverging map. NaN and infinity are magenta, which neither map contains."""
    unit = values / scale if scale > 0 else np.zeros_like(values)
    colormap = _colormap(colors or (DIVERGING if signed else SEQUENTIAL))
    with np.errstate(invalid="ignore"):
        rgb = colormap((unit + 1) / 2 if signed else unit)[..., :3]
    rgb[~np.isfinite(values)] = _NOT_FINITE
    result: Bytes = np.round(255 * rgb).astype(np.uint8)
    return result


@cache
def _colormap(name: str) -> Colormap:
    """Kept, because Matplotlib hands out a copy each time, which makes its table of colours anew:
    that took five times as long as colouring a small map."""
    return matplotlib.colormaps[name]


def scale_of(values: npt.NDArray[Any]) -> float:
    """The largest finite magnitude; 0 where there is none."""
    finite = values[np.isfinite(values)]
    return float(np.max(np.abs(finite), initial=0.0))


def resize(picture: Bytes, size: tuple[int, int], *, smooth: bool) -> Bytes:
    """uint8 [h, w, C] at (height, width)."""
    method = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    squeezed = picture[..., 0] if picture.shape[-1] == 1 else picture
    resized = np.asarray(Image.fromarray(squeezed).resize(size[::-1], method))
    return resized if resized.ndim == 3 else resized[..., None]


def to_rgb(picture: Bytes) -> Bytes:
    """uint8 [H, W, 1, 3 or 4] as RGB; transparent pixels on white."""
    if picture.shape[-1] == 4:
        alpha = picture[..., 3:].astype(np.float32) / 255
        return np.round(picture[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return np.broadcast_to(picture, (*picture.shape[:2], 3)).astype(np.uint8)


def overlay(picture: Bytes, map_: Bytes, opacity: float = 0.6, *, smooth: bool = True) -> Bytes:
    """A coloured map [h, w, 3] over a picture [H, W, C], at the picture's size."""
    under = to_rgb(picture).astype(np.float32)
    over = resize(map_, under.shape[:2], smooth=smooth)
    return np.round(opacity * over + (1 - opacity) * under).astype(np.uint8)


def grid(cells: Sequence[Sequence[Bytes]], caption: str) -> Bytes:
    """Equal cells [h, w, 3] in rows and columns on white, a line of text below."""
    height, width = cells[0][0].shape[:2]
    columns = max(len(row) for row in cells)
    size = (len(cells) * (height + _GAP), max(columns * (width + _GAP), 320))
    sheet = np.full((size[0] + 14, size[1], 3), 255, np.uint8)
    for r, row in enumerate(cells):
        for c, cell in enumerate(row):
            top, left = r * (height + _GAP), c * (width + _GAP)
            sheet[top : top + height, left : left + width] = cell
    image = Image.fromarray(sheet)
    ImageDraw.Draw(image).text((2, size[0] + 1), caption, fill=(0, 0, 0))
    return np.asarray(image)


def overlay_grid(attributions: Sequence[Attribution], under: Bytes, side: int = 96) -> Bytes:
    """One explainer's maps over the batch: the inputs, then a row for each layer.

    Args:
        attributions: Maps [N, h, w] of one explainer, or [N, d, h, w], of which the middle slices
            are drawn.
        under: uint8 pictures [N, H, W, C].
        side: Longer side of a cell in pixels, at least.
    """
    size = _cell(under.shape[1:3], side)
    inputs = [resize(to_rgb(p), size, smooth=False) for p in under]
    rows, captions = [inputs], []
    for attribution in attributions:
        scale = scale_of(attribution.planes)
        maps = colored(attribution.planes, scale, signed=attribution.signed)
        # A map of the input's own pixels keeps them; a coarse one has no pixels to keep.
        smooth = maps.shape[1:3] != under.shape[1:3]
        rows.append([overlay(p, m, smooth=smooth) for p, m in zip(inputs, maps, strict=True)])
        captions.append(f"{attribution.layer}: {_scale(attribution, scale)}")
    return grid(rows, "   ".join(captions))


def channel_grid(attributions: Sequence[Attribution], sample: int = 0, side: int = 48) -> Bytes:
    """One sample's feature maps: a row for each layer, each channel on a scale of its own."""
    rows = []
    for attribution in attributions:
        channels = np.moveaxis(attribution.planes[sample], -1, 0)
        tiles = [colored(c, scale_of(c), signed=attribution.signed) for c in channels]
        rows.append([resize(tile, (side, side), smooth=False) for tile in tiles])
    names = ", ".join(attribution.layer for attribution in attributions)
    return grid(rows, f"sample {sample}; {names}; each channel on its own scale")


def figure(
    attribution: Attribution,
    images: npt.ArrayLike | None = None,
    *,
    class_names: Sequence[str] | None = None,
    cmap: str | None = None,
    alpha: float = 0.6,
    percentile: float = 100.0,
    columns: int = 8,
) -> Figure:
    """A matplotlib figure of an `Attribution`, all samples on one scale with its colour bar.

    Args:
        attribution: What to draw; feature maps and attention are drawn for the first sample, of
            volumes the middle slices.
        images: [N, H, W] or [N, H, W, C] to lie under the maps.
        class_names: Names of the classes, for the titles.
        cmap: Name of a matplotlib colour map; by default one that is perceptually uniform, or
            diverging around zero for signed values.
        alpha: Opacity of the maps over the images, 0 to 1.
        percentile: The scale ends at this percentile of magnitudes; above it colours are the same,
            and the colour bar says so.
        columns: Maps in a row.
    """
    return figures(
        [attribution],
        images,
        class_names=class_names,
        cmap=cmap,
        alpha=alpha,
        percentile=percentile,
        columns=columns,
    )


def figures(
    attributions: Sequence[Attribution],
    images: npt.ArrayLike | None = None,
    *,
    class_names: Sequence[str] | None = None,
    cmap: str | None = None,
    alpha: float = 0.6,
    percentile: float = 100.0,
    columns: int = 8,
) -> Figure:
    """Attributions one below the other, each with a scale of its own; see `figure`."""
    from matplotlib.figure import Figure

    check_number("alpha", alpha, least=0)
    check_number("percentile", percentile, above=0)
    check_whole("columns", columns)
    drawn = [_panels(one, class_names or ()) for one in attributions]
    most = min(columns, max(len(panels) for panels, _ in drawn))
    heights = [1.8 * -(-len(panels) // most) + 0.4 for panels, _ in drawn]
    result = Figure(figsize=(1.6 * most + 1, sum(heights)), layout="constrained")
    parts = result.subfigures(len(drawn), squeeze=False, height_ratios=heights).ravel()
    for part, one, (panels, titles) in zip(parts, attributions, drawn, strict=True):
        under = None if images is None else _under(one, np.asarray(images))
        _draw(part, one, panels, titles, under, cmap, alpha, percentile, most)
    return result


def _draw(
    part: SubFigure,
    attribution: Attribution,
    panels: list[Any],
    titles: list[str],
    under: Bytes | None,
    cmap: str | None,
    alpha: float,
    percentile: float,
    columns: int,
) -> None:
    if panels[0].ndim < 2:
        panels = [panel[None] for panel in panels]
    signed, values = attribution.signed, np.abs(np.stack(panels))
    largest = scale_of(values)
    finite = values[np.isfinite(values)]
    scale = float(np.percentile(finite, percentile)) if finite.size else 0.0
    limit = scale or largest or 1.0  # a map of zeros has no scale of its own
    axes = part.subplots(-(-len(panels) // columns), columns, squeeze=False).ravel()
    colors = matplotlib.colormaps[cmap or (DIVERGING if signed else SEQUENTIAL)]
    look = {
        "cmap": colors.with_extremes(bad=_NOT_FINITE),
        "vmin": -limit if signed else 0.0,
        "vmax": limit,
    }
    for i, (axis, panel, title) in enumerate(zip(axes, panels, titles, strict=False)):
        if under is None:
            shape = "equal" if len(panel) > 1 else "auto"
            drawn = axis.imshow(panel, alpha=1.0, aspect=shape, **look)
        else:
            picture = to_rgb(under[i % len(under)])
            extent = (0, picture.shape[1], picture.shape[0], 0)
            axis.imshow(picture, extent=extent, aspect="equal")
            drawn = axis.imshow(panel, extent=extent, aspect="equal", alpha=alpha, **look)
        axis.set_title(title, fontsize=8)
    for axis in axes:
        axis.set_axis_off()
    extend = "neither" if limit >= largest else "both" if signed else "max"
    part.colorbar(drawn, ax=list(axes), label=attribution.unit, extend=extend)
    part.suptitle(f"{attribution.explainer} at {attribution.layer}", fontsize=10)


def _panels(attribution: Attribution, class_names: Sequence[str]) -> tuple[list[Any], list[str]]:
    if attribution.channels is not None and attribution.dead is not None:
        names = [
            f"channel {c}" + (" (dead)" if dead else "")
            for c, dead in zip(attribution.channels, attribution.dead, strict=True)
        ]
        return list(np.moveaxis(attribution.planes[0], -1, 0)), names
    if attribution.attention_heads is not None:
        return list(attribution.values[0]), [f"head {h}" for h in attribution.attention_heads]
    titles = [
        f"{class_names[t] if 0 <= t < len(class_names) else f'target {t}'}: {s:.3g}"
        for t, s in zip(attribution.targets, attribution.scores, strict=True)
    ]
    return list(attribution.planes), titles


def _under(attribution: Attribution, images: npt.NDArray[Any]) -> Bytes:
    first = attribution.channel_axis == 1
    under = pictures(images, color_range(images), channels_first=first)
    return under[:1] if attribution.channels is not None else under


def _cell(shape: Sequence[int], side: int) -> tuple[int, int]:
    """A whole multiple of the image's size, so that small images keep square pixels."""
    factor = max(1, side // max(shape))
    return shape[0] * factor, shape[1] * factor


def _scale(attribution: Attribution, scale: float) -> str:
    return f"{'±' if attribution.signed else '0 to '}{scale:.3g} {attribution.unit}"
