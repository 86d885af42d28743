"""Draws each sample beside its map, as PNG files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tfexplain import rendering
from tfexplain.attribution import Attribution
from tfexplain.coloring import Magnitudes
from tfexplain.commands.output import Output, safe
from tfexplain.explainers.concat import Explanation, chosen
from tfexplain.row_sheets import Rows
from tfexplain.runlog.row_overlays import row_overlays

Bytes = npt.NDArray[np.uint8]
Under = Callable[[int], Bytes]
MOST = 24  # samples in a figure


def draw(
    output: Output,
    name: str,
    explanation: Explanation,
    samples: Mapping[int, str],
    under: Under | None,
    classes: Sequence[str],
    scales: Mapping[str, Magnitudes],
    rows: Callable[[Attribution], Rows | None],
) -> None:
    """Draws the attributions of one explainer.

    Args:
        output: Folder to write to.
        name: The explainer's.
        explanation: Attributions of the samples that are drawn.
        samples: Names of the samples, by their numbers.
        under: Gives the picture of a sample, where samples are pictures.
        classes: Names of the classes, where given.
        scales: The magnitudes of the maps of all samples, by the names of their files.
        rows: Gives the first `MOST` samples under a map, where they are texts or tables.
    """
    if not samples:
        return
    for (folder, attribution), layer in zip(
        places(name, explanation).items(), explanation.attributions, strict=True
    ):
        if under is None or attribution.planes.ndim < 3:
            few = chosen(explanation, np.arange(min(MOST, len(samples)))).attributions[layer]
            _draw_few(output.path("overlays", f"{folder}.png"), few, rows(few), classes)
        elif attribution.channels is not None:
            for i, sample in enumerate(samples.values()):
                _save(output, folder, sample, rendering.channel_grid([attribution], i))
        else:
            for i, (row, sample) in enumerate(samples.items()):
                sheet = _beside(attribution, i, under(row), scales[folder], classes)
                _save(output, folder, sample, sheet)


def _draw_few(
    path: str, attribution: Attribution, rows: Rows | None, classes: Sequence[str]
) -> None:
    sheet = None if rows is None else row_overlays([attribution], rows, classes)
    if sheet is None:
        attribution.plot().savefig(path)
    else:
        Image.fromarray(sheet).save(path)


def places(name: str, explanation: Explanation) -> dict[str, Attribution]:
    """Returns an explainer's attributions by the names of their files, with the layer if there are
    several."""
    several = len(explanation.attributions) > 1
    return {
        safe(f"{name}-{layer}" if several else name): attribution
        for layer, attribution in explanation.attributions.items()
    }


def _beside(
    attribution: Attribution, sample: int, picture: Bytes, sizes: Magnitudes, classes: Sequence[str]
) -> Bytes:
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
    return rendering.grid([cells], "; ".join(told))


def _save(output: Output, folder: str, sample: str, sheet: Any) -> None:
    *above, last = sample.replace("\\", "/").split("/")
    file = safe(last) if last.lower().endswith(".png") else f"{safe(last)}.png"
    path = output.unused("overlays", folder, *map(safe, above), file)
    Image.fromarray(sheet).save(path)
