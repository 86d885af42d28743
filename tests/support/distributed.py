"""Run as a script: trainings under a strategy of several devices or processes.

`python distributed.py OUT KIND` writes what came of them to files of OUT. Under `workers` the
cluster is told by TF_CONFIG, as TensorFlow wants it.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tf_keras

# The root goes first, or Python takes the folder tests/tfexplain for the package.
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from support.failing import Failing
from support.models import digits
from tfexplain import Compression, Explain, GradCAM, IntegratedGradients

X, Y = digits(96)
EXPLAINERS = [GradCAM(), IntegratedGradients(steps=2)]
LIBRARIES = {"keras": keras, "tf_keras": tf_keras}


def drawing(library: Any) -> Any:
    """A layer that draws at inference too, counts its calls, and hands its input on."""

    class Drawing(library.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="drawing")
            if library is keras:
                self.seeds = keras.random.SeedGenerator(7)
            else:
                self.seeds = tf.random.Generator.from_seed(7)

        def build(self, shape: Any) -> None:
            self.calls = self.add_weight(
                shape=(), initializer="zeros", trainable=False, name="calls"
            )
            super().build(shape)

        def call(self, inputs: Any) -> Any:
            if library is keras:
                noise = keras.random.normal(keras.ops.shape(inputs), seed=self.seeds)
            else:
                noise = self.seeds.normal(tf.shape(inputs))
            return inputs + 0 * noise

    return Drawing()


def make(library: Any, *, built: bool = True) -> Any:
    """A compiled CNN with everything that is kept apart or drawn on each replica."""
    library.utils.set_random_seed(3)
    layers = library.layers
    stack = [
        layers.Conv2D(6, 3, activation="relu", name="conv"),
        layers.BatchNormalization(momentum=0.5),
        drawing(library),
        layers.GlobalAveragePooling2D(),
        layers.Dropout(0.3),
        layers.Dense(10, activation="softmax", name="head"),
    ]
    model = library.Sequential([layers.Input((8, 8, 1)), *stack] if built else stack)
    optimizer = library.optimizers.SGD(0.05, momentum=0.9)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def batches(x: Any, y: Any) -> tf.data.Dataset:
    """Batches that workers share out by rows, in order."""
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(32).with_options(options)


def fit(model: Any, callbacks: list[Any], *epochs: int) -> Any:
    """Train so many epochs, in one `fit` after the other; the history of the last."""
    for count in epochs:
        data = batches(X[:32], Y[:32])
        options = {"epochs": count, "verbose": 0, "validation_data": data, "callbacks": callbacks}
        history = model.fit(batches(X, Y), **options).history
    return history


def state(model: Any, history: Any) -> dict[str, Any]:
    """Everything that training leads to, each replica's part on its own."""
    found: dict[str, Any] = {}
    drawn = next(layer for layer in model.layers if layer.name == "drawing").seeds.state
    variables = [getattr(v, "value", v) for v in (*model.variables, drawn)]
    for i, variable in enumerate([v() if callable(v) else v for v in variables]):
        found[f"variable{i}"] = np.asarray(variable)
    for i, variable in enumerate(model.variables):
        inner = variable if callable(getattr(variable, "value", None)) else variable.value
        for replica, part in enumerate(inner.distribute_strategy.experimental_local_results(inner)):
            found[f"variable{i}/replica{replica}"] = part.numpy()
    found |= {f"weight{i}": value for i, value in enumerate(model.get_weights())}
    return found | {f"history/{name}": values for name, values in history.items()}


def save(path: Path, found: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{name.replace("/", " "): value for name, value in found.items()})


def mirrored(out: Path) -> None:
    """Both libraries on two devices, without and with the callbacks; tf_keras in two fits."""
    cpus = tf.config.list_physical_devices("CPU")
    device = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(cpus[0], [device, device])
    for name, library in LIBRARIES.items():
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
        log_dir = out / name
        epochs = (2,) if library is keras else (1, 1)
        val = strategy.experimental_distribute_dataset(batches(X, Y))
        callbacks = [
            Explain(
                val, EXPLAINERS, log_dir=log_dir, images=False, on_error="raise", verbose=False
            ),
            Compression(log_dir, val=(X, Y), on_error="raise", verbose=False),
        ]
        for form, given in {"bare": [], "explained": callbacks}.items():
            with strategy.scope():
                model = make(library)
            save(out / f"{name} {form}.npz", state(model, fit(model, given, *epochs)))
        maps = {type(e).__name__: e(model, X[:8], Y[:8]).values for e in EXPLAINERS}
        save(out / f"{name} maps.npz", maps)


def workers(out: Path) -> None:
    """One of several processes: without, with a failing explainer, and where logging is refused."""
    index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    explainers = [*EXPLAINERS, Failing(lambda call: call > 1)]
    callbacks = [
        Explain((X, Y), explainers, log_dir=out / "log", images=False, verbose=False),
        Compression(out / "log", val=(X, Y), on_error="raise", verbose=False),
    ]
    for form, given in {"bare": [], "explained": callbacks}.items():
        with strategy.scope(), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            model = make(tf_keras, built=False)
            found = state(model, fit(model, given, 2))
        save(out / f"worker{index} {form}.npz", found)
    said = [str(w.message) for w in told if "tfexplain" in str(w.message)]
    blocked = Explain((X, Y), GradCAM(), log_dir=out / "file", verbose=False)
    with strategy.scope():
        model = make(tf_keras)
    try:
        model.fit(batches(X, Y), epochs=1, verbose=0, callbacks=[blocked])
    except Exception as error:
        said.append(f"{type(error).__name__}: {error}")
    (out / f"worker{index}.json").write_text(json.dumps(said))


if __name__ == "__main__":
    {"mirrored": mirrored, "workers": workers}[sys.argv[2]](Path(sys.argv[1]))
