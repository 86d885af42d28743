"""Filters go with what shifts their feature maps: against maps of fresh models, and `shrink`."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

from tfexplain import MagnitudePruning, prune, shrink

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

X = np.random.default_rng(0).normal(size=(32, 6, 6, 2)).astype("float32")


def network(library: Any, activation: str | None = None, **compiled: Any) -> Any:
    """A block whose sum needs all filters of `second`, every weight at random."""
    library.utils.set_random_seed(1)
    layers = library.layers
    inputs = library.Input((6, 6, 2))
    x = layers.Conv2D(8, 3, padding="same", activation=activation, name="first")(inputs)
    x = layers.BatchNormalization(name="normalized")(x)
    x = layers.Conv2D(2, 3, padding="same", name="second")(layers.Activation("relu")(x))
    inner = library.Sequential(
        [
            layers.Input((6, 6, 2)),
            layers.Conv2D(6, 3, padding="same", use_bias=False, name="inner"),
            layers.BatchNormalization(scale=False, name="unscaled"),
            layers.Conv2D(2, 3, padding="same", name="outer"),
        ],
        name="block",
    )
    x = inner(x)
    x = layers.GlobalAveragePooling2D()(layers.Add()([inputs, x]))
    model = library.Model(inputs, layers.Dense(3, activation="softmax", name="head")(x))
    random = np.random.default_rng(3)
    model.set_weights([random.uniform(0.2, 1, w.shape) for w in model.get_weights()])
    model.compile("adam", "sparse_categorical_crossentropy", **compiled)
    return model


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_feature_maps_of_pruned_filters_are_zero_and_can_be_taken_out(library: Any) -> None:
    model = network(library)
    masks = prune(model, {"first": 0.5, "block/inner": 0.5}, structure="filters")
    kept = masks["first"].any(axis=(0, 1, 2))
    maps = library.Model(model.inputs[0], model.get_layer("normalized").output)(X).numpy()
    np.testing.assert_array_equal(np.abs(maps).max(axis=(0, 1, 2)) > 0, kept)
    small = shrink(model)
    assert not small.kept
    assert small.model.get_layer("first").filters == 4
    assert small.model.get_layer("block").get_layer("inner").filters == 3
    np.testing.assert_allclose(small.model(X), model(X), atol=1e-5)


def test_what_shifts_otherwise_stays() -> None:
    model = network(keras, "sigmoid")
    before = model.get_layer("normalized").get_weights()
    prune(model, {"first": 0.5}, structure="filters")
    assert (model.get_layer("first").bias.numpy() == 0).sum() == 4
    # Behind a sigmoid the map of a zero filter is 0.5, which no offset of zero takes away.
    for one, other in zip(before, model.get_layer("normalized").get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    # Of single weights no bias goes, be they all of a filter.
    kernel, bias = model.get_layer("second").get_weights()
    kernel[..., 1] *= 1e-3
    model.get_layer("second").set_weights([kernel, bias])
    prune(model, {"second": 0.5})
    assert not model.get_layer("second").kernel.numpy()[..., 1].any()
    np.testing.assert_array_equal(model.get_layer("second").bias.numpy(), bias)


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_no_training_step_brings_them_back(library: Any) -> None:
    model = network(library, steps_per_execution=2)
    seen = []

    class Seen(library.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            first, normalized = (model.get_layer(name) for name in ("first", "normalized"))
            shifts = first.bias, normalized.beta, normalized.moving_mean
            seen.append([np.abs(np.asarray(v)) for v in shifts])

    pruning = MagnitudePruning(
        {"first": 0.5}, structure="filters", schedule="one shot", begin=2, verbose=0
    )
    y = np.arange(32) % 3
    model.fit(X, y, batch_size=4, epochs=2, verbose=0, callbacks=[pruning, Seen()])
    gone = ~pruning.masks["first"].any(axis=(0, 1, 2))
    assert gone.sum() == 4
    for number, shifts in enumerate(seen):
        for values in shifts:
            assert values[~gone].all()
            assert (values[gone] == 0).all() == (number > 0)
    assert model.get_layer("first").bias.constraint is None
    assert shrink(model).model.get_layer("first").filters == 4
