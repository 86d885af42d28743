"""Networks that cannot learn are told so, each in its word; healthy ones are told nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.logs import LogWriter
from support.models import digits

import tfexplain
from tfexplain import Health
from tfexplain.wire import schema

SEEDS = range(5)
X, Y = digits(256)
WORDS = {"nonfinite", "exploding", "vanishing", "dead", "saturated", "updates"}
layers = keras.layers


def deep(activation: str, depth: int, **options: Any) -> list[Any]:
    hidden = [layers.Dense(24, activation=activation, **options) for _ in range(depth)]
    return [layers.Flatten(), *hidden]


def healthy() -> list[Any]:
    return [
        layers.Conv2D(8, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.Conv2D(16, 3, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dropout(0.2),
    ]


def healthy_tanh() -> list[Any]:
    return deep("tanh", 4)


def vanishing() -> list[Any]:
    return deep("sigmoid", 20)


def exploding() -> list[Any]:
    wide = keras.initializers.RandomNormal(stddev=1.5)
    return deep("relu", 12, kernel_initializer=wide)


def dead() -> list[Any]:
    low = keras.initializers.Constant(-20.0)
    return [
        *healthy()[:2],
        layers.Conv2D(16, 3, activation="relu", bias_initializer=low, name="low"),
        layers.GlobalAveragePooling2D(),
    ]


def saturated() -> list[Any]:
    wide = keras.initializers.RandomNormal(stddev=4.0)
    return [layers.Flatten(), layers.Dense(24, activation="tanh", kernel_initializer=wide)]


def network(make: Callable[[], list[Any]], seed: int) -> Any:
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((8, 8, 1)), *make()])
    model.add(layers.Dense(10, activation="softmax", name="head"))
    return model


@functools.cache
def trainable(make: Callable[[], list[Any]], rate: float) -> Any:
    """A network whose training is traced once for all seeds."""
    model = network(make, 0)
    optimizer = keras.optimizers.Adam(rate)
    model.compile(optimizer, "sparse_categorical_crossentropy", jit_compile=False)
    optimizer.build(model.trainable_variables)
    return model, [v.numpy() for v in optimizer.variables]


def begun(make: Callable[[], list[Any]], seed: int, rate: float) -> Any:
    """The network as it is before it is trained from a seed."""
    model, states = trainable(make, rate)
    model.set_weights(network(make, seed).get_weights())
    for variable, value in zip(model.optimizer.variables, states, strict=True):
        variable.assign(value)
    return model


def findings(model: Any, log_dir: Path, *also: Any) -> list[Any]:
    health = Health((X, Y), log_dir=log_dir, verbose=0, on_error="raise", write_histograms=False)
    model.fit(X, Y, epochs=3, batch_size=32, callbacks=[*also, health], verbose=0)
    return [finding for finding in tfexplain.findings(log_dir) if finding.kind in WORDS]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("make", "word"),
    [
        (vanishing, "vanishing"),
        (exploding, "exploding"),
        (dead, "dead"),
        (saturated, "saturated"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_each_is_told(make: Callable[[], list[Any]], word: str, seed: int, tmp_path: Path) -> None:
    # A small rate, for an exploding network is NaN within an epoch otherwise.
    found = findings(begun(make, seed, 1e-4), tmp_path)
    assert word in [finding.kind for finding in found], found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("make", [healthy, healthy_tanh])
def test_healthy_networks_are_told_nothing(
    make: Callable[[], list[Any]], seed: int, tmp_path: Path
) -> None:
    assert findings(begun(make, seed, 1e-3), tmp_path) == []


@pytest.mark.parametrize(
    ("norms", "vanish"), [([1e-6, 1e-5, 1.0], True), ([1.0, 1e-6, 1.0], False)]
)
def test_a_tiny_gradient_that_the_others_pass_by_is_no_vanishing_one(
    norms: list[float], vanish: bool, tmp_path: Path
) -> None:
    names = ("first", "key", "last")
    rows = [{"path": name, "type": "Dense", "state": "trainable"} for name in names]
    values, none = np.array(norms)[:, None], np.zeros((0, 1))
    record = schema.Health(rows, ["gradient_norm"], values, [], none, {})
    log = LogWriter(tmp_path / "run" / "health")
    log.record(schema.Tag("health"), 0, record, schema.Content("health"))
    log.close()
    found = [finding.layer for finding in tfexplain.findings(tmp_path)]
    assert found == (["first"] if vanish else [])


class Jump(keras.callbacks.Callback):  # type: ignore[misc]
    """A schedule gone wrong: its last epoch has 300 times the rate."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == 2:
            self.model.optimizer.learning_rate = 0.3


@pytest.mark.parametrize(
    ("optimizer", "also", "word", "begins"),
    [
        (keras.optimizers.SGD(1e4), [], "nonfinite", "dense"),
        (
            keras.optimizers.Adam(1e-3),
            [Jump()],
            "updates",
            "updates are large: the weights of dense",
        ),
        (keras.optimizers.Adam(1e-9), [], "updates", "updates are small: no epoch changed"),
    ],
    ids=["nan", "large", "small"],
)
def test_rates_that_are_far_off(
    optimizer: Any, also: list[Any], word: str, begins: str, tmp_path: Path
) -> None:
    model = network(linear, 0)
    model.compile(optimizer, "sparse_categorical_crossentropy", jit_compile=False)
    found = findings(model, tmp_path / "run", *also)
    said = {finding.kind: finding.text for finding in found}
    assert said[word].startswith(f"run: {begins}"), said


def linear() -> list[Any]:
    return [layers.Flatten(), layers.Dense(24), layers.Dense(24)]


def test_the_words_name_the_layer_and_the_number(tmp_path: Path) -> None:
    (finding,) = [f for f in findings(begun(dead, 0, 1e-4), tmp_path) if f.kind == "dead"]
    assert finding.layer == "low"
    assert finding.text.endswith(
        "100% of the units of low are dead: never active on the validation batch, half of them "
        "since epoch 0 or before."
    )
    assert np.isclose(finding.value, 1.0)
