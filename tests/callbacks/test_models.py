"""`Explain` on every kind of model: trained for real, every logged map checked against numpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits
from support.read import Run, read_run
from support.twin import Twin, gap_to

from tfexplain import Explain, FeatureMaps, GradCAM, IntegratedGradients

layers = keras.layers
STEPS = 16


@dataclass
class Case:
    """A model, how to find its twin's layers, and what it is fed.

    `seen` are the images as the twin takes them: [N, 8, 8, C], after the model's preprocessing.
    """

    model: Any
    conv: Any
    dense: Any
    layer: str
    x: Any
    y: Any
    seen: Any
    loss: Any = "sparse_categorical_crossentropy"
    compiled: dict[str, Any] = field(default_factory=dict)
    input: str = "input"
    tolerance: float = 1e-3
    scale: float = 1.0  # d seen / d input
    classes: int = 10


def digits(channels: int = 1, classes: int = 10) -> tuple[Any, Any]:
    data = load_digits()
    keep = data.target < classes
    images = (data.images[keep][:96] / 16).astype("float32")[..., None]
    # Channels that differ, so that mixing them up would show.
    return np.concatenate([images * (1 - 0.3 * c) for c in range(channels)], -1), data.target[keep][
        :96
    ]


def conv(**options: Any) -> Any:
    return layers.Conv2D(6, 3, padding="same", activation="relu", name="conv", **options)


def dense(classes: int = 10, activation: str | None = "softmax", **options: Any) -> Any:
    return layers.Dense(classes, activation=activation, name="head", **options)


def simple(x: Any, y: Any, *inside: Any, head: Any = None, seen: Any = None, **rest: Any) -> Case:
    body, top = conv(), head or dense()
    model = keras.Sequential([keras.Input(x.shape[1:]), *inside, body])
    model.add(layers.GlobalAveragePooling2D())
    model.add(top)
    return Case(model, body, top, "conv", x, y, x if seen is None else seen, **rest)


def sequential() -> Case:
    return simple(*digits())


def sequential_built_late() -> Case:
    x, y = digits()
    body, top = conv(), dense()
    model = keras.Sequential([body, layers.GlobalAveragePooling2D(), top])
    assert not model.built
    return Case(model, body, top, "conv", x, y, x)


def functional() -> Case:
    x, y = digits()
    body, top = conv(), dense()
    inputs = keras.Input((8, 8, 1), name="picture")
    model = keras.Model(inputs, top(layers.GlobalAveragePooling2D()(body(inputs))))
    return Case(model, body, top, "conv", x, y, x)


class Subclassed(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.blocks = [conv()]
        self.pool = layers.GlobalAveragePooling2D()
        self.top = dense()

    def call(self, inputs: Any) -> Any:
        for block in self.blocks:
            inputs = block(inputs)
        return self.top(self.pool(inputs))


def subclassed() -> Case:
    x, y = digits()
    model = Subclassed()
    return Case(model, model.blocks[0], model.top, "conv", x, y, x)


def nested_backbone() -> Case:
    x, y = digits(3)
    body, top = conv(), dense()
    inputs = keras.Input((8, 8, 3))
    backbone = keras.Model(inputs, body(inputs), name="backbone")
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), backbone, layers.GlobalAveragePooling2D(), top]
    )
    return Case(model, body, top, "backbone/conv", x, y, x)


def several_inputs() -> Case:
    """The second input shifts the logits only: maps of the first stay those of the twin."""
    images, y = digits()
    extra = np.random.default_rng(0).random((len(y), 3)).astype("float32")
    body, top = conv(), dense(activation=None)
    picture, numbers = keras.Input((8, 8, 1), name="picture"), keras.Input((3,), name="numbers")
    logits = top(layers.GlobalAveragePooling2D()(body(picture)))
    outputs = layers.Softmax()(layers.Add()([logits, layers.Dense(10)(numbers)]))
    model = keras.Model({"picture": picture, "numbers": numbers}, outputs)
    x = {"picture": images, "numbers": extra}
    return Case(model, body, top, "conv", x, y, images, input="picture")


def several_outputs() -> Case:
    x, y = digits()
    body, top = conv(), dense()
    inputs = keras.Input((8, 8, 1))
    pooled = layers.GlobalAveragePooling2D()(body(inputs))
    model = keras.Model(inputs, [top(pooled), layers.Dense(1, name="size")(pooled)])
    losses = ["sparse_categorical_crossentropy", "mse"]
    return Case(model, body, top, "conv", x, [y, x.mean((1, 2, 3))], x, loss=losses)


def sigmoid_head() -> Case:
    head = dense(1, "sigmoid")
    return simple(*digits(classes=2), head=head, loss="binary_crossentropy", classes=2)


def binary_from_logits() -> Case:
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return simple(*digits(classes=2), head=dense(1, None), loss=loss, classes=2)


def softmax_from_logits() -> Case:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return simple(*digits(), head=dense(10, None), loss=loss)


def one_hot_labels() -> Case:
    x, y = digits()
    return simple(x, np.eye(10, dtype="float32")[y], loss="categorical_crossentropy")


def regression_head() -> Case:
    x, y = digits()
    return simple(x, (y / 10).astype("float32"), head=dense(1, None), loss="mse", classes=1)


def mixed(policy: str, tolerance: float) -> Callable[[], Case]:
    def make() -> Case:
        x, y = digits()
        body, top = conv(dtype=policy), dense(dtype=policy)
        pool = layers.GlobalAveragePooling2D(dtype=policy)
        model = keras.Sequential([keras.Input((8, 8, 1)), body, pool, top])
        return Case(model, body, top, "conv", x, y, x, tolerance=tolerance)

    make.__name__ = policy
    return make


def jit_compile() -> Case:
    return simple(*digits(), compiled={"jit_compile": True})


def run_eagerly() -> Case:
    return simple(*digits(), compiled={"run_eagerly": True})


def steps_per_execution() -> Case:
    return simple(*digits(), compiled={"steps_per_execution": 3})


def preprocessing_inside() -> Case:
    x, y = digits()
    rescaling = layers.Rescaling(1 / 16)
    return simple((x * 16).astype("float32"), y, rescaling, seen=x, scale=1 / 16)


def whole_number_images() -> Case:
    x, y = digits()
    rescaling = layers.Rescaling(1 / 16)
    return simple((x * 16).astype("uint8"), y, rescaling, seen=x, scale=1 / 16)


def augmentation_inside() -> Case:
    return simple(*digits(), layers.RandomFlip(), layers.RandomTranslation(0.1, 0.1))


def dropout_and_noise() -> Case:
    return simple(*digits(), layers.GaussianNoise(0.1), layers.Dropout(0.2))


def three_channels() -> Case:
    return simple(*digits(3))


def four_channels() -> Case:
    return simple(*digits(4))


def channels_first() -> Case:
    x, y = digits(3)
    body, top = conv(data_format="channels_first"), dense()
    pool = layers.GlobalAveragePooling2D(data_format="channels_first")
    model = keras.Sequential([keras.Input((3, 8, 8)), body, pool, top])
    return Case(model, body, top, "conv", np.moveaxis(x, -1, 1), y, x)


CASES = [
    sequential,
    sequential_built_late,
    functional,
    subclassed,
    nested_backbone,
    several_inputs,
    several_outputs,
    sigmoid_head,
    binary_from_logits,
    softmax_from_logits,
    one_hot_labels,
    regression_head,
    mixed("mixed_float16", 2e-2),
    mixed("mixed_bfloat16", 1e-1),
    jit_compile,
    run_eagerly,
    steps_per_execution,
    preprocessing_inside,
    whole_number_images,
    augmentation_inside,
    dropout_and_noise,
    three_channels,
    four_channels,
    channels_first,
]


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_logged_maps_agree_with_numpy(make: Callable[[], Case], tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    case = make()
    case.model.compile("adam", case.loss, **case.compiled)
    explainers = [FeatureMaps(), GradCAM(), IntegratedGradients(steps=STEPS)]
    callback = Explain(
        (case.x, case.y), explainers=explainers, log_dir=tmp_path, on_error="raise", samples=10
    )
    case.model.fit(case.x, case.y, epochs=2, batch_size=16, verbose=0, callbacks=[callback])

    run = read_run(tmp_path)
    rows = run.record("samples").rows
    twin, seen = Twin.of(case.conv, case.dense), case.seen[rows]
    labels = np.asarray(case.y[0] if isinstance(case.y, list) else case.y)[rows]
    labels = labels.argmax(-1) if labels.ndim > 1 else labels
    targets, sign = labels.astype(int), np.ones(len(rows))
    if case.classes <= 2:
        targets = np.zeros(len(rows), int)
        sign = np.where(labels == 1, 1.0, -1.0) if case.classes == 2 else sign
    check_maps(run, case, twin, seen, targets, sign)
    check_predictions(run, case)


def check_maps(run: Run, case: Case, twin: Twin, seen: Any, targets: Any, sign: Any) -> None:
    """Every map of the last epoch, and the scores beside them."""
    cams = run.maps("GradCAM", case.layer)
    expected = twin.cam(seen, targets, sign)
    assert expected.max() > 0
    assert gap_to(expected, np.stack([m.values for m in cams])) < case.tolerance

    channels = run.maps("FeatureMaps", case.layer)
    expected = np.moveaxis(twin.activation(seen), -1, 1)
    assert gap_to(expected, np.stack([c.values for c in channels])) < case.tolerance
    assert channels[0].dead.tolist() == (expected.max(axis=(0, 2, 3)) <= 0).tolist()

    found = run.maps("IntegratedGradients", case.input)
    expected = twin.integrated_gradients(seen, targets, STEPS, sign).sum(-1)
    maps = np.stack([m.values for m in found])
    # A ReLU that flips at one of few nodes moves a map more than rounding does.
    assert gap_to(expected, maps) < max(case.tolerance, 2e-3)
    if isinstance(case.x, dict):  # the other input carries the rest of the score
        return
    scores = sign * twin.logits(seen)[np.arange(len(seen)), targets]
    assert gap_to(scores, np.array([m.score for m in found])) < case.tolerance
    start = sign * twin.logits(np.zeros_like(seen))[np.arange(len(seen)), targets]
    gaps = maps.sum(axis=(1, 2)) - (scores - start)
    assert np.allclose([m.gap for m in found], gaps, atol=case.tolerance * np.abs(scores).max())


def check_predictions(run: Run, case: Case) -> None:
    """The logged predictions are those of the trained model."""
    import tensorflow as tf

    rows = run.record("samples").rows
    found = run.record("predictions")
    batch = tf.nest.map_structure(lambda array: array[rows], case.x)
    outputs = case.model.predict(batch, verbose=0)
    outputs = np.asarray(outputs[0] if isinstance(outputs, list) else outputs, np.float32)
    raw = case.dense.activation is keras.activations.linear and case.input == "input"
    if raw and case.classes > 1:
        outputs = tf.nn.softmax(outputs) if case.classes == 10 else tf.sigmoid(outputs)
    assert np.allclose(found.outputs, outputs, atol=max(case.tolerance, 1e-5))
