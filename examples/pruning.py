"""Train a small CNN on handwritten digits, prune 80 % of its weights, see what that changed.

With tensorflow_model_optimization (tfmot), which prunes tf_keras models: it wraps each layer, sets
the smallest weights to zero, more of them from step to step, and trains on. `Compression` logs how
many are zero in each layer and where they lie, `Explain` what the model looks at meanwhile. In the
end the wrappers are taken off and .tflite files are written: zeros save nothing by themselves, but
they compress well.

    pip install tf_keras tensorflow-model-optimization
    python examples/pruning.py [--log-dir DIR] [--epochs N]
"""

from __future__ import annotations

import argparse
import gzip
import os
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras
from digits import CLASSES, load

from tfexplain import Compression, Explain
from tfexplain.compression import measure_all, read_tflite
from tfexplain.model.tflite_model import TfliteModel

SPARSITY = 0.8
BATCH = 32


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, prune, convert, print what is in the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "--log-dir", type=Path, default=Path("logs/pruning"), help="default: %(default)s"
    )
    parser.add_argument(
        "--epochs", type=int, default=10, help="before pruning, and again with it (%(default)s)"
    )
    options = parser.parse_args(arguments)

    options.log_dir.mkdir(parents=True, exist_ok=True)

    model = network()
    fit(model, options.log_dir / "dense", options.epochs)
    files = {"dense": save(model, options.log_dir / "dense.tflite")}

    # Wraps the layers of the model itself: it is trained on from here.
    pruned = tfmot.sparsity.keras.prune_low_magnitude(
        model, pruning_schedule=schedule(options.epochs)
    )
    update = tfmot.sparsity.keras.UpdatePruningStep()
    fit(pruned, options.log_dir / "pruned", options.epochs, update)

    stripped = tfmot.sparsity.keras.strip_pruning(pruned)
    files["pruned"] = save(stripped, options.log_dir / "pruned.tflite")
    files["pruned, int8"] = save(stripped, options.log_dir / "pruned-int8.tflite", int8=True)
    report(files)
    print("\nWhat it looked at meanwhile, and every kernel over time, in the EXPLAIN tab of")
    print(f"  tensorboard --logdir {options.log_dir}")


def network() -> Any:
    """A small CNN of tf_keras, which is what tfmot prunes."""
    tf_keras.utils.set_random_seed(0)
    layers = tf_keras.layers
    return tf_keras.Sequential(
        [
            layers.Input((8, 8, 1), name="image"),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            layers.Flatten(),
            layers.Dense(64, activation="relu", name="hidden"),
            layers.Dense(10, activation="softmax", name="digit"),
        ]
    )


def schedule(epochs: int) -> Any:
    """From none to 80 % within two thirds of the steps; the rest is left to recover."""
    (images, _), _ = load()
    steps = epochs * ceil(len(images) / BATCH)
    return tfmot.sparsity.keras.PolynomialDecay(0, SPARSITY, 0, steps * 2 // 3, frequency=5)


def fit(model: Any, log_dir: Path, epochs: int, *callbacks: Any) -> None:
    """Train and log; `Compression` stands behind what changes weights."""
    (images, labels), val = load()
    logging = [
        Explain(val, log_dir=log_dir, class_names=CLASSES),
        Compression(val, log_dir=log_dir),
    ]
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        images,
        labels,
        BATCH,
        epochs,
        validation_data=val,
        callbacks=[*callbacks, *logging],
        verbose=2,
    )


def save(model: Any, path: Path, int8: bool = False) -> Path:
    """Convert to .tflite; `int8` stores large kernels as integers."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT] if int8 else []
    path.write_bytes(converter.convert())
    return path


def report(files: dict[str, Path]) -> None:
    """What is in the files: zeros of each layer, accuracy, and bytes as they are and compressed."""
    _, (images, labels) = load()
    for name, path in files.items():
        data = path.read_bytes()
        accuracy = np.mean(TfliteModel(path).predict(images).argmax(axis=1) == labels)
        print(f"\n{name}, {path}: accuracy {accuracy:.3f}")
        print(f"  {len(data):,} bytes, {len(gzip.compress(data)):,} gzipped")
        for one in measure_all(read_tflite(path)):
            layer = one.layer
            print(f"  {layer.name:<8}{layer.size:>9,} {layer.dtype:<9}{one.sparsity:>7.1%} zeros")


if __name__ == "__main__":
    main()
