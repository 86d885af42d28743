"""Layers of two models of one graph, paired: weights tell which are the same."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
import pytest

from tfexplain import GradCAM, compare
from tfexplain.compression import activation_errors
from tfexplain.layer_sensitivity import sensitivity
from tfexplain.model import tap
from tfexplain.model.paired_layers import paired_layers

X = np.random.default_rng(0).random((12, 6, 6, 1)).astype("float32")
layers = keras.layers


def sequential() -> Any:
    hidden = [
        layers.Conv2D(4, 3, padding="same"),
        layers.ReLU(),
        layers.Conv2D(4, 3),
        layers.ReLU(),
    ]
    last = [layers.GlobalAveragePooling2D(), layers.Dense(3)]
    return keras.Sequential([keras.Input((6, 6, 1)), *hidden, *last])


def residual() -> Any:
    x = inputs = keras.Input((6, 6, 1))
    x = layers.ReLU()(layers.Conv2D(4, 3, padding="same")(x))
    beside = layers.Conv2D(4, 1)(x)
    x = layers.ReLU()(layers.Conv2D(4, 3, padding="same")(x) + beside)
    return keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))


def nested() -> Any:
    inputs = keras.Input((6, 6, 1))
    hidden = [layers.Conv2D(4, 3), layers.ReLU(), layers.Conv2D(4, 1), layers.ReLU()]
    backbone = keras.Sequential([keras.Input((6, 6, 1)), *hidden])
    x = layers.GlobalAveragePooling2D()(backbone(inputs))
    return keras.Model(inputs, layers.Dense(3)(x))


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = [layers.Conv2D(4, 3), layers.ReLU(), layers.Conv2D(4, 3), layers.ReLU()]
        self.pool, self.head = layers.GlobalAveragePooling2D(), layers.Dense(3)

    def call(self, x: Any) -> Any:
        for block in self.blocks:
            x = block(x)
        return self.head(self.pool(x))


def subclassed() -> Any:
    model = Subclassed()
    model(X[:1])
    return model


def twins(make: Any) -> tuple[Any, Any]:
    """Two models of the same weights, some of them zero, whose layers were given no names."""
    keras.utils.set_random_seed(0)
    one, other = make(), make()
    weights = [
        np.where(abs(w) < np.quantile(abs(w), 0.4), 0, w) if w.ndim > 1 else w + 1  # no dead units
        for w in one.get_weights()
    ]
    one.set_weights(weights)
    other.set_weights(weights)
    return one, other


@pytest.mark.parametrize("make", [sequential, residual, nested, subclassed])
def test_everything_that_compares_layers_finds_those_of_the_other_model(make: Any) -> None:
    one, other = twins(make)
    own, theirs = tap.layers_by_path(one), tap.layers_by_path(other)
    pairs = paired_layers(other, one)
    assert not own.keys() & theirs.keys()
    for path, layer in theirs.items():
        same = own[pairs.name_there(path)]
        assert type(same) is type(layer)
        weights = zip(*(getattr(each, "weights", ()) for each in (layer, same)), strict=True)
        assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in weights)
        assert pairs.name_here(pairs.name_there(path)) == path

    named = next(path for path, layer in own.items() if type(layer).__name__ == "ReLU")
    explainers = [GradCAM(relu=False), GradCAM(layer=named.split("/")[-1], relu=False)]
    found = compare(
        {"one": one}, validation_data=X, control={"other": other}, explainers=explainers, samples=3
    )
    drifts = found.models["other"].drifts
    assert {layer for _, layer in drifts} <= own.keys()
    assert len(drifts) == 2
    assert all((drifted.values == 1).all() for drifted in drifts.values())
    overlap = found.overlaps["one", "other"]
    assert overlap.jaccard == 1
    assert len(overlap.layers) == sum(len(w.shape) > 1 for w in one.weights)

    errors = activation_errors(other, one, X[:4])
    assert not errors.missing
    assert {error.sqnr for error in errors.layers} == {np.inf}


def test_a_control_of_sensitivity_and_a_quantized_model_have_their_own_names() -> None:
    one, other = twins(residual)
    found = sensitivity(
        one, validation_data=X, control=[other], settings=["8bit"], samples=3, verbose=0
    )
    control = next(iter(found.controls.values()))
    assert all((values == 1).all() for values in control.similarity.values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras says of each convolution that it stays float
        other.quantize("int8")
    errors = {error.layer: error for error in activation_errors(other, one, X[:4]).layers}
    assert errors[one.layers[-1].name].kernel_sqnr > 30


def dense(*names: str, **more: Any) -> Any:
    hidden = [layers.Dense(4, name=name) for name in names]
    return keras.Sequential([keras.Input((4,), name="x"), *hidden, *more.values()])


def test_names_that_both_have_count_only_where_both_have_all() -> None:
    shifted = paired_layers(dense("dense", "dense_1"), dense("dense_1", "dense_2"))
    assert shifted.name_there("dense_1") == "dense_2"
    turned = paired_layers(dense("a", "b"), dense("b", "a"))
    assert turned.name_there("a") == "a"
    other = paired_layers(dense("a", "b"), dense("a", "c", more=layers.ReLU()))
    assert other.name_there("b") == "b"


def test_calls_and_wrappers_keep_what_they_say() -> None:
    pairs = paired_layers(dense("a", "b"), dense("c", "d"))
    assert pairs.name_there("b@1") == "d@1"
    assert pairs.name_there("prune_low_magnitude_b/b") == "d"
    assert pairs.name_here("d@1") == "b@1"
    assert pairs.name_here("stages") == "stages"
