"""Every method on the same digits, as a picture and a page: docs/gallery.png and docs/gallery.md.

python examples/gallery.py [--out DIR] [--epochs N]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from digits import CLASSES, load, small_cnn
from matplotlib.figure import Figure
from vit import network

from tfexplain import explainers, rendering
from tfexplain.coloring import Magnitudes
from tfexplain.explainers import ActivationMaximization, Custom, Explainer, Saliency

# What a method cannot do without, and what shows more on small pictures.
SETTINGS: dict[str, dict[str, Any]] = {
    "Smooth": {"explainer": Saliency(absolute=True)},
    "Occlusion": {"window": 2, "stride": 1},
    "FeatureMaps": {"layer": "conv1", "max_channels": 6},
    "Attention": {"layer": "attend1"},
    "FeatureAblation": {"groups": (4, 4)},
    "KernelSHAP": {"groups": (3, 3)},
    "LIME": {"segments": (4, 4)},
}
SAMPLES = 6


@dataclass(frozen=True)
class Row:
    """What one method shows: pictures uint8 RGB, and what stands beside them."""

    name: str
    pictures: Sequence[Any]
    model: str
    place: str
    scale: str


def methods() -> list[type[Any]]:
    """Every public method."""
    found = [getattr(explainers, name) for name in explainers.__all__]
    classes = [one for one in found if isinstance(one, type) and one not in (Explainer, Custom)]
    return [c for c in classes if issubclass(c, Explainer) or c is ActivationMaximization]


def row(method: type[Any], model: Any, name: str, images: Any, labels: Any) -> Row:
    """What a method shows of a model."""
    made = method(**SETTINGS.get(method.__name__, {}))
    if not isinstance(made, Explainer):
        found = made(model, images[:1])
        pictures = rendering.pictures(found.values[:SAMPLES], found.bounds)
        shown = [rendering.to_rgb(picture) for picture in pictures]
        return Row(method.__name__, shown, name, f"classes of {found.layer}", "black to white")
    one = next(iter(made.each(model, images, labels).values()))
    if one.kind == "matrix":  # of the first digit, head by head
        maps, under = one.values[0], None
    elif one.kind == "channels":  # of the first digit
        maps, under = np.moveaxis(one.planes[0], -1, 0), None
    else:
        maps, under = one.maps, rendering.pictures(images, (0, 1))
    pixels = under is not None and maps.shape[1:] == under.shape[1:3]
    scale = Magnitudes().add(maps).scale(pixels=pixels)
    look = {"signed": one.signed}
    if under is None:
        shown = [rendering.colored(values, scale.limit, **look) for values in maps[:SAMPLES]]
    else:
        shown = [
            rendering.overlay(picture, values, scale.limit, size=(96, 96), **look)
            for picture, values in zip(under, maps[:SAMPLES], strict=True)
        ]
    return Row(made.name, shown, name, one.layer, scale.text(one.unit, signed=one.signed))


def drawn(rows: Sequence[Row], images: Any, labels: Any) -> Figure:
    """The digits, and a row for each method."""
    inputs = [rendering.to_rgb(p) for p in rendering.pictures(images, (0, 1))]
    lines = [Row("the digits", inputs, "", "", ""), *rows]
    figure = Figure(figsize=(2.6 + SAMPLES, 1.02 * len(lines)), layout="constrained")
    axes = figure.subplots(len(lines), SAMPLES + 1, width_ratios=[2.6, *[1] * SAMPLES])
    for axis in axes.ravel():
        axis.set_axis_off()
    for line, own in zip(lines, axes, strict=True):
        text = "\n".join(part for part in (line.place, line.scale) if part)
        own[0].text(0, 0.62, line.name, fontsize=10, weight="bold")
        own[0].text(0, 0.52, text, fontsize=8, va="top")
        for axis, picture in zip(own[1:], line.pictures, strict=False):
            axis.imshow(picture, interpolation="nearest")
    for axis, label in zip(axes[0, 1:], labels, strict=True):
        axis.set_title(CLASSES[label], fontsize=9)
    return figure


def page(rows: Sequence[Row], refused: dict[str, str], accuracies: dict[str, float]) -> str:
    """The text beside the picture."""
    models = ", ".join(f"{name} ({value:.0%} right)" for name, value in accuracies.items())
    lines = [
        "# Gallery",
        "",
        f"Made by `python examples/gallery.py`, of networks that it trains on digits: {models}.",
        "Digits that no network saw in training, each explained for its true class. Each row has",
        "one scale, which stands beside it; in signed maps red is evidence, blue speaks against "
        "it.",
        "[choosing.md](choosing.md) says what each method answers.",
        "",
        "![Every method on the same digits](gallery.png)",
        "",
        "| method | model | at | scale |",
        "|---|---|---|---|",
        *(f"| `{r.name}` | {r.model} | {r.place} | {r.scale} |" for r in rows),
        "",
        "`FeatureMaps` shows channels of the first digit, `Attention` a matrix for each head:",
        "queries down, keys across.",
    ]
    if refused:
        lines += ["", "No picture of:", ""]
        lines += [f"- `{name}`: {reason}" for name, reason in refused.items()]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train a convolutional network and a transformer, and show every method on the first that it
    works on."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--out", type=Path, default=Path("docs"), help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=20, help="default: %(default)s")
    options = parser.parse_args(arguments)
    train, (held, answers) = load()
    chosen = [int(np.flatnonzero(answers == digit)[0]) for digit in (0, 2, 3, 5, 7, 8)]
    images, labels = held[chosen], answers[chosen]

    models = {"CNN": small_cnn(), "transformer": network()}
    accuracies = {}
    for name, model in models.items():
        model.fit(*train, epochs=options.epochs, batch_size=64, verbose=0)
        accuracies[name] = model.evaluate(held, answers, verbose=0, return_dict=True)["accuracy"]
    rows, refused = [], {}
    for method in methods():
        for name, model in models.items():
            try:
                rows.append(row(method, model, name, images, labels))
                break
            except (ValueError, ImportError) as error:
                refused[method.__name__] = str(error).splitlines()[0]
    shown = {one.name.partition("(")[0] for one in rows}
    refused = {name: reason for name, reason in refused.items() if name not in shown}
    options.out.mkdir(parents=True, exist_ok=True)
    drawn(rows, images, labels).savefig(options.out / "gallery.png", dpi=80)
    (options.out / "gallery.md").write_text(page(rows, refused, accuracies), "utf-8")
    print(f"{len(rows)} methods: {options.out / 'gallery.png'}, {options.out / 'gallery.md'}")


if __name__ == "__main__":
    main()
