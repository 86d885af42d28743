"""Small models whose steps tell what they read; run as a script: pruned on two replicas.

`python pruned_models.py OUT` trains in each of `REPLICATED` ways, and writes what came of it.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tf_keras

# The root goes first, or Python takes the folder tests/tfexplain for the package.
sys.path.insert(0, str(Path(__file__).parents[2]))

from tfexplain import MagnitudePruning

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 8)).astype("float32")
Y = (X[:, 0] + X[:, 1] > 0).astype("int64")
STEPS = 4  # of 16 rows


class Watched(keras.Model):  # type: ignore[misc]
    """Counts, inside of the traced step, the weights that are read as zeros."""

    def train_step(self, data: Any) -> Any:
        kernel = tf.convert_to_tensor(self.get_layer("hidden").kernel)
        self.zeros.assign_add(tf.reduce_sum(tf.cast(kernel == 0, tf.float32)))
        return super().train_step(data)


def network(kind: Any = keras.Model, constraint: Any = None, **compiled: Any) -> Any:
    library = tf_keras if issubclass(kind, tf_keras.Model) else keras
    library.utils.set_random_seed(0)
    layers = library.layers
    inputs = library.Input((8,), name="row")
    hidden = layers.Dense(12, "relu", name="hidden", kernel_constraint=constraint)(inputs)
    outputs = layers.Dense(2, "softmax", name="head", dtype="float32")(hidden)
    model = kind(inputs, outputs)
    if kind is Watched:
        model.zeros = tf.Variable(
            0.0,
            trainable=False,
            aggregation=tf.VariableAggregation.SUM,
            synchronization=tf.VariableSynchronization.ON_READ,
        )
    compiled.setdefault("optimizer", "adam")
    model.compile(loss="sparse_categorical_crossentropy", **compiled)
    return model


def train(model: Any, *callbacks: Any, epochs: int = 3, **options: Any) -> Any:
    return model.fit(
        X, Y, 16, epochs, verbose=0, callbacks=list(callbacks), shuffle=False, **options
    )


def kernel(model: Any, name: str = "hidden") -> Any:
    return model.get_layer(name).kernel.numpy()


ALONE: dict[str, dict[str, Any]] = {
    "XLA, several steps at once": {"jit_compile": True, "steps_per_execution": STEPS},
    "mixed_float16": {"policy": "mixed_float16"},
}
# Several steps at once fail in Keras 3.15 on several replicas, and so does XLA on parts of a CPU.
REPLICATED: dict[str, dict[str, Any]] = {
    "float32": {},
    "mixed_float16": {"policy": "mixed_float16"},
}


def pruned(
    policy: str = "float32", strategy: Any = None, **compiled: Any
) -> tuple[float, Any, list[Any]]:
    """(zeros that the steps read, the mask, each replica's kernel), after a training that is pruned
    to three quarters in the second epoch of three; with moving averages, which it ends with."""
    keras.mixed_precision.set_global_policy(policy)
    try:
        with contextlib.nullcontext() if strategy is None else strategy.scope():
            optimizer = keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.5)
            model = network(Watched, optimizer=optimizer, **compiled)
        pruning = MagnitudePruning(0.75, schedule="one shot", begin=STEPS, verbose=0)
        train(model, pruning)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    weights = model.get_layer("hidden").kernel.value
    replicas = (strategy or tf.distribute.get_strategy()).experimental_local_results(weights)
    found = [replica.numpy() for replica in replicas]
    return float(model.zeros.numpy()), pruning.masks["hidden"], found


def main(out: Path) -> None:
    """Trains on two devices."""
    cpus = tf.config.list_physical_devices("CPU")
    device = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(cpus[0], [device, device])
    for way, options in REPLICATED.items():
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
        zeros, mask, kernels = pruned(strategy=strategy, **options)
        np.savez(out / f"{way}.npz", zeros=zeros, mask=mask, kernels=kernels)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
