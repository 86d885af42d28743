"""Maps to pictures: overlays and grids for the Images tab and the command line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import numpy.typing as npt

from tfexplain import coloring
from tfexplain.caption import written
from tfexplain.coloring import Magnitudes, Scale
from tfexplain.resampling import nearest, spread

if TYPE_CHECKING:
    from tfexplain.attribution import Attribution

Bytes = npt.NDArray[np.uint8]
UNSIGNED, SIGNED = "inferno", "blueRed"
NOT_FINITE = (1.0, 0.0, 1.0, 1.0)  # magenta
_GAP = 2  # pixels between the cells of a grid
_CAPTION = 14  # pixels of the line below it


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


def tinted(values: npt.NDArray[Any], scale: Any, *, signed: bool, colors: str = "") -> Bytes:
    """Values [...] as uint8 RGBA [..., 4]: clear at zero, opaque from a quarter of the scale on.

    NaN and infinity are magenta, which no default map contains. `scale` is a number, or an array
    beside the values.
    """
    return _bytes(colors, signed)[_places(values, scale, signed)]


def colored(values: npt.NDArray[Any], scale: Any, *, signed: bool, colors: str = "") -> Bytes:
    """Values [...] as uint8 RGB [..., 3], as they look where no picture lies below."""
    return _opaque_bytes(colors, signed)[_places(values, scale, signed)]


def _places(values: npt.NDArray[Any], scale: Any, signed: bool) -> npt.NDArray[np.intp]:
    """The rows of `_bytes` that values have."""
    finite = np.isfinite(values)
    whole = bool(finite.all())
    known = values if whole else np.where(finite, values, 0)
    scales = np.asarray(scale, known.dtype if known.dtype.kind == "f" else np.float64)
    unit = np.where(scales > 0, known / np.where(scales > 0, scales, 1), 0)
    levels = coloring.LEVELS
    if signed:
        places = np.clip(np.round(unit * levels), -levels, levels) + levels
    else:
        places = np.clip(np.round(unit * 2 * levels), 0, 2 * levels)
    return (places if whole else np.where(finite, places, -1)).astype(np.intp)


def _laid_over(under: Bytes, over: Bytes) -> Bytes:
    alpha = over[..., 3:].astype(np.float32) / 255
    return np.round(alpha * over[..., :3] + (1 - alpha) * under).astype(np.uint8)


@cache
def _bytes(colors: str, signed: bool) -> Bytes:
    """`table` in bytes, and a last row for what is not finite."""
    rgba = np.vstack([table(colors, signed), NOT_FINITE])
    return np.round(255 * rgba).astype(np.uint8)


@cache
def _opaque_bytes(colors: str, signed: bool) -> Bytes:
    return _laid_over(np.array(coloring.PLATE, np.uint8), _bytes(colors, signed))


@cache
def table(colors: str, signed: bool) -> npt.NDArray[np.floating[Any]]:
    """RGBA [2 * LEVELS + 1, 4] of a colour map, by our name or Matplotlib's."""
    name = colors or (SIGNED if signed else UNSIGNED)
    if name in coloring.SIGNED:
        negative, positive = map(coloring.anchors, coloring.SIGNED[name])
        if signed:
            return coloring.signed_table(negative, positive)
        return coloring.unsigned_table(positive)
    ramp = np.asarray(matplotlib.colormaps[name](np.linspace(0, 1, 256)))[:, :3]
    if not signed:
        return coloring.unsigned_table(ramp)
    return coloring.signed_table(ramp[127::-1], ramp[128:])


def scale_of(values: npt.NDArray[Any]) -> float:
    """The largest finite magnitude; 0 where there is none."""
    finite = values[np.isfinite(values)]
    return float(np.max(np.abs(finite), initial=0.0))


