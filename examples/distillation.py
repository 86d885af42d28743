"""Distil a small CNN from a larger one on digits, and see whether it looks where its teacher looks.

The teacher is the network of `demo.py`; the student has a fiftieth of its weights. It is trained
twice from the same start: `alone` from the labels, and `distilled` from labels and what the teacher
says. The log has, for each epoch, the student's maps, how similar they are to the teacher's and to
the teacher's maps of other samples, how far predictions agree, and how alike attention is; and the
teacher's own maps, once, as a run beside each.

    python examples/distillation.py [--log-dir DIR] [--epochs N]
    tensorboard --logdir logs/distillation
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from digits import CLASSES, load, small_cnn

import tfexplain
from tfexplain import Explain, GradCAM

TEMPERATURE = 4.0


class Distilled(keras.Model):  # type: ignore[misc]
    """A student trained on labels and on a teacher's softened answers, by a step of its own.

    `keras.distillation.Distiller` of newer versions of Keras does the same; `Explain` finds
    student and teacher under either by their names.
    """

    def __init__(self, student: Any, teacher: Any, weight: float) -> None:
        super().__init__()
        self.student, self.teacher, self._weight = student, teacher, weight
        self._mean = keras.metrics.Mean("distillation_loss")
        teacher.trainable = False

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.student(inputs, training=training)

    def train_step(self, data: Any) -> Any:
        images, labels = data
        wanted = softened(self.teacher(images, training=False))
        with tf.GradientTape() as tape:
            said = self.student(images, training=True)
            hard = keras.losses.sparse_categorical_crossentropy(labels, said)
            soft = keras.losses.kl_divergence(wanted, softened(said)) * TEMPERATURE**2
            loss = tf.reduce_mean((1 - self._weight) * hard + self._weight * soft)
        weights = self.student.trainable_weights
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        self._mean.update_state(loss)
        return {"distillation_loss": self._mean.result()}


def softened(probabilities: Any) -> Any:
    """Probabilities at a higher temperature."""
    return tf.nn.softmax(tf.math.log(probabilities + 1e-7) / TEMPERATURE)


def small_student() -> Any:
    """Two narrow convolutions."""
    keras.utils.set_random_seed(7)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            layers.Conv2D(4, 3, padding="same", activation="relu", name="narrow1"),
            layers.Conv2D(8, 3, padding="same", activation="relu", name="narrow2"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(10, activation="softmax", name="digit"),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, log, and say what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--log-dir", type=Path, default=Path("logs/distillation"))
    parser.add_argument("--epochs", type=int, default=20, help="default: %(default)s")
    options = parser.parse_args(arguments)
    (images, labels), val = load()
    for old in options.log_dir.glob("**/*.tfexplain"):
        old.unlink()
    teacher = small_cnn()
    teacher.fit(images, labels, epochs=options.epochs, batch_size=32, verbose=0)
    for name, weight in (("alone", 0.0), ("distilled", 0.9)):
        model = Distilled(small_student(), teacher, weight)
        model.compile(keras.optimizers.Adam(0.01))
        explain = Explain(
            val,
            log_dir=options.log_dir / name,
            reference="teacher",
            explainers=[GradCAM()],
            class_names=CLASSES,
            samples=24,
            verbose=0,
        )
        model.fit(
            images, labels, epochs=options.epochs, batch_size=32, verbose=0, callbacks=[explain]
        )
        accuracy = (model.student.predict(val[0], verbose=0).argmax(1) == val[1]).mean()
        run = tfexplain.read(options.log_dir)[name]
        print(f"{name}: accuracy {accuracy:.3f}, {beside(run)}", flush=True)


def beside(run: Any) -> str:
    """What the log says of the last epoch beside the teacher."""
    maps, said = run.similarity, run.fidelity
    last = np.asarray(maps["epoch"]) == max(maps["epoch"])
    alike, others = (
        float(np.nanmean(np.asarray(maps[name], float)[last]))
        for name in ("spearman", "spearman_others")
    )
    transfer = next(name for name in said if name.startswith("attention transfer"))
    return (
        f"as the teacher {said['agreement'][-1]:.3f}, KL {said['kl'][-1]:.3f} nats, maps alike "
        f"{alike:.2f} ({others:.2f} of other samples), attention apart {said[transfer][-1]:.2f}"
    )


if __name__ == "__main__":
    main()
