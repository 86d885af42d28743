"""Draws each sample beside its map, as PNG files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tfexplain import rendering, resampling
from tfexplain.attribution import Attribution
from tfexplain.coloring import Magnitudes
from tfexplain.commands.opening import Opened
from tfexplain.commands.output import Output, safe
from tfexplain.joining import chosen_rows
from tfexplain.model.call_batch import as_batch
from tfexplain.model.input_kinds import channel_axis
from tfexplain.row_sheets import Rows
from tfexplain.runlog.input_values import input_values
from tfexplain.runlog.placement import place
from tfexplain.runlog.row_overlays import row_overlays, rows_of
from tfexplain.shards.reading import Shards
from tfexplain.shards.totals import Totals

Bytes = npt.NDArray[np.uint8]
Under = Callable[[int], Bytes]
MOST = 24  # samples in a figure


@dataclass(frozen=True)
class Drawn:
    """Holds a picture below the folder: which map, of which sample (empty for several), and its
    caption."""

    path: str
    map: str
    sample: str
    caption: str


def draw_maps(
    output: Output,
    opened: Opened,
    shards: Shards,
    places: Sequence[int],
    totals: Mapping[str, Totals],
) -> list[Drawn]:
    """Draws the maps at some places, each on the scale of all rows; returns the pictures."""
    if not len(places):
        return []
    read = opened.source.read(shards.rows[list(places)].tolist())
    samples = dict(zip(read.rows, read.names, strict=True))
    under = under_of(opened)
    rows = rows_under(opened, places[:MOST], shards)
    found: list[Drawn] = []
    for name in totals:
        attribution, folder = shards.chosen(name, places), safe(name)
        if under is None or attribution.planes.ndim < 3:
            few = chosen_rows(attribution, np.arange(min(MOST, len(places))))
            path = os.path.join("overlays", f"{folder}.png")
            _draw_few(output.path(path), few, rows(few), opened.classes)
            found.append(Drawn(path, name, "", f"of {len(few.scores)} rows"))
            continue
        for i, (row, sample) in enumerate(samples.items()):
            if attribution.channels is not None:
                sheet, told = rendering.channel_grid([attribution], i), ""
            else:
                sizes = totals[name].magnitudes
                sheet, told = _beside(attribution, i, under(row), sizes, opened.classes)
            found.append(Drawn(_save(output, folder, sample, sheet), name, sample, told))
    return found


def under_of(opened: Opened) -> Under | None:
    """Returns a function that gives the picture of a row: the file, or what the input shows.

    None for no pictures.
    """
    source, plan = opened.source, opened.plan
    if source.pictures:
        return source.picture
    if not plan.batch.pictures:
        return None
    values = plan.batch.color_range
    assert values is not None

    def under(row: int) -> Bytes:
        inputs = source.read([row]).inputs
        first = channel_axis(plan.traced_model, inputs) == 1
        picture = rendering.pictures(inputs, values, channels_first=first)[0]
        factor = max(1, 256 // max(picture.shape[:2]))
        size = picture.shape[0] * factor, picture.shape[1] * factor
        return resampling.resize(picture, size, smooth=False)

    return under


def rows_under(
    opened: Opened, places: Sequence[int], shards: Shards
) -> Callable[[Attribution], Rows | None]:
    """Returns a function that gives the texts or the table under a map."""
    by_input: dict[str, Rows | None] = {}
    plan = opened.plan
    if plan.batch.values:
        read = opened.source.read(shards.rows[list(places)].tolist())
        inputs = as_batch(read.inputs, opened.model)
        known = input_values(plan.traced_model, inputs, plan.settings)
        by_input = {name: rows_of(values) for name, values in known.items()}

    def under(attribution: Attribution) -> Rows | None:
        return by_input.get(place(attribution, plan.traced_model, plan.batch)[1])

    return under


def _draw_few(
    path: str, attribution: Attribution, rows: Rows | None, classes: Sequence[str]
) -> None:
    sheet = None if rows is None else row_overlays([attribution], rows, classes)
    if sheet is None:
        attribution.plot().savefig(path)
    else:
        Image.fromarray(sheet).save(path)


def _beside(
    attribution: Attribution, sample: int, picture: Bytes, sizes: Magnitudes, classes: Sequence[str]
) -> tuple[Bytes, str]:
    values = attribution.maps[sample]
    scale = sizes.scale(pixels=values.shape == picture.shape[:2])
    drawn = rendering.overlay(picture, values, scale.limit, signed=attribution.signed)
    cells = [rendering.to_rgb(picture), drawn]
    target = int(attribution.targets[sample])
    word = classes[target] if 0 <= target < len(classes) else str(target)
    told = [
        f"{word}: {attribution.scores[sample]:.3g}",
        scale.text(attribution.unit, signed=attribution.signed),
    ]
    if rendering.is_zero(attribution, sample):
        told.append("all zero")
    of = f"class {word} ({attribution.scores[sample]:.3g})" if target >= 0 else "the output"
    return rendering.grid([cells], "; ".join(told)), f"{of}: {'; '.join(told[1:])}"


def _save(output: Output, folder: str, sample: str, sheet: Any) -> str:
    """Returns the path below the folder that is written."""
    *above, last = sample.replace("\\", "/").split("/")
    file = safe(last) if last.lower().endswith(".png") else f"{safe(last)}.png"
    path = output.unused("overlays", folder, *map(safe, above), file)
    Image.fromarray(sheet).save(path)
    return output.relative(path)
