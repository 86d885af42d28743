"""Draws what exchanged windows and maps show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from tfexplain import rendering
from tfexplain.coloring import Magnitudes
from tfexplain.reading import LoggedRun
from tfexplain.reading.logged_maps import LoggedMaps
from tfexplain.report import markup
from tfexplain.story import percent
from tfexplain.types import Array
from tfexplain.wire import schema
from tfexplain.wire.clock import epoch_text

_MOST_SAMPLES = 8
_GAP = 4


def exchanged(runs: Mapping[str, LoggedRun]) -> str:
    """Returns the last exchange maps of all runs, on one scale for each input."""
    by_input: dict[str, list[tuple[str, float, schema.Exchange]]] = {}
    for name, run in runs.items():
        for tag, records in run.records(schema.Exchange).items():
            epoch, record = list(records.items())[-1]
            if not record.values:
                by_input.setdefault(tag.layer, []).append((name, epoch, record))
    told = []
    for layer, found in by_input.items():
        largest = max(float(np.nanmax([r.shares.max(), r.chance.max()])) for *_, r in found)
        told.append(
            markup.paragraph(
                f"{layer}: share of predictions that follow a window of another sample put there, "
                f"the mean of all windows over a place; 0 (dark) to {percent(largest)} (bright)."
            )
        )
        told += [_exchange_map(*one, largest) for one in found]
    return "\n".join(told)


def _exchange_map(name: str, epoch: float, record: schema.Exchange, largest: float) -> str:
    told = (
        f"{name}, epoch {epoch_text(epoch)}: {percent(record.share)} of {record.pairs} exchanges "
        f"follow the window at {_place(record)}; "
        f"chance up to {percent(float(record.chance.max()))}."
    )
    if record.shares.ndim != 2:
        return markup.paragraph(told)
    return markup.figure(rendering.colored(record.shares, largest, signed=False), told)


def _place(record: schema.Exchange) -> str:
    names = ("row", "column") if len(record.corner) == 2 else ("position",)
    return ", ".join(
        f"{name} {first}" + (f" to {first + size - 1}" if size > 1 else "")
        for name, first, size in zip(names, record.corner, record.size, strict=False)
    )


def overlays(run: LoggedRun) -> str:
    """Returns the last maps over the pictures that they explain, on one scale a method."""
    return "\n".join(_sheets(run))


def _sheets(run: LoggedRun) -> Iterator[str]:
    inputs = {name: array for name, array in run.inputs.items() if array.dtype == np.uint8}
    for maps in run.maps:
        picture = inputs.get(maps.content.input)
        if picture is not None and maps.content.layout in ("", "plane") and maps.kind == "map":
            try:
                yield _sheet(maps, picture)
            except ValueError as error:  # a damaged record takes no other down
                yield markup.paragraph(f"{maps.explainer} at {maps.layer}: {error}")


def _sheet(maps: LoggedMaps, pictures: Array) -> str:
    values, signed = maps.maps(), maps.content.signed
    if values.ndim != 3:
        return ""
    scale = Magnitudes().add(values).scale(pixels=values.shape[1:] == pictures.shape[1:3])
    samples = [s for s in maps.samples if s < len(pictures)][:_MOST_SAMPLES]
    side = max(1, 96 // max(pictures.shape[1:3]))
    cells = []
    for place, sample in enumerate(samples):
        over = rendering.overlay(pictures[sample], values[place], scale.limit, signed=signed)
        both = np.concatenate([rendering.to_rgb(pictures[sample]), over], axis=0)
        opaque = np.dstack([both, np.full_like(both[..., :1], 255)])
        cells.append(np.pad(opaque.repeat(side, 0).repeat(side, 1), ((0, 0), (0, _GAP), (0, 0))))
    if not cells:
        return ""
    caption = (
        f"{maps.explainer} at {maps.layer}, epoch {epoch_text(maps.epochs[-1])}, samples "
        f"{', '.join(map(str, samples))}: the input above, its map below; "
        f"{'red for, blue against; ' if signed else ''}"
        f"colours {scale.text(maps.content.unit, signed=signed)}"
    )
    sheet = np.concatenate(cells, axis=1)
    return markup.figure(sheet, caption, side=max(sheet.shape))
