"""What an epoch of `Predictions` costs, over one bare forward pass of the same rows.

    python benchmarks/predictions.py [--quick]

The bare pass is a compiled `model(x, training=False)` in chunks of 64 rows; both take turns, in CPU
seconds, and the least of several counts, for machines are noisy. Totals and records are made in
each epoch of `Predictions`; a file is written by a thread and counts too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from tempfile import TemporaryDirectory
from typing import Any

import cases
import numpy as np
import tensorflow as tf
from cases import keras
from measuring import machine

from tfexplain import Predictions

ROWS, ROUNDS, CHUNK = 1024, 9, 64


class Epochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Measures another callback's end of each epoch, and a bare pass before it."""

    def __init__(self, measured: Any, bare: Callable[[], object]) -> None:
        super().__init__()
        self.measured, self.bare = measured, bare
        self.seconds: list[tuple[float, float]] = []

    def set_model(self, model: Any) -> None:
        """The same model for both."""
        super().set_model(model)
        self.measured.set_model(model)

    def on_train_begin(self, logs: Any = None) -> None:
        """Opens the log, compiles the passes, makes the thumbnails."""
        self.measured.set_params(self.params)
        self.measured.on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Both, one after the other."""
        bare = cpu_s(self.bare)
        self.seconds.append((bare, cpu_s(lambda: self.measured.on_epoch_end(epoch, logs))))

    def on_train_end(self, logs: Any = None) -> None:
        """Closes the log."""
        self.measured.on_train_end(logs)


def cpu_s(part: Callable[[], object]) -> float:
    """CPU seconds of one call, in all threads."""
    start = time.process_time()
    part()
    return time.process_time() - start


def measure(model: Any, x: Any, y: Any, rounds: int) -> tuple[float, float]:
    """The least CPU seconds of a bare pass, and of an epoch of `Predictions`."""
    model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    bare_pass = tf.function(lambda rows: model(rows, training=False))
    chunks = [tf.constant(x[i : i + CHUNK]) for i in range(0, len(x), CHUNK)]
    with TemporaryDirectory() as folder:
        logged = Predictions((x, y), log_dir=folder, rows=len(x), verbose=0)
        epochs = Epochs(logged, lambda: [bare_pass(rows).numpy() for rows in chunks])
        # The first compiles what the others run.
        model.fit(x[:8], y[:8], epochs=rounds + 1, verbose=0, callbacks=[epochs])
    bare, own = zip(*epochs.seconds[1:], strict=True)
    return min(bare), min(own)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="few small rows: a smoke test")
    quick = parser.parse_args(arguments).quick
    rng = np.random.default_rng(0)
    rows, rounds = (64, 2) if quick else (ROWS, ROUNDS)
    models = {"small CNN": (cases.small_cnn, 28)}
    if not quick:
        models["MobileNetV2"] = (cases.mobilenet_v2, 96)
    print(f"{machine({'tensorflow': tf.__version__, 'keras': keras.version()})}\n")
    print("| model | bare pass, CPU ms | an epoch, CPU ms | ratio |\n|---|--:|--:|--:|")
    for name, (make, side) in models.items():
        images = rng.uniform(size=(rows, side, side, 3)).astype("f4")
        bare, own = measure(make((side, side, 3)), images, rng.integers(0, 10, rows), rounds)
        sides = f"{name}, {side} x {side}"
        print(f"| {sides} | {1000 * bare:.0f} | {1000 * own:.0f} | {own / bare:.2f} |")


if __name__ == "__main__":
    main()
