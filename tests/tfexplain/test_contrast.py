"""Why one class and not another: the difference of two maps, and the map of the difference."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tfexplain import FeatureMaps, GradCAM, InputXGradient, IntegratedGradients, Saliency
from tfexplain.errors import TfexplainError
from tfexplain.targets import logits

RNG = np.random.default_rng(0)
ONE, OTHER = 3, 1


def difference(outputs: Any) -> Any:
    return logits(outputs)[:, ONE] - logits(outputs)[:, OTHER]


def linear() -> Any:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, activation="softmax")])


def smooth() -> Any:
    keras.utils.set_random_seed(1)
    layers = keras.layers
    conv = layers.Conv2D(3, 3, activation="tanh", name="conv")
    last = layers.Dense(4, activation="softmax")
    return keras.Sequential([keras.Input((6, 6, 1)), conv, layers.Flatten(), last])


@pytest.mark.parametrize("method", [InputXGradient(), IntegratedGradients(steps=3)])
def test_of_a_linear_model_it_is_the_difference_of_weights_times_the_input(method: Any) -> None:
    model, rows = linear(), RNG.normal(size=(3, 5)).astype("f4")
    weights, bias = model.layers[-1].get_weights()
    expected = (weights[:, ONE] - weights[:, OTHER]) * rows
    direct = method(model, rows, difference)
    subtracted = method(model, rows, ONE) - method(model, rows, OTHER)
    for found in (direct, subtracted):
        np.testing.assert_allclose(found.values, expected, atol=1e-5)
        scores = expected.sum(1) + bias[ONE] - bias[OTHER]
        np.testing.assert_allclose(found.scores, scores, atol=1e-5)
        assert found.signed
    if method.name == "IntegratedGradients":
        np.testing.assert_allclose(subtracted.completeness_gap, 0, atol=1e-5)
        assert subtracted.passes.tolist() == [6, 6, 6]
        assert subtracted.error is None


def test_it_is_the_slope_of_the_difference_of_scores() -> None:
    model, pictures = smooth(), RNG.normal(size=(2, 6, 6, 1)).astype("f4")
    found = Saliency()(model, pictures, ONE) - Saliency()(model, pictures, OTHER)
    weights = model.layers[-1].get_weights()

    def score(x: Any) -> Any:
        flat = model.layers[0](x).numpy().reshape(len(x), -1).astype(np.float64)
        return flat @ (weights[0][:, ONE] - weights[0][:, OTHER]).astype(np.float64)

    for place in [(0, 0), (2, 3), (5, 1)]:
        moved = np.zeros_like(pictures)
        moved[:, place[0], place[1]] = 1e-2
        slope = (score(pictures + moved) - score(pictures - moved)) / 2e-2
        np.testing.assert_allclose(found.values[:, place[0], place[1], 0], slope, atol=2e-4)


def test_maps_that_are_linear_in_the_score_are_the_map_of_the_difference() -> None:
    model, pictures = smooth(), RNG.normal(size=(2, 6, 6, 1)).astype("f4")
    for method in (GradCAM("conv", relu=False), Saliency(), InputXGradient()):
        direct = method(model, pictures, difference)
        subtracted = method(model, pictures, ONE) - method(model, pictures, OTHER)
        largest = np.abs(direct.values).max()
        np.testing.assert_allclose(subtracted.values, direct.values, atol=1e-5 * largest)
    # With ReLU it is not: what is cut off of each map is not what is cut off of their difference.
    cut = GradCAM("conv")(model, pictures, ONE) - GradCAM("conv")(model, pictures, OTHER)
    assert cut.signed
    assert not np.allclose(cut.values, GradCAM("conv")(model, pictures, difference).values)


def test_maps_that_are_not_of_the_same_are_refused() -> None:
    model, pictures = smooth(), RNG.normal(size=(2, 6, 6, 1)).astype("f4")
    one = GradCAM("conv")(model, pictures, ONE)
    for other in (
        Saliency()(model, pictures, OTHER),
        GradCAM("conv")(model, pictures[:1], OTHER),
        GradCAM("conv", score="probability")(model, pictures, OTHER),
    ):
        with pytest.raises(TfexplainError, match="expected a map of the same method, place and"):
            one - other
    channels = FeatureMaps("conv")(model, pictures)
    with pytest.raises(TfexplainError, match="expected a map of the same"):
        channels - channels
    with pytest.raises(TypeError, match="unsupported operand"):
        one - "B"
