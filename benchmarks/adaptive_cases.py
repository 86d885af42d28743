"""The cases of `benchmarks/adaptive.py`: trained networks, paths through them, true integrals."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images

Array: TypeAlias = npt.NDArray[Any]
GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden"
SIZES = (4, 16, 64)
CHUNK = SIZES[-1]


@dataclass
class Line:
    """The straight path of one sample: scores and integrands at positions on [0, 1].

    The integrand is gradient * (x - baseline), [D]; its mean over the path is the map. Rules share
    what was computed before, but each counts the passes that it asked for.
    """

    gradient: Callable[[Any, Any], Any]
    x: Array
    baseline: Array
    target: int
    known: dict[float, tuple[float, Array]] = field(default_factory=dict)

    def at(self, positions: Array) -> tuple[Array, Array]:
        """Scores float64 [n] and integrands float32 [n, D]."""
        new = [p for p in dict.fromkeys(positions.tolist()) if p not in self.known]
        for i in range(0, len(new), CHUNK):
            scores, slopes = self._compute(np.array(new[i : i + CHUNK]))
            self.known.update(zip(new[i:], zip(scores, slopes, strict=True), strict=False))
        found = [self.known[p] for p in positions.tolist()]
        return np.array([score for score, _ in found]), np.stack([slope for _, slope in found])

    def _compute(self, positions: Array) -> tuple[Array, Array]:
        # A few sizes: each is compiled, and a rule that adds four nodes need not pay for all.
        size = next(size for size in SIZES if size >= len(positions))
        filled = np.pad(positions, (0, size - len(positions))).astype(np.float32)
        along = filled.reshape(-1, *[1] * self.x.ndim)
        points = self.baseline + along * (self.x - self.baseline)
        scores, slopes = self.gradient(points.astype(np.float32), np.full(size, self.target))
        products = slopes.numpy() * (self.x - self.baseline)
        count = len(positions)
        return scores.numpy()[:count].astype(np.float64), products.reshape(size, -1)[:count]

    def mean(self, midpoints: int) -> tuple[Array, Array]:
        """float64 [D]: the mean integrand over so many midpoints, and over every third of them."""
        total, third = np.zeros(self.x.size), np.zeros(self.x.size)
        for i in range(0, midpoints, CHUNK):
            numbers = np.arange(i, min(i + CHUNK, midpoints))
            found = self._compute((numbers + 0.5) / midpoints)[1]
            total += found.sum(axis=0, dtype=np.float64)
            third += found[numbers % 3 == 1].sum(axis=0, dtype=np.float64)
        return total / midpoints, third / (midpoints // 3)


@dataclass(frozen=True)
class Case:
    """Straight paths through a network, their true maps [D] each, and where those come from."""

    name: str
    lines: list[Line]
    truth: list[Array]
    reference: str


def golden(name: str) -> Case:
    """A golden case: truth by another framework in float64."""
    model = keras.models.load_model(GOLDEN / f"{name}.keras")
    given = np.load(GOLDEN / f"{name}.npz")
    truth = np.load(GOLDEN / f"{name}.expected.npz")["ig_exact"]
    compute = _gradient(model, "logit")
    lines = [
        Line(compute, x, given["baseline"][0], int(t))
        for x, t in zip(given["x"], given["target"], strict=True)
    ]
    return Case(name, lines, [t.reshape(-1) for t in truth], "ig_exact of tests/golden")


@functools.cache
def digits_cnn(epochs: int) -> tuple[Any, Array, Array]:
    """A CNN trained on scikit-learn's digits at 28 x 28; and its validation images and labels."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    digits = load_digits()
    pictures = [
        Image.fromarray((d * 255 / 16).astype("u1")).resize((28, 28)) for d in digits.images
    ]
    x = np.stack([np.asarray(p) for p in pictures])[..., None].astype("f4") / 255
    order = np.random.default_rng(0).permutation(len(x))  # the last ones are by other writers
    x, y = x[order], digits.target[order]
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    model.fit(x[:1500], y[:1500], epochs=epochs, batch_size=32, verbose=0)
    return model, x[1500:], y[1500:]


@functools.cache
def mobilenet(steps: int) -> tuple[Any, Array, Array]:
    """MobileNetV2 at 96 x 96, trained to tell the halves of two photographs apart."""
    keras.utils.set_random_seed(0)
    model = keras.applications.MobileNetV2((96, 96, 3), weights=None, classes=4)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.8  # else its statistics are still those of before training
    random = np.random.default_rng(0)
    photographs = [
        np.asarray(Image.fromarray(p).resize((320, 214)), "f4") / 127.5 - 1
        for p in load_sample_images().images
    ]

    def crops(count: int) -> tuple[Array, Array]:
        labels = random.integers(0, 4, count)
        tops, lefts = random.integers(0, 118, count), random.integers(0, 64, count)
        return np.stack(
            [
                photographs[k // 2][y : y + 96, x + 160 * (k % 2) : x + 160 * (k % 2) + 96]
                for k, y, x in zip(labels, tops, lefts, strict=True)
            ]
        ), labels

    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    for _ in range(steps):
        model.train_on_batch(*crops(16))
    return model, *crops(16)


def trained(
    name: str, made: tuple[Any, Array, Array], output: str, samples: int, midpoints: int
) -> Case:
    """A trained network from a baseline of zeros; truth by midpoints, added up in float64."""
    model, x, y = made
    compute = _gradient(model, output)
    lines = [Line(compute, x[i], np.zeros_like(x[i]), int(y[i])) for i in range(samples)]
    found = [line.mean(midpoints) for line in lines]
    moved = max(relative(coarse, fine) for fine, coarse in found)
    accuracy = float((model.predict(x, verbose=0).argmax(1) == y).mean())
    note = f"{midpoints} midpoints (from a third of them the map moves by {moved:.1e} at most)"
    return Case(
        f"{name}, {output}",
        lines,
        [fine for fine, _ in found],
        f"{note}; validation accuracy {accuracy:.3f}",
    )


def relative(found: Array, truth: Array) -> float:
    """The greatest error relative to the greatest magnitude of the truth."""
    return float(np.abs(found - truth).max() / np.abs(truth).max())


def _gradient(model: Any, output: str) -> Callable[[Any, Any], Any]:
    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def compute(points: Any, targets: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(points)
            outputs = model(points, training=False)
            numbers = getattr(outputs, "_keras_logits", outputs) if output == "logit" else outputs
            scores = tf.gather(numbers, targets, batch_dims=1)
            total = tf.reduce_sum(scores)
        return scores, tape.gradient(total, points)

    return lambda points, targets: compute(tf.constant(points), tf.constant(targets, tf.int32))
