"""How many bytes callbacks add to a log in each epoch.

    python benchmarks/log_bytes.py [--quick]

A chain of dense layers, the small network of `cases.py`, and models of 1,024 validation rows are
trained for two epochs; what the log grows by at the end of the second is counted, of `Predictions`
also what it holds once. Numbers do not depend on the machine.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cases
import numpy as np
from cases import keras
from measuring import size

from tfexplain import Explain, Health, Predictions

# Layers of a chain, and units of each.
CHAINS = ((10, 64), (100, 64), (100, 1024))


class Sizes(keras.callbacks.Callback):  # type: ignore[misc]
    """Reads the log's size after each epoch; the last of the callbacks."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.sizes: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """An epoch is written."""
        self.sizes.append(size(self.folder))


def chain(layers: int, units: int) -> Any:
    """ReLU layers, each with weights and units that may be dead."""
    kept = {"activation": "relu", "kernel_initializer": "he_normal"}  # or most would be zero
    dense = [keras.layers.Dense(units, **kept) for _ in range(layers - 1)]
    return keras.Sequential([keras.Input((8,)), *dense, keras.layers.Dense(1)])


def growth(model: Any, x: Any, y: Any, callbacks: Callable[[str], Sequence[Any]]) -> int:
    """By how many bytes the second epoch makes the log longer."""
    return sizes_of(model, x, y, callbacks)[1]


def sizes_of(
    model: Any, x: Any, y: Any, callbacks: Callable[[str], Sequence[Any]]
) -> tuple[int, int]:
    """What the log holds besides its epochs, and by how many bytes the second makes it longer."""
    # Nothing is learned, so that nothing grows until it is NaN, whose histogram is empty.
    loss = "mse" if y.dtype.kind == "f" else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.SGD(0.0), loss)
    with TemporaryDirectory() as folder:
        sizes = Sizes(Path(folder))
        # Explaining has the first and the last epoch whatever it costs; each is a whole one.
        model.fit(x, y, epochs=2, verbose=0, callbacks=[*callbacks(folder), sizes])
    first, second = sizes.sizes
    return 2 * first - second, second - first


def predictions(rows: int) -> None:
    """Bytes of `Predictions`: what stands in the log once, with thumbnails and without, and of each
    epoch."""
    rng = np.random.default_rng(0)
    pictures = rng.uniform(size=(rows, 8, 8, 1)).repeat(4, axis=1).repeat(4, axis=2)
    table = rng.normal(size=(rows, 8)).astype("f4")
    outputs: dict[str, tuple[Any, Any, int, str | None]] = {
        "10 classes, pictures of 32 x 32": (pictures.astype("f4"), 10, 10, "softmax"),
        "10 classes, a table of 8 columns": (table, 10, 10, "softmax"),
        "1,000 classes, the same table": (table, 1000, 1000, "softmax"),
        "a value, the same table": (table, 0, 1, None),
    }
    print(f"\n| `Predictions`, {rows:,} rows | once, KiB | of it thumbnails | each epoch |")
    print("|---|--:|--:|--:|")
    for name, (x, classes, width, activation) in outputs.items():
        y = rng.integers(0, classes, rows) if classes else table[:, :1]
        layers = [keras.layers.Flatten(), keras.layers.Dense(width, activation)]
        model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
        once, bare = (
            sizes_of(
                *(model, x, y),
                lambda f, d=(x, y), w=wanted: [
                    Predictions(d, log_dir=f, rows=rows, thumbnails=w, verbose=0)
                ],
            )
            for wanted in (True, False)
        )
        thumbs = once[0] - bare[0]
        print(f"| {name} |", " | ".join(f"{n / 1024:.0f}" for n in (once[0], thumbs, once[1])), "|")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="one small chain: a smoke test")
    quick = parser.parse_args(arguments).quick
    rng = np.random.default_rng(0)
    table, labels = rng.normal(size=(64, 8)).astype("f4"), rng.normal(size=(64, 1)).astype("f4")
    quiet: dict[str, Any] = {"verbose": 0}
    print("| layers | `Health`, KiB | with `write_histograms=False` |\n|---|---|---|")
    for layers, units in [(3, 8)] if quick else CHAINS:
        model = chain(layers, units)
        both = (
            growth(
                model,
                table,
                labels,
                lambda f, w=wanted: [
                    Health((table, labels), log_dir=f, write_histograms=w, **quiet)
                ],
            )
            for wanted in (True, False)
        )
        print(f"| {layers} of {units} units |", " | ".join(f"{x / 1024:.0f}" for x in both), "|")
    predictions(64 if quick else 1024)
    if quick:
        return
    pictures = rng.uniform(size=(64, 28, 28, 3)).astype("f4")
    classes = rng.integers(0, 10, 64)
    data = (pictures, classes)
    sets: dict[str, Callable[[str], Sequence[Any]]] = {
        "`Health`": lambda f: [Health(data, log_dir=f, **quiet)],
        "`Explain`": lambda f: [Explain(data, log_dir=f, **quiet)],
        "both": lambda f: [Explain(data, log_dir=f, **quiet), Health(data, log_dir=f, **quiet)],
    }
    print("\n| small CNN, 4 layers | KiB |\n|---|---|")
    for name, callbacks in sets.items():
        found = growth(cases.small_cnn((28, 28, 3)), pictures, classes, callbacks)
        print(f"| {name} | {found / 1024:.0f} |")


if __name__ == "__main__":
    main()
