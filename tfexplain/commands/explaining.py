"""Explains the samples of a file with a saved model, and writes the results."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain import rendering, resampling
from tfexplain.attribution import Attribution
from tfexplain.checks import check_whole
from tfexplain.commands.drawing import MOST, Under, draw
from tfexplain.commands.methods import explainers
from tfexplain.commands.metrics import metrics
from tfexplain.commands.output import Output
from tfexplain.commands.samples import Samples, read_samples
from tfexplain.commands.writing import Writing, write_log, write_rows
from tfexplain.errors import TfexplainError
from tfexplain.explainers.concat import Explanation, chosen
from tfexplain.explainers.run import explain_batches
from tfexplain.model.call_batch import as_batch
from tfexplain.model.input_kinds import channel_axis
from tfexplain.model.loading import open_model
from tfexplain.row_sheets import Rows
from tfexplain.rows.pictures import Screen, scales, screen_of
from tfexplain.runlog.input_values import input_values
from tfexplain.runlog.judged_maps import measured_maps
from tfexplain.runlog.placement import place
from tfexplain.runlog.plan import ExplainPlan
from tfexplain.runlog.quality_rows import HEAD, quality_rows
from tfexplain.runlog.row_overlays import rows_of
from tfexplain.runlog.settings import ExplainSettings, check_metrics, named_classes
from tfexplain.runlog.summary_text import describe
from tfexplain.text_table import aligned

_LOAD_YOURSELF = "Or load it in Python, with what it needs, and call tfexplain.explain(model, ...)."


@dataclass(frozen=True)
class Done:
    """Holds what to tell the user: choices and places, and what was skipped."""

    text: str
    skipped: Sequence[str]


def explain_file(options: argparse.Namespace, *, verbose: bool) -> Done:
    """Does what `tfexplain explain` was asked for.

    Raises:
        ValueError, TypeError, OSError: whatever cannot be read, explained or written. The folder
            is what it was then.
    """
    check_whole("--batch-size", options.batch_size)
    check_whole("--log-samples", options.log_samples)
    if options.overlays < 0:
        raise TfexplainError(f"--overlays={options.overlays}: expected 0 or more.")
    output = Output(options.out)
    with output.begun():
        return _explain(options, output, verbose)


def _explain(options: argparse.Namespace, output: Output, verbose: bool) -> Done:
    methods = explainers(options.method, options.layer, options.set)
    wanted = metrics(options.quality)
    check_metrics(wanted)
    model = open_model(options.model, "model", _LOAD_YOURSELF)
    if not hasattr(model, "layers"):
        raise TfexplainError(
            f"model={options.model!r}: expected a Keras model; a .tflite file has no gradients. "
            "Pass the model it was converted from."
        )
    screens: list[Screen] = []

    def screen() -> Screen:
        screens.append(screen_of(model, options.scale, options.size))
        return screens[0]

    samples = read_samples(options.data, screen, options.label)
    logged = _spread(len(samples.names), options.log_samples)
    explaining = _explaining(model, samples, logged, methods, options, screens)
    drawn = _spread(len(samples.names), options.overlays)
    kept = np.unique(np.concatenate([logged, drawn, _spread(len(samples.names), 1)]))
    with Writing(output, samples, kept, explaining.output) as writing:
        for by_name in _by_batch(model, explaining, samples, options, verbose):
            writing.add(by_name)
        explanations = writing.close()
    choices = describe(explaining, explanations)
    if screens:
        choices["pictures"] = _pixels(screens[0], model, options.scale is not None)
    under = _under(samples, explaining)
    shown = {row: samples.names[row] for row in drawn.tolist()}
    rows = _rows(model, samples, explaining, drawn[:MOST])
    for name, explanation in _of(explanations, kept, drawn).items():
        classes = options.class_names or ()
        draw(output, name, explanation, shown, under, classes, writing.scales, rows)
    log = os.path.join("logs", Path(options.model).stem)
    found = _of(explanations, kept, logged[explaining.batch.rows])
    measured, left_out = measured_maps(explaining, found, wanted)
    choices |= {f"no {what}": why for what, why in left_out.items()}
    write_log(output, log, explaining, found, choices, measured)
    text = _text(choices, samples, output, len(logged), len(drawn))
    if measured:
        table = [list(HEAD), *quality_rows(measured)]
        write_rows(output, "quality.csv", table)
        text += f"\n\nWhether the maps in the log can be believed\n{aligned(table)}"
    return Done(text, samples.skipped)


def _explaining(
    model: Any,
    samples: Samples,
    logged: npt.NDArray[np.int64],
    methods: Any,
    options: argparse.Namespace,
    screens: Sequence[Screen],
) -> ExplainPlan:
    """Plans on the samples that are logged; what cannot work is an error here."""
    target = _target(options.target)
    if target == "label" and samples.labels is None:
        raise TfexplainError(
            "--target=label: expected data with labels; there are none. Name the column of a .csv "
            "file with --label, or leave --target out."
        )
    rows = logged.tolist()
    inputs = samples.read(rows)
    settings = ExplainSettings(
        validation_data=(inputs,) if samples.labels is None else (inputs, samples.labels[rows]),
        explainers=None if methods is None else tuple(methods),
        samples=len(rows),
        class_names=named_classes(options.class_names),
        targets=target,
        color_range=screens[0].scale if screens else None,
        write_images=False,
        seed=0,
        verbose=0,
        feature_names=tuple(samples.features),
    )
    settings.check()
    return ExplainPlan(settings, model)


def _target(text: str) -> str | int:
    return int(text) if text.lstrip("-").isdigit() else text


def _by_batch(
    model: Any,
    explaining: ExplainPlan,
    samples: Samples,
    options: argparse.Namespace,
    verbose: bool,
) -> Iterator[dict[str, Explanation]]:
    """Yields the explanations, batch by batch, by the names of the plan."""
    for explanations in explain_batches(
        model,
        list(explaining.explainers.values()),
        samples.batches(options.batch_size),
        _target(options.target),
        traced_model=explaining.traced_model,
        verbose=verbose,
    ):
        yield dict(zip(explaining.explainers, explanations, strict=True))


def _spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """Returns at most so many rows, evenly spaced."""
    return np.round(np.linspace(0, count - 1, min(count, most))).astype(np.int64)


def _of(
    explanations: Mapping[str, Explanation],
    kept: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
) -> dict[str, Explanation]:
    """Selects the attributions of some of the kept samples."""
    places = np.searchsorted(kept, rows)
    return {name: chosen(explanation, places) for name, explanation in explanations.items()}


def _pixels(screen: Screen, model: Any, asked: bool) -> str:
    black, white = screen.scale
    why = "the model scales them" if scales(model) else "the model does not scale them"
    told = "as asked" if asked else f"{why}; --scale BLACK WHITE changes it"
    return f"black is {black:g}, white is {white:g} ({told})"


def _under(samples: Samples, explaining: ExplainPlan) -> Under | None:
    """Returns a function that gives the picture of a sample: the file, or what the input shows.

    None for no pictures.
    """
    if samples.picture is not None or not explaining.batch.pictures:
        return samples.picture
    values = explaining.batch.color_range
    assert values is not None

    def under(row: int) -> npt.NDArray[np.uint8]:
        inputs = samples.read([row])
        first = channel_axis(explaining.traced_model, inputs) == 1
        picture = rendering.pictures(inputs, values, channels_first=first)[0]
        factor = max(1, 256 // max(picture.shape[:2]))
        size = picture.shape[0] * factor, picture.shape[1] * factor
        return resampling.resize(picture, size, smooth=False)

    return under


def _rows(
    model: Any, samples: Samples, explaining: ExplainPlan, drawn: npt.NDArray[np.int64]
) -> Callable[[Attribution], Rows | None]:
    """Returns a function that gives the texts or the table under a map."""
    by_input: dict[str, Rows | None] = {}
    if explaining.batch.values and len(drawn):
        inputs = as_batch(samples.read(drawn.tolist()), model)
        known = input_values(explaining.traced_model, inputs, explaining.settings)
        by_input = {name: rows_of(values) for name, values in known.items()}

    def under(attribution: Attribution) -> Rows | None:
        name = place(attribution, explaining.traced_model, explaining.batch)[1]
        return by_input.get(name)

    return under


def _text(
    choices: Mapping[str, str], samples: Samples, output: Output, logged: int, drawn: int
) -> str:
    width = max(map(len, choices))
    count = len(samples.names)
    lines = [f"tfexplain: explained {count} samples"]
    shown = {"samples": f"{logged} of {count} in the log"}
    if drawn < count:
        shown["overlays"] = f"of {drawn} of {count}, evenly spread; --overlays N draws more"
    lines += [f"  {name:<{width}}  {value}" for name, value in {**choices, **shown}.items()]
    if samples.ignored:
        lines.append(f"  {len(samples.ignored)} other files ignored, as {samples.ignored[0]}")
    lines.append(f"  written to {output.folder}: overlays, arrays, samples.csv, logs")
    logs = os.path.join(output.folder, "logs")
    lines.append(f"  see it with: tensorboard --logdir {logs}   (the EXPLAIN tab)")
    return "\n".join(lines)
