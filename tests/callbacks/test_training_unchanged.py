"""Training with the callback is training without it, to the bit."""

from __future__ import annotations

import gc
import random
import weakref
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.backend.common.global_state import get_global_attribute
from support.models import digits, same_bits, small_cnn
from support.stateful import LIBRARIES, recurrent, rows, stateful

from tfexplain import Compression, Explain, GradCAM, IntegratedGradients, Saliency
from tfexplain.explainers.run import explanations
from tfexplain.model.tap import layers_by_path

layers = keras.layers


class Sampling(layers.Layer):  # type: ignore[misc]
    """Draws at inference too, and counts its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.seed = keras.random.SeedGenerator(7)

    def build(self, shape: Any) -> None:
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, inputs: Any) -> Any:
        self.calls.assign_add(1.0)
        noise = keras.random.normal(keras.ops.shape(inputs), seed=self.seed)
        return inputs + 0.01 * noise


def noisy_model() -> Any:
    """Dropout, batch norm, augmentation, noise at inference, regularisers, momentum."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.RandomTranslation(0.2, 0.2),
            layers.GaussianNoise(0.1),
            layers.Conv2D(8, 3, activation="relu", activity_regularizer="l2"),
            layers.BatchNormalization(),
            Sampling(),
            layers.SpatialDropout2D(0.2),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax", kernel_regularizer="l2"),
        ]
    )
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True, use_ema=True)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train(callbacks: list[Any]) -> tuple[Any, Any]:
    x, y = digits()
    model = noisy_model()
    options = {"epochs": 4, "batch_size": 16, "verbose": 0, "validation_data": (x[:32], y[:32])}
    history = model.fit(x, y, callbacks=callbacks, **options)
    return model, history.history


def test_fit_ends_with_the_same_bits(tmp_path: Path) -> None:
    plain, history = train([])
    again, _ = train([])
    assert same_bits(plain.get_weights(), again.get_weights()), "the test itself is not repeatable"
    x, y = digits()
    explained, its_history = train([Explain((x, y), log_dir=tmp_path, on_error="raise")])
    assert same_bits(plain.get_weights(), explained.get_weights())
    assert same_bits(
        [v.numpy() for v in plain.optimizer.variables],
        [v.numpy() for v in explained.optimizer.variables],
    )
    states = [
        [s.state.numpy() for layer in m.layers for s in layer._seed_generators]
        for m in (plain, explained)
    ]
    assert same_bits(*states)
    assert history == its_history


MODELS = {
    "all kinds of state": stateful,
    "compiled by XLA, in bfloat16": lambda library: stateful(
        library, ["an attribute", "a list", "a branch"], mixed=True, jit_compile=True
    ),
    "recurrent states": recurrent,
}


@pytest.mark.slow
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("kind", MODELS)
def test_what_a_pass_writes_is_put_back(kind: str, library: str, tmp_path: Path) -> None:
    def trained(*callbacks: Any) -> Any:
        model = MODELS[kind](LIBRARIES[library])
        data = rows(model)
        model.fit(*data, batch_size=8, epochs=2, verbose=0, callbacks=[c(data) for c in callbacks])
        return model.get_weights()

    def explaining(data: Any) -> Explain:
        methods = [Saliency(), IntegratedGradients(steps=2, batch_size=8)]
        return Explain(data, explainers=methods, log_dir=tmp_path, on_error="raise", verbose=False)

    def measuring(data: Any) -> Compression:
        return Compression(
            log_dir=tmp_path, validation_data=data, samples=8, on_error="raise", verbose=False
        )

    assert same_bits(trained(), trained(explaining, measuring))


def test_explaining_leaves_everything_as_it_was() -> None:
    x, y = digits(16)
    model = noisy_model()
    model.fit(x, y, epochs=1, verbose=0)
    model.layers[0].trainable = False
    before = _everything(model)
    explanations(model, [GradCAM()], x, y)
    after = _everything(model)
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert np.array_equal(value, after[name]), name
    assert all("call" not in vars(layer) for layer in layers_by_path(model).values())


def _everything(model: Any) -> dict[str, Any]:
    found: dict[str, Any] = {v.path: v.numpy() for v in model.variables}
    found |= {"optimizer/" + v.path: v.numpy() for v in model.optimizer.variables}
    for path, layer in layers_by_path(model).items():
        for i, seed in enumerate(layer._seed_generators):
            found[f"{path}/seed{i}"] = seed.state.numpy()
        found[f"{path}/flags"] = np.array([layer.trainable, layer.built])
        found[f"{path}/losses"] = np.array([id(loss) for loss in layer._losses])
        found[f"{path}/nodes"] = np.array(len(layer._inbound_nodes) + len(layer._outbound_nodes))
        found[f"{path}/attributes"] = np.array(sorted(vars(layer)))
    return found


def test_global_random_numbers_are_not_drawn() -> None:
    x, y = digits(16)
    model = small_cnn()
    keras.random.uniform(())  # makes the generator that layers without a seed share
    shared = get_global_attribute("global_seed_generator")

    def drawn(explaining: bool) -> list[float]:
        keras.utils.set_random_seed(11)
        before = shared.state.numpy()
        if explaining:
            explanations(model, [GradCAM()], x, y)
        assert np.array_equal(before, shared.state.numpy())
        return [random.random(), np.random.random(), float(tf.random.uniform(()))]

    assert drawn(explaining=True) == drawn(explaining=False)


def test_the_model_can_be_collected_after_it_was_explained(tmp_path: Path) -> None:
    x, y = digits(16)
    model = small_cnn()
    callback = Explain((x, y), log_dir=tmp_path, on_error="raise")
    model.fit(x, y, epochs=1, verbose=0, callbacks=[callback])
    GradCAM()(model, x)
    callback.set_model(None)
    alive = weakref.ref(model)
    del model
    keras.backend.clear_session()
    gc.collect()
    assert alive() is None
