"""Draws maps over texts and tables: coloured words, and bars of features beside what they are."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from tfexplain import coloring
from tfexplain.coloring import Magnitudes, Scale
from tfexplain.rendering import colored, is_zero, remark, table
from tfexplain.spreading import over_words

if TYPE_CHECKING:
    from tfexplain.attribution import Attribution

Bytes = npt.NDArray[np.uint8]
Color = tuple[int, ...]

WIDTH = 440  # of one sample
MOST_WORDS = 100  # of a sample: more make no picture that anybody reads
MOST_FEATURES = 24
_LINE, _PAD, _GAP = 20, 4, 14
_BLACK, _WHITE, _GREY = (0, 0, 0), (255, 255, 255), (110, 110, 110)


@dataclass(frozen=True, eq=False)
class Rows:
    """Describes the samples of an input that is no picture.

    Attributes:
        words: Of each sample its words, "" for padding; none of a table.
        values: [N, f] of a table.
        names: Of its features, or none.
    """

    words: Sequence[Sequence[str]] = ()
    values: Any = None
    names: Sequence[str] = ()

    def shown(self, attribution: Attribution) -> list[npt.NDArray[Any]] | None:
        """Returns a value for each word or feature of each sample; None where there is none."""
        maps = attribution.maps
        if attribution.kind != "map" or maps.ndim != 2:
            return None
        if not len(self.words):
            return list(maps) if maps.shape == np.shape(self.values) else None
        if attribution.word_offsets is not None:
            step, offsets = attribution.word_step, attribution.word_offsets.tolist()
            pairs = zip(maps, self.words, strict=True)
            return [over_words(values, words, step, offsets) for values, words in pairs]
        fits = all(len(words) == maps.shape[1] for words in self.words)
        return list(maps) if fits else None


@dataclass(frozen=True)
class Look:
    """Describes how values are coloured."""

    scale: Scale
    signed: bool
    colors: str = ""


def scale_of_rows(attribution: Attribution, values: Sequence[npt.NDArray[Any]]) -> Scale:
    """Returns one scale for all samples, rounding errors left out."""
    kept = [own for i, own in enumerate(values) if not is_zero(attribution, i)]
    return Magnitudes().add(np.concatenate([*kept, np.zeros(1)])).scale(pixels=False)


def row_sheet(
    rows: Rows,
    values: Sequence[npt.NDArray[Any]],
    look: Look,
    titles: Sequence[str],
) -> Bytes:
    """Draws samples below and beside each other, two in a row.

    Args:
        rows: What the samples are.
        values: As `Rows.shown` returns them.
        look: How they are coloured.
        titles: One for each sample.
    """
    cells = []
    for i, (own, title) in enumerate(zip(values, titles, strict=True)):
        if len(rows.words):
            cells.append(_words(rows.words[i], own, look, title))
        else:
            cells.append(_bars(rows.names, np.asarray(rows.values)[i], own, look, title))
    return _placed(cells, 2 if len(cells) > 1 else 1)


def captioned(sheets: Sequence[tuple[str, Bytes]]) -> Bytes:
    """Puts sheets below each other, a line of text above each."""
    width = max(sheet.shape[1] for _, sheet in sheets)
    height = sum(sheet.shape[0] + _LINE + _GAP for _, sheet in sheets)
    page = Image.new("RGB", (width, height), _WHITE)
    top = 0
    for caption, sheet in sheets:
        _write(page, (_PAD, top + 2), _cut(caption, width - 2 * _PAD, 13), _BLACK, 13)
        page.paste(Image.fromarray(sheet), (0, top + _LINE))
        top += sheet.shape[0] + _LINE + _GAP
    return np.asarray(page)


def caption_of(attribution: Attribution, rows: Rows, scale: Scale) -> str:
    """Returns layer, scale, and what colours do not say."""
    told = replace(scale, above=0.0).text("", signed=attribution.signed).strip()
    return f"{attribution.layer}: {told} {unit_text(attribution, rows, scale)}{remark(attribution)}"


def unit_text(attribution: Attribution, rows: Rows, scale: Scale) -> str:
    """Returns what a value is measured in, and the share of values above the scale."""
    each = " per word" if attribution.word_offsets is not None and len(rows.words) else ""
    above = f", above: {100 * scale.above:.1g}%" if scale.above else ""
    return attribution.unit + each + above


def titles_of(attribution: Attribution, class_names: Sequence[str] = ()) -> list[str]:
    """Returns for each sample what is explained, and its score."""
    return [
        f"{class_names[t] if 0 <= t < len(class_names) else f'target {t}'}: {score:.3g}"
        + (", all zero" if is_zero(attribution, i) else "")
        for i, (t, score) in enumerate(
            zip(attribution.targets.tolist(), attribution.scores.tolist(), strict=True)
        )
    ]


def _words(words: Sequence[str], values: npt.NDArray[Any], look: Look, title: str) -> Image.Image:
    real = [i for i, word in enumerate(words) if word != ""]
    shown = real[:MOST_WORDS]
    places, x, line = [], 0.0, 0
    for i in shown:
        text = _cut(words[i], WIDTH - 2 * _PAD, 13)
        width = _length(text, 13) + 2 * _PAD
        if x and x + width > WIDTH:
            x, line = 0.0, line + 1
        places.append((i, text, x, line, width))
        x += width + 2
    foot = _foot(words, values, len(real) - len(shown))
    height = (line + 1) * _LINE + (_LINE if foot else 0)
    page = Image.new("RGB", (WIDTH, height + _LINE), _WHITE)
    draw = ImageDraw.Draw(page)
    _write(page, (0, 2), _cut(title, WIDTH, 12), _BLACK, 12)
    draw.rectangle((0, _LINE, WIDTH, height + _LINE), coloring.PLATE)
    colors = colored(values, look.scale.limit, signed=look.signed, colors=look.colors)
    for i, text, left, row, width in places:
        color, top = tuple(colors[i].tolist()), (row + 1) * _LINE
        draw.rectangle((left, top, left + width, top + _LINE - 3), color)
        _write(page, (left + _PAD, top + 1), text, _text_on(color), 13)
    if foot:
        _write(page, (_PAD, height + 3), foot, (170, 170, 170), 11)
    return page


def _foot(words: Sequence[str], values: npt.NDArray[Any], hidden: int) -> str:
    """What is not drawn: words beyond the limit, and padding with what it adds up to."""
    padding = [i for i, word in enumerate(words) if word == ""]
    parts = [f"{hidden} more words"] if hidden else []
    if padding:
        total = float(np.sum(values[padding]))
        parts.append(f"{len(padding)} x padding" + (f", {total:.2g} in sum" if total else ""))
    return ", ".join(parts)


def _bars(
    names: Sequence[str], inputs: Any, values: npt.NDArray[Any], look: Look, title: str
) -> Image.Image:
    """Bars from zero, the largest first, each with its name and what it is in this sample."""
    order = np.argsort(-np.abs(np.nan_to_num(values)), kind="stable")
    shown = order[:MOST_FEATURES]
    page = Image.new("RGB", (WIDTH, (len(shown) + 1 + (len(order) > len(shown))) * _LINE), _WHITE)
    draw = ImageDraw.Draw(page)
    _write(page, (0, 2), _cut(title, WIDTH, 12), _BLACK, 12)
    shades = (255 * table(look.colors, look.signed)[:, :3]).round().astype(np.uint8)
    left, right = 264, WIDTH - 4
    zero = (left + right) / 2 if look.signed else left
    for row, i in enumerate(shown.tolist(), 1):
        top = row * _LINE
        name = names[i] if len(names) else f"column {i}"
        _write(page, (0, top + 2), _cut(name, 196, 12), _BLACK, 12)
        told = _number(inputs[i])
        at = left - 6 - _length(told, 12)
        _write(page, (at, top + 2), told, _GREY, 12)
        share = float(values[i]) / look.scale.limit if look.scale.limit else 0.0
        if not math.isfinite(share):
            _write(page, (left, top + 2), _number(values[i]), (200, 0, 160), 12)
            continue
        end = zero + max(-1.0, min(1.0, share)) * (right - zero)
        level = (share + 1) / 2 if look.signed else share
        color = tuple(shades[round(max(0.0, min(1.0, level)) * (len(shades) - 1))].tolist())
        if abs(end - zero) >= 1:
            box = (min(zero, end), top + 3, max(zero, end), top + _LINE - 5)
            draw.rectangle(box, color, _GREY)
    draw.line((zero, _LINE, zero, (len(shown) + 1) * _LINE - 2), _GREY)
    if len(order) > len(shown):
        told = f"{len(order) - len(shown)} more features"
        _write(page, (0, page.height - _LINE + 2), told, _GREY, 11)
    return page


def _number(value: Any) -> str:
    return f"{float(value):.4g}"


def _placed(cells: Sequence[Image.Image], columns: int) -> Bytes:
    rows = [cells[i : i + columns] for i in range(0, len(cells), columns)]
    heights = [max(cell.height for cell in row) + _GAP for row in rows]
    page = Image.new("RGB", (columns * (WIDTH + _GAP) - _GAP, sum(heights)), _WHITE)
    top = 0
    for row, height in zip(rows, heights, strict=True):
        for i, cell in enumerate(row):
            page.paste(cell, (i * (WIDTH + _GAP), top))
        top += height
    return np.asarray(page)


def _text_on(color: Color) -> Color:
    """Black or white, whichever is told better from a colour."""
    light = float(coloring.luminance(np.array(color) / 255))
    return _BLACK if (light + 0.05) ** 2 > 1.05 * 0.05 else _WHITE


@cache
def _font(size: int) -> Any:
    # Matplotlib's own: it is always there, and knows more letters than Pillow's.
    path = os.path.join(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return ImageFont.truetype(path, size)


# The same words and names stand in the sheets of all epochs.
@lru_cache(maxsize=4096)
def _length(text: str, size: int) -> float:
    return float(_font(size).getlength(text))


@lru_cache(maxsize=4096)
def _ink(text: str, size: int) -> Image.Image:
    width = math.ceil(_length(text, size)) + 2
    ink = Image.new("L", (width, size + 6), 0)
    ImageDraw.Draw(ink).text((0, 0), text, 255, _font(size))
    return ink


def _write(
    page: Image.Image, place: tuple[float, float], text: str, color: Color, size: int
) -> None:
    page.paste(color, (round(place[0]), round(place[1])), _ink(text, size))


@lru_cache(maxsize=4096)
def _cut(text: str, width: float, size: int) -> str:
    """A text that fits, with an ellipsis where it was cut."""
    text = text.replace("\n", " ")[:200]
    if _length(text, size) <= width:
        return text
    while text and _font(size).getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
