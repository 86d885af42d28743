"""What methods without a gradient cost, as a multiple of plain passes over as many rows.

    python benchmarks/perturbing.py [--quick] [--rounds N] [--case CASE]

Prints a Markdown table for each model. A method and its plain passes take turns in one process: the
passes are a compiled forward pass of the model in chunks of the size that the method chose, each
row an image. Ratios are medians over the rounds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median
from typing import Any

import cases
import measuring
import numpy as np
import tensorflow as tf
from images import digits, photographs
from sklearn.datasets import load_wine

import tfexplain
from tfexplain import (
    LIME,
    RISE,
    Exchange,
    FeatureAblation,
    KernelSHAP,
    Occlusion,
    PermutationImportance,
    ScoreCAM,
)
from tfexplain.data.labels import Labels
from tfexplain.explainers import Explainer
from tfexplain.explainers.run import explanations
from tfexplain.model.batching import default_chunk_size, even_chunks
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.trace_model import trace_model

keras = cases.keras


@dataclass(frozen=True)
class Case:
    """A model, the images it explains, and the methods with settings that fit them."""

    title: str
    model: Any
    images: Any
    methods: list[Explainer]
    rounds: int


def small_cnn(quick: bool) -> Case:
    """Three convolutions on digits, enlarged to 28 x 28."""
    images = digits(4 if quick else 16)
    found = methods(40 if quick else 500, Occlusion(window=4, stride=2), 16)
    title = f"Small CNN (3 convolutions), 28 x 28 x 1, {len(images)} images"
    return Case(title, cases.small_cnn(images.shape[1:]), images, found, 7)


def mobilenet_v2(quick: bool) -> Case:
    """MobileNetV2 on crops of photographs."""
    images = photographs(224)[: 1 if quick else 4]
    found = methods(40 if quick else 128, Occlusion(window=56, stride=28), 50)
    title = f"MobileNetV2, 224 x 224 x 3, {len(images)} image(s)"
    return Case(title, cases.mobilenet_v2(images.shape[1:]), images, found, 3)


def table_mlp(quick: bool) -> Case:
    """Three dense layers on rows of a table."""
    rows = load_wine().data[:: 40 if quick else 3].astype(np.float32)
    rows = (rows - rows.mean(0)) / rows.std(0)
    hidden = [keras.layers.Dense(256, activation="relu") for _ in range(2)]
    model = keras.Sequential([keras.Input(rows.shape[1:]), *hidden, keras.layers.Dense(3)])
    samples = 40 if quick else 500
    found = [
        PermutationImportance(),
        FeatureAblation(),
        KernelSHAP(coalitions=samples),
        LIME(masks=samples),
    ]
    title = f"Dense layers of 256, {rows.shape[1]} features, {len(rows)} rows"
    return Case(title, model, rows, found, 7)


def methods(samples: int, occlusion: Occlusion, segments: int) -> list[Explainer]:
    """All that mask images."""
    return [
        FeatureAblation(groups=(7, 7)),
        KernelSHAP(coalitions=samples, groups=(4, 4)),
        LIME(masks=samples, segments=segments),
        occlusion,
        RISE(masks=samples),
        ScoreCAM(),
    ]


CASES = {"small_cnn": small_cnn, "table_mlp": table_mlp, "mobilenet_v2": mobilenet_v2}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="two rounds, few masks: a smoke test")
    parser.add_argument("--rounds", type=int, help="default: 7 small, 3 large")
    parser.add_argument("--case", choices=CASES, action="append", help="default: all")
    options = parser.parse_args(arguments)
    versions = {"TensorFlow": tf.__version__, "Keras": version("keras")}
    print(measuring.machine({"tfexplain": tfexplain.__version__, **versions}))
    for name in options.case or CASES:
        case = CASES[name](options.quick)
        rounds = options.rounds or (2 if options.quick else case.rounds)
        print(f"\n{case.title}; {rounds} rounds\n")
        print("\n".join(table(case, rounds)), flush=True)
        print(f"\n{exchange_text(case, rounds, options.quick)}", flush=True)


def table(case: Case, rounds: int) -> Iterator[str]:
    """A row for each method."""
    yield (
        "| method | passes an image | first call, s | then, ms | CPU, ms | ÷ as many plain passes "
        "| the same in CPU time |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for method in case.methods:
        traced_model = KerasModel(case.model, case.images)
        ours, count = ours_and_passes(case, method, traced_model)
        first = measuring.timed(ours)[0]
        plain = plain_passes(case.model, case.images, count, default_chunk_size(traced_model))
        plain()
        times = [(measuring.timed(ours), measuring.timed(plain)) for _ in range(rounds)]
        (wall, cpu), (bare_wall, bare_cpu) = (
            zip(*part, strict=True) for part in zip(*times, strict=True)
        )
        milliseconds = (f"{1e3 * median(one):.0f}" for one in (wall, cpu))
        ratios = (f"{measuring.ratio(*pair):.2f}" for pair in ((wall, bare_wall), (cpu, bare_cpu)))
        cells = [method.name, str(count), f"{first:.2f}", *milliseconds, *ratios]
        yield "| " + " | ".join(cells) + " |"


def exchange_text(case: Case, rounds: int, quick: bool) -> str:
    """What exchanging windows between the images costs, in one sentence."""
    # An untrained model predicts one class of all images; less the mean, all are predicted.
    mean = np.mean(case.model(case.images, training=False), axis=0)
    model = keras.Sequential([case.model, keras.layers.Rescaling(1.0, offset=-mean)])
    labels = np.asarray(model(case.images)).argmax(axis=1).astype(np.float64)
    if len(np.unique(labels)) < 2:
        return "Exchange: all images are predicted alike, so there is nothing to exchange."
    exchange, batch = Exchange(pairs=50 if quick else 200), tf.constant(case.images)
    traced_model = trace_model(model, batch)
    opened = traced_model, batch, traced_model.model_outputs[0], Labels("class", labels)
    ours = lambda: exchange.exchanged(*opened)  # noqa: E731
    (found,) = ours().values()
    size = default_chunk_size(traced_model)
    plain = plain_passes(model, case.images, found.passes // len(case.images), size)
    plain()
    times = [(measuring.timed(ours), measuring.timed(plain)) for _ in range(rounds)]
    (wall, cpu), (bare_wall, bare_cpu) = (
        zip(*part, strict=True) for part in zip(*times, strict=True)
    )
    ratios = [measuring.ratio(*pair) for pair in ((wall, bare_wall), (cpu, bare_cpu))]
    return (
        f"Exchange: {found.passes:,} passes, {median(wall):.2f} s (CPU {median(cpu):.2f} s); "
        f"{ratios[0]:.2f} of as many plain passes, {ratios[1]:.2f} in CPU time."
    )


def ours_and_passes(
    case: Case, method: Explainer, traced_model: KerasModel
) -> tuple[Callable[[], Any], int]:
    """The method as users call it, and how many passes an image takes, that of its own score and
    those under masks."""

    def run() -> Any:
        return explanations(case.model, [method], case.images, 0, traced_model=traced_model)

    (found,) = run()
    (one,) = found.attributions.values()
    traced_model.compiled.clear()  # so that the first call is one
    return run, int(one.passes[0]) + 1


def plain_passes(model: Any, images: Any, count: int, size: int) -> Callable[[], Any]:
    """Forward passes of so many copies of each image, in chunks."""

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def forward(rows: Any) -> Any:
        inputs = tf.gather(images, rows)
        return model(inputs, training=False) if isinstance(model, keras.Model) else model(inputs)

    def run() -> Any:
        rows = [chunk % len(images) for chunk in even_chunks(count * len(images), size)]
        return np.concatenate([forward(tf.constant(chunk)).numpy() for chunk in rows])

    return run


if __name__ == "__main__":
    main()
