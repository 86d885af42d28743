"""What metrics of explanations cost, and importance, over as many bare forward passes.

    python benchmarks/quality.py [--quick]

The bare pass is a compiled `model(x, training=False)` in chunks of the size that the library takes.
Each takes turns with it, in CPU seconds; the least of several counts, for machines are noisy. The
first call, which compiles, does not count. Maps are there already, as at the end of an epoch, but
for metrics that explain again: these explain first, and a forward and a backward pass of Grad-CAM
are counted as two.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

import cases
import numpy as np
import tensorflow as tf
from cases import keras
from measuring import machine
from predictions import cpu_s

import tfexplain
from tfexplain import GradCAM
from tfexplain.model.batching import chunk_size
from tfexplain.model.trace_model import trace_model
from tfexplain.trust import (
    ROAD,
    Deletion,
    FaithfulnessCorrelation,
    Infidelity,
    Insertion,
    MaxSensitivity,
    RandomLogit,
)

SAMPLES, ROUNDS = 8, 5
METRICS = (
    *(Deletion(), Insertion(), ROAD(), FaithfulnessCorrelation(), Infidelity()),
    *(MaxSensitivity(), RandomLogit()),
)


def bare(model: Any, x: Any, count: int) -> Callable[[], object]:
    """A function that sends so many rows through the model."""
    size = min(count, chunk_size(trace_model(model, tf.constant(x)), None))
    chunk = tf.constant(np.resize(x, (size, *x.shape[1:])))
    spec = tf.TensorSpec(chunk.shape, chunk.dtype)
    compiled = tf.function(lambda rows: model(rows, training=False)).get_concrete_function(spec)
    return lambda: [compiled(chunk).numpy() for _ in range(round(count / size))]


def ratio(own: Callable[[], int], model: Any, x: Any, rounds: int) -> tuple[int, float, float]:
    """How many passes a function says it took, and the least CPU seconds of these bare, and of
    it."""
    passes = own()
    passing = bare(model, x, passes)
    pairs = [(cpu_s(passing), cpu_s(own)) for _ in range(rounds)]
    least = [min(seconds) for seconds in zip(*pairs, strict=True)]
    return passes, least[0], least[1]


def importance_passes(model: Any, x: Any, y: Any) -> int:
    """Runs importance and returns its passes."""
    return int(tfexplain.importance(model, (x, y), rows=len(x)).passes)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="few rounds: a smoke test")
    quick = parser.parse_args(arguments).quick
    rng, rounds = np.random.default_rng(0), 1 if quick else ROUNDS
    side = 20 if quick else 28
    model = cases.small_cnn((side, side, 3))
    model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    rows = 16 if quick else 64
    x = rng.uniform(size=(rows, side, side, 3)).astype("f4")
    y = rng.integers(0, 10, rows)
    some = x[:SAMPLES], y[:SAMPLES]
    print(f"{machine({'tensorflow': tf.__version__, 'keras': keras.version()})}\n")
    print("| what | passes | bare passes, CPU ms | CPU ms | ratio |\n|---|--:|--:|--:|--:|")
    maps = GradCAM()(model, *some)
    measured: dict[str, Callable[[], int]] = {
        metric.name: lambda metric=metric: (
            metric(model, *some, GradCAM() if metric.needs_explainer else maps).passes
        )
        for metric in METRICS
    }
    measured[f"importance of {rows} rows"] = lambda: importance_passes(model, x, y)
    for name, own in measured.items():
        passes, least, taken = ratio(own, model, x, rounds)
        ms = f"{1000 * least:.0f} | {1000 * taken:.0f} | {taken / least:.2f}"
        print(f"| {name} | {passes:,} | {ms} |")


if __name__ == "__main__":
    main()
