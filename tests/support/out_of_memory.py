"""A process in which explaining asks for more memory than there is, for `test_faults_memory`.

Arguments: a directory for the logs. Prints whether it trained as without explaining, and the error
of a training of which nothing can be explained.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The root goes first, or Python takes the folder tests/tfexplain for the package.
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

import keras
import tensorflow as tf

from support.models import digits, same_bits
from tfexplain import Explain, FeatureMaps, GradCAM, IntegratedGradients
from tfexplain.explainers import Explainer
from tfexplain.model.shared_pass import LayerReads

X, Y = digits(48)


def machine() -> int:
    """Kilobytes of memory and swap: Linux promises no more than that at once."""
    found = dict(re.findall(r"(\w+):\s+(\d+) kB", Path("/proc/meminfo").read_text()))
    return int(found["MemTotal"]) + int(found["SwapTotal"])


class Wide(keras.layers.Layer):  # type: ignore[misc]
    """Asks for so many kilobytes for each sample, where it does not train; touches none of them."""

    def build(self, shape: Any) -> None:
        self.kilobytes = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            return inputs
        shape = [tf.shape(inputs)[0], self.kilobytes.value, 256]
        with tf.control_dependencies([tf.raw_ops.Empty(shape=shape, dtype=tf.float32)]):
            return tf.identity(inputs)


@dataclass(frozen=True, eq=False)
class Greedy(Explainer):
    """Never has enough."""

    def plan(self, traced_model: Any, targets: Any = None) -> LayerReads:
        return LayerReads()

    def attributions(self, context: Any, reduced: Any) -> Any:
        tf.raw_ops.Empty(shape=[2, machine(), 256], dtype=tf.float32)


def train(shares: list[float], explainers: list[Any], log_dir: Path | None = None) -> Any:
    """Weights after epochs in which each sample asks for such a share of the machine's memory, the
    first before training."""
    keras.utils.set_random_seed(2)
    wide, layers = Wide(), keras.layers
    conv, head = layers.Conv2D(6, 3, name="conv"), layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.Input((8, 8, 1)), conv, wide, layers.Flatten(), head])
    model.compile("adam", "sparse_categorical_crossentropy")

    def grow(share: float) -> None:
        wide.kilobytes.assign(int(share * machine()))

    grow(shares[0])
    callbacks = [
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: grow(shares[epoch + 1]))
    ]
    if log_dir is not None:
        callbacks.append(
            Explain(
                (X, Y), explainers=explainers, log_dir=log_dir, write_images=False, verbose=False
            )
        )
    model.fit(X, Y, epochs=len(shares) - 1, verbose=0, callbacks=callbacks)
    return [weight.numpy() for weight in model.trainable_weights]


def main(logs: Path) -> None:
    """Train with enough memory, with less and less of it, and with none."""
    steps = IntegratedGradients(steps=4, batch_size=16)
    explainers = [FeatureMaps(layer=["conv"]), GradCAM("conv"), steps]
    train([0, 0, 0], explainers, logs / "enough")
    scarce = train([0, 0.1, 0.2, 1.5, 0], [*explainers, Greedy()], logs / "scarce")
    plain = train([0, 0, 0, 0, 0], [])
    print("same weights" if same_bits(plain, scarce) else "other weights")
    try:
        train([1.5, 1.5], explainers, logs / "none")
    except MemoryError as error:
        print(error)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
