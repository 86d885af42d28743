"""Run as a script: trainings under a strategy of several devices or processes.

`python distributed.py OUT KIND` writes what came of them to files of OUT. Under `workers` the
cluster is told by TF_CONFIG, as TensorFlow wants it.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import warnings
from contextlib import ExitStack
from functools import partial
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
from tfexplain import (
    Compression,
    Explain,
    GradCAM,
    Health,
    IntegratedGradients,
    MagnitudePruning,
    Predictions,
)

X, Y = digits(96)
EXPLAINERS = [GradCAM(), IntegratedGradients(steps=2)]
NAMED = ["compression/nonzeros"]
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


def devices(out: Path) -> None:
    """On two devices, without and with the callbacks; tf_keras in two fits. Then on servers."""
    cpus = tf.config.list_physical_devices("CPU")
    device = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(cpus[0], [device, device])
    both = ["CPU:0", "CPU:1"]
    mirrored = partial(tf.distribute.MirroredStrategy, both)
    train(out, "keras", mirrored(), 2)
    train(out, "tf_keras", mirrored(), 1, 1)
    # Under this strategy batch normalization of Keras 3 fails by itself.
    train(out, "tf_keras", tf.distribute.experimental.CentralStorageStrategy(both, both[0]), 1, 1)
    on_servers(out)


def train(out: Path, name: str, strategy: Any, *epochs: int) -> None:
    """The same training without and with the callbacks, on everything that they may be given."""
    place = f"{name} {type(strategy).__name__.removesuffix('V1')}"
    data = strategy.experimental_distribute_dataset(batches(X, Y))
    options = {"on_error": "raise", "verbose": False}
    explaining = {"explainers": EXPLAINERS, "sanity": "random", "write_images": False}
    callbacks = [
        Explain(data, log_dir=out / place, regions="middle", **explaining, **options),
        Compression(log_dir=out / place, validation_data=(X, Y), **options),
        Health((X, Y), log_dir=out / place, **options),
        Predictions((X, Y), log_dir=out / place, **options),
    ]
    for form, given in {"bare": [], "explained": callbacks}.items():
        with strategy.scope():
            model = make(LIBRARIES[name])
        save(out / f"{place} {form}.npz", state(model, fit(model, given, *epochs)))
    maps = {type(e).__name__: e(model, X[:8], Y[:8]).values for e in EXPLAINERS}
    save(out / f"{place} maps.npz", maps)


def on_servers(out: Path) -> None:
    """Weights on a server of their own, all in this process: what comes of the callbacks."""
    jobs = ("worker", "ps")
    cluster = tf.train.ClusterSpec(
        {job: [port] for job, port in zip(jobs, free_ports(2), strict=True)}
    )
    servers = [tf.distribute.Server(cluster, job, 0, protocol="grpc") for job in jobs]
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(cluster, rpc_layer="grpc")
    strategy = tf.distribute.ParameterServerStrategy(resolver)
    said = [
        refusal(strategy, callback((X, Y), out / "servers")) for callback in (explain, compress)
    ]
    (out / "servers.json").write_text(json.dumps(said))
    del servers


def explain(val: Any, log_dir: Path) -> Any:
    """`Explain` of one explainer."""
    return Explain(val, explainers=GradCAM(), log_dir=log_dir, verbose=False)


def compress(val: Any, log_dir: Path) -> Any:
    """`Compression` with validation data."""
    return Compression(log_dir=log_dir, validation_data=val, verbose=False)


def refusal(strategy: Any, callback: Any) -> str:
    """What `fit` says to a callback before its first batch; none where it trains."""
    with strategy.scope():
        model = make(tf_keras)
    weights = model.get_weights()
    try:
        model.fit(batches(X, Y).repeat(), steps_per_epoch=3, verbose=0, callbacks=[callback])
    except Exception as error:
        assert all(map(np.array_equal, model.get_weights(), weights)), "it has trained"
        return f"{type(error).__name__}: {error}"
    return ""


def free_ports(count: int) -> list[str]:
    """Addresses on this machine that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("localhost", 0))
        return [f"localhost:{one.getsockname()[1]}" for one in sockets]


def prune(out: Path, index: int, strategy: Any) -> None:
    """Prune a model of layers that any file can hold, and save it as each worker has it."""
    pruning = MagnitudePruning(0.6, begin=1, end=2, every=1, verbose=0)
    tf_keras.utils.set_random_seed(3)
    hidden = [tf_keras.layers.Conv2D(6, 3, name="conv"), tf_keras.layers.Flatten()]
    with strategy.scope():
        model = tf_keras.Sequential([*hidden, tf_keras.layers.Dense(10, name="head")])
        model.compile(tf_keras.optimizers.Adam(), "mse")
        fit(model, [pruning], 1)
    save(out / f"worker{index} masks.npz", pruning.masks)
    model.save(out / f"worker{index}.keras")


def workers(out: Path) -> None:
    """One of several processes: without, with a failing explainer, with a budget that is spent at
    once, and where logging is refused on the chief."""
    index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    explainers = [*EXPLAINERS, Failing(lambda call: call > 1)]
    forms = {
        "bare": [],
        "explained": [
            Explain(
                (X, Y),
                explainers=explainers,
                log_dir=out / "log",
                write_images=False,
                verbose=False,
            ),
            Compression(
                log_dir=out / "log", validation_data=(X, Y), on_error="raise", verbose=False
            ),
            Health((X, Y), log_dir=out / "log", on_error="raise", verbose=False),
            Predictions((X, Y), log_dir=out / "log", on_error="raise", verbose=False),
        ],
        "budget": [Explain((X, Y), explainers=GradCAM(), log_dir=out / "budget", budget=1e-9)],
        "named": [Compression(log_dir=out / "named", logs=NAMED, every=2, verbose=False)],
    }
    said: list[str] = []
    for form, given in forms.items():
        with strategy.scope(), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            model = make(tf_keras, built=False)
            found = state(model, fit(model, given, 3))
        save(out / f"worker{index} {form}.npz", found)
        said += [str(w.message) for w in told if "tfexplain" in str(w.message)]
    prune(out, index, strategy)
    data = strategy.experimental_distribute_dataset(batches(X, Y))
    said.append(refusal(strategy, explain((X, Y), out / "file")))
    said += [refusal(strategy, callback(data, out / "none")) for callback in (explain, compress)]
    (out / f"worker{index}.json").write_text(json.dumps(said))


if __name__ == "__main__":
    {"devices": devices, "workers": workers}[sys.argv[2]](Path(sys.argv[1]))
