"""What a compression pass costs, beside one read of the same bytes, a training step, and peers.

    python benchmarks/compression.py [--small]

Prints one table. Ratios are within one run: absolute times depend on the machine. Peers run last,
because tfmot changes what `tf.keras` is.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from tfexplain.compression import LayerWeights, Settings, measure, read
from tfexplain.compression.buffers import view

STRUCTURE = Settings(distribution=False, churn=False)
REPEATS = 5


@dataclass(frozen=True)
class Cost:
    """Best of some runs, and the most memory that any of them added."""

    seconds: float
    extra_bytes: int


def resident() -> int:
    """Bytes of memory that this process holds."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cost(run: Callable[[], Any], repeats: int = REPEATS) -> Cost:
    """Time and added memory of `run`; sampled every 2 ms, so short peaks may be missed."""
    best, most = float("inf"), 0
    for _ in range(repeats):
        before, done = resident(), threading.Event()
        seen = [before]

        def watch(done: threading.Event = done, seen: list[int] = seen) -> None:
            while not done.wait(0.002):
                seen.append(resident())

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
        seen.append(resident())
        done.set()
        watcher.join()
        most = max(most, max(seen) - before)
    return Cost(best, most)


class Table:
    """Rows of one model, as ratios to one read of its kernels and to a training step."""

    def __init__(self, title: str, layers: list[LayerWeights]) -> None:
        stored = sum(layer.bytes_stored for layer in layers)
        print(f"\n{title}: {len(layers)} kernels, {stored / 1e6:.0f} MB")
        print(f"{'':44}{'ms':>9}{'x read':>9}{'% step':>9}{'+MiB':>8}")
        self.read: Cost | None = None
        self.step: Cost | None = None

    def row(self, name: str, found: Cost) -> Cost:
        """Print a row."""
        ratio = found.seconds / self.read.seconds if self.read else 1.0
        share = f"{100 * found.seconds / self.step.seconds:9.2f}" if self.step else f"{'-':>9}"
        extra = found.extra_bytes / (1 << 20)
        print(f"{name:44}{found.seconds * 1e3:9.1f}{ratio:9.2f}{share}{extra:8.0f}", flush=True)
        return found


def passes(table: Table, layers: list[LayerWeights], kernels: list[Any]) -> None:
    """Rows of our own passes; measured dense and with zeros, which takes other branches."""
    table.read = cost(lambda: [np.sum(view(kernel)) for kernel in kernels])
    table.row("one read: np.sum over the kernels", table.read)
    table.row("one copy of the same bytes", cost(lambda: [np.array(view(k)) for k in kernels]))
    for state in ("dense", "80% zeros"):
        if state != "dense":
            prune(kernels)
        table.row(
            f"zeros and structure, {state}",
            cost(lambda: [measure(layer, STRUCTURE) for layer in layers]),
        )
        table.row(f"full default pass, {state}", cost(lambda: [measure(layer) for layer in layers]))


def prune(kernels: list[Any]) -> None:
    """Set four of five weights to zero, one kernel at a time."""
    rng = np.random.default_rng(0)
    for kernel in kernels:
        keep = rng.random(tuple(kernel.shape), dtype=np.float32) > 0.8
        kernel.assign(view(kernel) * keep)


def resnet() -> None:
    """ResNet50, with a training step of batch 8."""
    model = keras.applications.ResNet50(weights=None)
    model.compile("sgd", "sparse_categorical_crossentropy")
    images, labels = np.zeros((8, 224, 224, 3), np.float32), np.zeros(8, np.int64)
    layers = read(model)
    table = Table("ResNet50", layers)
    model.train_on_batch(images, labels)
    table.step = cost(lambda: model.train_on_batch(images, labels), 3)
    kernels = [v for v in model.trainable_variables if len(v.shape) > 1]
    passes(table, layers, kernels)
    table.row("training step, batch 8", table.step)
    with tempfile.TemporaryDirectory() as folder:
        writer = tf.summary.create_file_writer(folder)
        table.row(
            "tf.summary.histogram, the same kernels", cost(lambda: summarize(writer, kernels), 1)
        )
        pruning_summaries(table, folder)


def summarize(writer: Any, kernels: list[Any]) -> None:
    with writer.as_default():
        for kernel in kernels:
            tf.summary.histogram(kernel.path, kernel.value, step=0, buckets=64)
        writer.flush()


def pruning_summaries(table: Table, folder: str) -> None:
    """tfmot's own callback on its own ResNet50: the mean of each mask, and the threshold."""
    try:
        import tensorflow_model_optimization as tfmot
        import tf_keras
    except ImportError as error:
        print(f"PruningSummaries: left out, {error}")
        return
    model = tfmot.sparsity.keras.prune_low_magnitude(tf_keras.applications.ResNet50(weights=None))
    model.compile("sgd", "sparse_categorical_crossentropy")
    callback = tfmot.sparsity.keras.PruningSummaries(folder)
    callback.set_model(model)
    table.row("tfmot PruningSummaries", cost(lambda: callback.on_epoch_begin(0), 3))
    layers = read(model)
    table.row("full default pass over tfmot's masks", cost(lambda: [measure(x) for x in layers], 3))


def synthetic(parameters: int) -> None:
    """Square kernels that together have so many weights."""
    side = 5000
    count = max(1, parameters // side**2)
    dense = [
        keras.layers.Dense(side, use_bias=False, kernel_initializer="glorot_uniform")
        for _ in range(count)
    ]
    model = keras.Sequential([keras.Input((side,)), *dense])
    layers = read(model)
    passes(Table(f"{count * side**2 / 1e6:.0f}M weights", layers), layers, model.weights)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="25M weights and no ResNet50")
    small = parser.parse_args().small
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; keras {keras.__version__}")
    synthetic(25_000_000 if small else 250_000_000)
    if not small:
        resnet()


if __name__ == "__main__":
    main()
