"""What a compression pass costs, beside one read of the same bytes, a training step, and peers.

    python benchmarks/compression.py [--small]

Prints a table per model. Ratios are within one run: absolute times depend on the machine. A pass is
what an epoch costs: kernels are found anew, and masks compared with those of the pass before. Added
memory is the peak that Linux counted for the process. Peers run last, because tfmot changes what
`tf.keras` is.

Run it on an idle machine. Where other programs have the cores, CPU time says more, and ratios to a
read are always of CPU time; but a pass is one thread and a step uses all cores, so on 2 idle cores
a pass takes up to twice its share of a step's CPU time.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from tfexplain.compression import Settings, measure_all, read
from tfexplain.compression.buffers import view

STRUCTURE = Settings(distribution=False, churn=False)
REPEATS = 5


@dataclass(frozen=True)
class Cost:
    """Best time of some runs, and the most memory that a further run added."""

    seconds: float
    cpu_seconds: float
    extra_bytes: int


def resident(field: str) -> int:
    """Bytes of memory that this process holds, `VmRSS`, or held at most, `VmHWM`."""
    with open("/proc/self/status", encoding="ascii") as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines[field].split()[0]) * 1024


def extra_bytes(run: Callable[[], Any]) -> int:
    """What `run` adds to the process at its peak."""
    # Memory that was freed but kept for reuse would hide what a run takes.
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")  # forgets the peak
    before = resident("VmRSS")
    run()
    return max(0, resident("VmHWM") - before)


def cost(run: Callable[[], Any], repeats: int = REPEATS) -> Cost:
    """Memory of a first run, then the best times of `repeats` more."""
    added, best, least = extra_bytes(run), float("inf"), float("inf")
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        run()
        least = min(least, time.process_time() - used)
        best = min(best, time.perf_counter() - start)
    return Cost(best, least, added)


class Table:
    """Rows of one model, as ratios to one read of its kernels and to a training step."""

    def __init__(self, title: str, kernels: list[Any]) -> None:
        stored = sum(view(kernel).nbytes for kernel in kernels)
        print(f"\n{title}: {len(kernels)} kernels, {stored / 1e6:.0f} MB")
        print(f"{'':40}{'ms':>8}{'x read':>8}{'% step':>8}{'CPU ms':>9}{'% step':>8}{'+MiB':>7}")
        self.read: Cost | None = None
        self.step: Cost | None = None

    def row(self, name: str, found: Cost) -> None:
        """Print a row."""
        step = self.step or Cost(float("nan"), float("nan"), 0)
        ratio = found.cpu_seconds / self.read.cpu_seconds if self.read else 1.0
        wall, cpu = found.seconds / step.seconds, found.cpu_seconds / step.cpu_seconds
        line = (
            f"{name:40}{found.seconds * 1e3:8.0f}{ratio:8.2f}{100 * wall:8.2f}"
            f"{found.cpu_seconds * 1e3:9.0f}{100 * cpu:8.2f}{found.extra_bytes / 2**20:7.0f}"
        )
        print(line.replace("nan", "  -"), flush=True)


def epochs(model: Any, settings: Settings | None = None) -> Callable[[], None]:
    """A function that does what is done at the end of each epoch, but for writing it."""
    kept: dict[str, Any] = {}

    def epoch() -> None:
        for numbers in measure_all(read(model), settings, kept):
            if numbers.kept is not None:
                kept[numbers.layer.name] = numbers.kept

    return epoch


def passes(table: Table, model: Any, kernels: list[Any]) -> None:
    """Rows of our own passes; measured dense and with zeros, which takes other branches."""
    table.read = cost(lambda: [np.sum(view(kernel)) for kernel in kernels])
    table.row("one read: np.sum over the kernels", table.read)
    table.row("one copy, kernel by kernel", cost(lambda: [view(k).copy().size for k in kernels]))
    for state in ("dense", "80% zeros"):
        if state != "dense":
            prune(kernels)
        table.row(f"zeros and structure, {state}", cost(epochs(model, STRUCTURE)))
        table.row(f"full default pass, {state}", cost(epochs(model)))


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
    kernels = [v for v in model.trainable_variables if len(v.shape) > 1]
    table = Table("ResNet50", kernels)
    table.step = cost(lambda: model.train_on_batch(images, labels), 3)
    passes(table, model, kernels)
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
    masks = [mask for layer in model.layers for _, mask, _ in getattr(layer, "pruning_vars", ())]
    prune(masks)
    table.row("tfmot PruningSummaries", cost(lambda: callback.on_epoch_begin(0), 3))
    table.row("full default pass, its masks applied", cost(epochs(model), 3))
    print(f"PruningSummaries logs {2 * len(masks)} scalars: mean and threshold of each mask.")


def synthetic(parameters: int) -> None:
    """Square kernels that together have so many weights."""
    side = 5000
    count = max(1, parameters // side**2)
    dense = [
        keras.layers.Dense(side, use_bias=False, kernel_initializer="glorot_uniform")
        for _ in range(count)
    ]
    model = keras.Sequential([keras.Input((side,)), *dense])
    passes(Table(f"{count * side**2 / 1e6:.0f}M weights", model.weights), model, model.weights)


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
