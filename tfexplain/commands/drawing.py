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

Bytes = npt.NDArray[np.uint8]
Under = Callable[[int], Bytes]
_MOST = 24  # samples in a figure


def draw(
    output: Output,
    name: str,
    found: Explanation,
    samples: Mapping[int, str],
    under: Under | None,
    classes: Sequence[str],
    scales: Mapping[str, Magnitudes],
) -> None:
    """Draws the attributions of one explainer.

    Args:
        output: Where to.
        name: The explainer's.
        found: Of the samples that are drawn.
        samples: Their names, by their numbers.
        under: Gives the picture of a sample, where samples are pictures.
        classes: Names of the classes, where given.
        scales: The magnitudes of the maps of all samples, by the names of their files.
    """
    if not samples:
        return
    for (folder, one), layer in zip(places(name, found).items(), found.attributions, strict=True):
        if under is None or one.planes.ndim < 3:
            few = chosen(found, np.arange(min(_MOST, len(samples)))).attributions[layer]
            few.plot().savefig(output.path("overlays", f"{folder}.png"))
        elif one.channels is not None:
            for i, sample in enumerate(samples.values()):
                _save(output, folder, sample, rendering.channel_grid([one], i))
        else:
            for i, (row, sample) in enumerate(samples.items()):
                sheet = _beside(one, i, under(row), scales[folder], classes)
                _save(output, folder, sample, sheet)


def places(name: str, found: Explanation) -> dict[str, Attribution]:
    """Returns an explainer's attributions by the names of their files, with the layer if there are
    several."""
    several = len(found.attributions) > 1
    return {
        safe(f"{name}-{layer}" if several else name): one
        for layer, one in found.attributions.items()
    }


def _beside(
    one: Attribution, sample: int, picture: Bytes, sizes: Magnitudes, classes: Sequence[str]
) -> Bytes:
    values = one.maps[sample]
    scale = sizes.scale(pixels=values.shape == picture.shape[:2])
    drawn = rendering.overlay(picture, values, scale.limit, signed=one.signed)
    cells = [rendering.to_rgb(picture), drawn]
    target = int(one.targets[sample])
    word = classes[target] if 0 <= target < len(classes) else str(target)
    told = [f"{word}: {one.scores[sample]:.3g}", scale.text(one.unit, signed=one.signed)]
    if rendering.is_zero(one, sample):
        told.append("all zero")
    return rendering.grid([cells], "; ".join(told))


def _save(output: Output, folder: str, sample: str, sheet: Any) -> None:
    *above, last = sample.replace("\\", "/").split("/")
    file = safe(last) if last.lower().endswith(".png") else f"{safe(last)}.png"
    path = output.unused("overlays", folder, *map(safe, above), file)
    Image.fromarray(sheet).save(path)