def to_rgb(picture: Bytes) -> Bytes:
    """uint8 [..., 1, 3 or 4] as RGB; transparent pixels on white."""
    if picture.shape[-1] == 4:
        alpha = picture[..., 3:].astype(np.float32) / 255
        return np.round(picture[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return np.broadcast_to(picture, (*picture.shape[:-1], 3)).astype(np.uint8)


def is_smooth(map_size: Sequence[int], picture_size: Sequence[int]) -> bool:
    """Whether a map [h, w] over a picture [H, W] is drawn smooth: a coarse one over no tiny one."""
    return max(picture_size) >= coloring.SMALL and tuple(map_size) != tuple(picture_size)


def overlay(
    picture: Bytes,
    values: npt.NDArray[Any],
    scale: float,
    *,
    signed: bool,
    colors: str = "",
    size: tuple[int, int] | None = None,
) -> Bytes:
    """A map [h, w] over a picture [H, W, C], which becomes grey and dark: uint8 RGB.

    Args:
        picture: uint8, what the map lies over.
        values: The map.
        scale: The magnitude at the end of the colours.
        signed: Whether values below zero mean something.
        colors: Name of a colour map.
        size: (height, width) of the result, the picture's by default.
    """
    size = size or (picture.shape[0], picture.shape[1])
    laid = _overlays(picture[None], values[None], scale, size, signed=signed, colors=colors)
    result: Bytes = laid[0]
    return result


def _overlays(
    pictures: Bytes,
    values: npt.NDArray[Any],
    scale: float,
    size: tuple[int, int],
    *,
    signed: bool,
    colors: str = "",
) -> Bytes:
    """Maps [N, h, w] over as many pictures; see `overlay`."""
    own = pictures.shape[1:3]
    smooth = is_smooth(values.shape[1:], own)
    # Where nothing is smooth, whole pixels of the picture are enlarged when they are coloured.
    whole = all(n % m == 0 for n, m in zip(size, own, strict=True))
    finer = any(n > m for n, m in zip(values.shape[1:], own, strict=True))
    drawn = size if smooth or finer or not whole else own
    finite = np.isfinite(values)
    known = values.astype(np.float32)
    if finite.all():
        shown = spread(known, drawn, smooth)
    else:
        shown = spread(np.where(finite, known, 0), drawn, smooth)
        shown = np.where(nearest(finite, drawn), shown, np.nan)
    under = nearest(coloring.dimmed(to_rgb(pictures)), drawn)
    laid = _laid_over(under, tinted(shown, scale, signed=signed, colors=colors))
    return nearest(laid, size)


def grid(cells: Sequence[Sequence[Bytes]], caption: str) -> Bytes:
    """Equal cells [h, w, 3] in rows and columns on white, a line of text below."""
    height, width = cells[0][0].shape[:2]
    columns = max(len(row) for row in cells)
    size = (len(cells) * (height + _GAP), max(columns * (width + _GAP), 320))
    sheet = np.full((size[0] + _CAPTION, size[1], 3), 255, np.uint8)
    for r, row in enumerate(cells):
        for c, cell in enumerate(row):
            top, left = r * (height + _GAP), c * (width + _GAP)
            sheet[top : top + height, left : left + width] = cell
    sheet[size[0] :] = written(caption, size[1], _CAPTION)
    return sheet


def overlay_grid(attributions: Sequence[Attribution], under: Bytes, side: int = 96) -> Bytes:
    """One explainer's maps over the batch: the inputs, then a row for each layer.

    Args:
        attributions: Maps [N, h, w] of one explainer, or [N, d, h, w], of which the middle slices
            are drawn.
        under: uint8 pictures [N, H, W, C].
        side: Longer side of a cell in pixels, at least.
    """
    size = _cell(under.shape[1:3], side)
    rows: list[Sequence[Bytes]] = [list(nearest(to_rgb(under), size))]
    captions = []
    for attribution in attributions:
        scale, signed = map_scale(attribution, under.shape[1:3]), attribution.signed
        laid = _overlays(under, attribution.planes, scale.limit, size, signed=signed)
        rows.append(list(laid))
        told = f"{attribution.layer}: {scale.text(attribution.unit, signed=signed)}"
        captions.append(told + remark(attribution))
    return grid(rows, "   ".join(captions))


def channel_grid(
    attributions: Sequence[Attribution],
    sample: int = 0,
    side: int = 48,
    orders: Sequence[npt.NDArray[Any] | None] | None = None,
) -> Bytes:
    """One sample's feature maps: a row for each layer, each channel on a scale of its own.

    Args:
        attributions: Feature maps.
        sample: Number of the sample.
        side: Of a tile, in pixels.
        orders: Of each attribution, the places of channels in the order to draw them; by default
            that of their shares in this sample.
    """
    rows = []
    for attribution, order in zip(attributions, orders or [None] * len(attributions), strict=True):
        channels = np.moveaxis(attribution.planes[sample], -1, 0)
        channels = channels[by_share(attribution, sample) if order is None else order]
        sizes = np.abs(channels)
        scales = sizes.max(axis=(1, 2), keepdims=True, where=np.isfinite(sizes), initial=0.0)
        # No more pixels are coloured than are shown.
        fewer = [min(n, side) for n in channels.shape[1:]]
        tiles = colored(nearest(channels, fewer), scales, signed=attribution.signed)
        rows.append(list(nearest(tiles, (side, side))))
    told = ", ".join(f"{a.layer}: {channel_text(a, sample)}" for a in attributions)
    return grid(rows, f"sample {sample}; {told}; each channel on its own scale")


def by_share(attribution: Attribution, sample: int) -> npt.NDArray[Any]:
    """The places of channels in `values`, those of the largest share of a sample's evidence first;
    in the order of their numbers where shares are not known."""
    channels, shares = attribution.channels, attribution.shares
    assert channels is not None
    if shares is None:
        return np.arange(len(channels))
    return np.argsort(-np.nan_to_num(np.abs(shares[sample][channels])), kind="stable")


def channel_text(attribution: Attribution, sample: int) -> str:
    """Which channels are shown, and how much of a sample's evidence they make where that is known:
    `these 8 of 1,280 make 61% of the evidence`."""
    channels, total = attribution.channels, attribution.total_channels
    assert channels is not None
    if len(channels) == total:
        return f"all {total} channels"
    if attribution.shares is None:
        return f"{len(channels)} of {total:,} channels, evenly spaced"
    made = float(np.abs(attribution.shares[sample][channels]).sum())
    return f"these {len(channels)} of {total:,} make {made:.0%} of the evidence"


def map_scale(attribution: Attribution, size: Sequence[int]) -> Scale:
    """One scale for the maps of all samples over inputs of a size (height, width)."""
    pixels = tuple(attribution.planes.shape[1:3]) == tuple(size)
    return Magnitudes().add(without_noise(attribution)).scale(pixels=pixels)


def without_noise(attribution: Attribution) -> npt.NDArray[Any]:
    """The maps of an attribution that are more than rounding errors."""
    noise = [is_zero(attribution, sample) for sample in range(len(attribution.planes))]
    kept: npt.NDArray[Any] = attribution.planes[~np.array(noise, bool)]
    return kept


def remark(attribution: Attribution) -> str:
    """What colours do not say of maps of several samples: `, all zero`, or nothing."""
    planes = attribution.planes
    if all(is_zero(attribution, sample) for sample in range(len(planes))):
        return ", all zero"
    same = len(planes) > 1 and np.allclose(planes, planes[:1], rtol=0, atol=1e-3 * scale_of(planes))
    return ", the same for all samples" if same else ""


def is_zero(attribution: Attribution, sample: int) -> bool:
    """Whether a map is zero, but for rounding errors."""
    largest, score = scale_of(attribution.planes[sample]), float(attribution.scores[sample])
    if not np.isfinite(attribution.planes[sample]).all():
        return False
    # Of a gradient, the size says nothing without that of the input.
    has_unit_of_score = " per " not in attribution.unit and np.isfinite(score)
    return largest == 0 or (has_unit_of_score and coloring.is_noise(largest, score))


def _cell(shape: Sequence[int], side: int) -> tuple[int, int]:
    """A whole multiple of the image's size, so that small images keep square pixels."""
    factor = max(1, side // max(shape))
    return shape[0] * factor, shape[1] * factor
