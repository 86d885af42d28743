"""What a call returns: one attribution, or a mapping of them, by what was asked for."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import keras
import numpy as np
import pytest
from support.models import digits, small_cnn

import tfexplain
from tfexplain import Attribution, Attributions, FeatureMaps, GradCAM, Saliency, explain
from tfexplain.errors import TfexplainError
from tfexplain.explainers import Explainer

X, Y = digits(4)
# What may stand without its name: the layer or the explainer that a method is about.
POSITIONAL = {"layer", "explainer", "title", "function"}


def two_inputs() -> Any:
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    return keras.Model([a, b], keras.layers.Dense(2)(keras.layers.Concatenate()([a, b])))


def test_one_layer_by_name_gives_one_attribution() -> None:
    model = small_cnn()
    for method in (GradCAM("conv"), GradCAM(), FeatureMaps("conv"), Saliency()):
        assert isinstance(method(model, X), Attribution)


def test_a_list_of_layers_gives_a_mapping_even_of_one() -> None:
    model = small_cnn()
    for method in (GradCAM(["conv"]), FeatureMaps(["conv"]), FeatureMaps()):
        found = method(model, X)
        assert isinstance(found, Attributions)
        assert found["conv"].explainer == method.name
        same = method.each(model, X)["conv"].values
        assert found["conv"].values.tobytes() == same.tobytes()


def test_several_inputs_give_a_mapping_by_input() -> None:
    inputs = {"a": np.ones((2, 3), np.float32), "b": np.ones((2, 2), np.float32)}
    model = two_inputs()
    found = Saliency()(model, [inputs["a"], inputs["b"]], 1)
    assert isinstance(found, Attributions)
    kernel = model.layers[-1].kernel.numpy()
    assert list(found) == ["a", "b"]
    assert np.array_equal(found["a"].values, np.tile(kernel[:3, 1], (2, 1)))
    assert np.array_equal(found["b"].values, np.tile(kernel[3:, 1], (2, 1)))


def test_explain_returns_what_each_call_returns_by_name() -> None:
    model = small_cnn()
    methods = [GradCAM("conv"), Saliency(), Saliency(absolute=True), FeatureMaps(["conv"])]
    found = explain(model, X, Y, explainers=methods)
    assert list(found) == ["GradCAM", "Saliency", "Saliency-2", "FeatureMaps"]
    for method, result in zip(methods, found.values(), strict=True):
        alone = method(model, X, Y)
        assert type(result) is type(alone)
        for one, other in zip(*map(listed, (result, alone)), strict=True):
            np.testing.assert_allclose(one.values, other.values, rtol=1e-5, atol=1e-7)
    only = explain(model, X, Y, explainers=Saliency())
    assert list(only) == ["Saliency"]


def listed(found: Any) -> list[Attribution]:
    return list(found.values()) if isinstance(found, Attributions) else [found]


@pytest.mark.parametrize("wrong", [[GradCAM], ["GradCAM"], [GradCAM("conv"), None]])
def test_what_is_no_explainer_is_told(wrong: Any) -> None:
    with pytest.raises(TfexplainError, match="expected explainers such as GradCAM"):
        explain(small_cnn(), X, Y, explainers=wrong)


def test_settings_have_names() -> None:
    """Only what a method is about may be passed without its name."""
    results = {"Attribution", "ExchangeMap", "Finding"}
    classes = [getattr(tfexplain, name) for name in tfexplain.__all__ if name not in results]
    methods = [
        one
        for one in classes
        if inspect.isclass(one) and dataclasses.is_dataclass(one) and one is not tfexplain.Unit
    ]
    assert sum(issubclass(one, Explainer) for one in methods) > 20
    for one in methods:
        parameters = inspect.signature(one).parameters.values()
        free = {p.name for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY}
        assert free <= POSITIONAL, one


@pytest.mark.parametrize("name", ["Explain", "Compression", "compare"])
def test_callbacks_and_compare_take_one_argument_without_its_name(name: str) -> None:
    first, *others = inspect.signature(getattr(tfexplain, name)).parameters.values()
    assert first.name == ("models" if name == "compare" else "validation_data")
    assert all(other.kind is inspect.Parameter.KEYWORD_ONLY for other in others)
    assert {"log_dir", "samples", "seed"} <= {other.name for other in others}


@pytest.mark.parametrize(
    "make",
    [
        lambda layer: Saliency(layer=layer),
        lambda layer: tfexplain.SmoothGrad(layer=layer, copies=2),
        lambda layer: tfexplain.IntegratedGradients(layer=layer, steps=4),
        lambda layer: tfexplain.ExpectedGradients(layer=layer, draws=4),
        lambda layer: tfexplain.ScoreCAM(layer),
        lambda layer: GradCAM(layer),
    ],
)
def test_several_layers_are_each_as_if_alone(make: Any) -> None:
    model = keras.Sequential(
        [
            keras.Input(X.shape[1:]),
            keras.layers.Conv2D(3, 3, activation="relu", name="one"),
            keras.layers.Conv2D(4, 3, activation="relu", name="two"),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    x = X[:3]
    found = make(["one", "two"])(model, x, 1)
    assert list(found) == ["one", "two"]
    for name in found:
        alone = make(name)(model, x, 1)
        assert isinstance(alone, Attribution)
        np.testing.assert_allclose(found[name].values, alone.values, rtol=1e-5, atol=1e-7)
