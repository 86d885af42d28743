"""Randomisation, sensitivity, invariance and completeness, each with the traps of its kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.models import digits, same_bits, small_cnn

from tfexplain import Custom, GradCAM, InputXGradient, IntegratedGradients, Saliency
from tfexplain.errors import TfexplainError
from tfexplain.trust import (
    Completeness,
    Deletion,
    InputInvariance,
    LocalLipschitz,
    MassAccuracy,
    MaxSensitivity,
    ModelRandomisation,
    RandomLogit,
    region_masks,
)
from tfexplain.trust.orders import edges

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def trained() -> tuple[Any, Any, Any]:
    """A CNN that has learnt the digits, and twelve of them."""
    images, labels = digits(600)
    keras.utils.set_random_seed(0)
    model = small_cnn()
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    model.fit(images, labels, epochs=12, verbose=0)
    return model, images[:12], labels[:12]


def edge_detector() -> Any:
    """A map that looks like the input and knows nothing of the model."""
    return Custom("Edges", lambda model, x, targets: edges(np.asarray(x), x.shape.rank - 1))


@pytest.mark.parametrize("order", ["top-down", "bottom-up", "independent"])
def test_an_edge_detector_survives_new_weights_and_gradients_do_not(trained, order) -> None:
    model, x, y = trained
    before = [v.numpy().copy() for v in model.weights]
    metric = ModelRandomisation(order=order)
    drawn = metric(model, x, y, edge_detector())
    own = metric(model, x, y, IntegratedGradients())
    np.testing.assert_allclose(drawn.values, 1, atol=1e-12)
    assert np.nanmean(own.values) < 0.75
    assert own.curves["map"].shape == (12, 2)
    assert own.shares.tolist() == [0.5, 1]
    assert same_bits(before, model.get_weights())


def test_an_edge_detector_is_not_to_be_trusted_on_images_held_out(trained) -> None:
    model = trained[0]
    x, y = (part[600:] for part in digits(640))
    drawn, own = edge_detector(), IntegratedGradients(steps=16)
    for metric in (ModelRandomisation(), RandomLogit()):
        np.testing.assert_allclose(metric(model, x, y, drawn).values, 1, atol=1e-12)
        assert np.nanmean(metric(model, x, y, own).values) < 0.75
    # It is as good as itself, which stands beside each map.
    found, of_model = (Deletion()(model, x, y, method) for method in (drawn, own))
    np.testing.assert_allclose(found.values, found.beside["edges"], rtol=1e-5)
    assert of_model.values.mean() < found.values.mean()


def test_grad_cam_changes_with_the_weights(trained) -> None:
    """A method that keeps a model of its own from before reports 1.000, as Xplique does."""
    model, x, y = trained
    found = ModelRandomisation()(model, x, y, GradCAM(relu=False))
    assert (found.values < 0.999).all()
    assert np.mean(found.values) < 0.8


def test_a_scale_of_each_image_changes_no_order(trained) -> None:
    model, x, y = trained
    maps = IntegratedGradients(steps=8)(model, x, y)
    scales = np.geomspace(1e-3, 1e3, len(x)).astype("f4").reshape(-1, 1, 1, 1)
    scaled = replace(maps, values=maps.values * scales)
    found, other = (Deletion()(model, x, y, own).values for own in (maps, scaled))
    np.testing.assert_array_equal(found, other)


def test_black_pixels_do_not_make_maps_alike(trained) -> None:
    """Maps that have nothing in common are alike where both are zero: half of a digit is."""
    model, x, y = trained
    rng = np.random.default_rng(0)
    noise = Custom("Noise", lambda model, x, targets: np.sign(x[..., 0]) * rng.random((12, 8, 8)))
    alike = [ModelRandomisation(baseline=own)(model, x, y, noise).values for own in (None, -1.0)]
    assert abs(np.mean(alike[0])) < 0.1
    assert np.mean(alike[1]) > 0.4


def test_a_map_of_zeros_is_not_alike_to_anything(trained) -> None:
    model, x, y = trained
    zeros = Custom("Zeros", lambda model, x, targets: np.zeros(np.shape(x)[:3], "f4"))
    assert np.isnan(ModelRandomisation()(model, x, y, zeros).values).all()
    assert np.isnan(RandomLogit()(model, x, y, zeros).values).all()


def test_weights_come_back_after_an_error(trained) -> None:
    model, x, y = trained
    before, calls = [v.numpy().copy() for v in model.weights], []

    def failing(model: Any, x: Any, targets: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            assert not same_bits(before, model.get_weights())
            raise ValueError("in between")
        return np.ones(np.shape(x)[:3], "f4")

    with pytest.raises(Exception, match="in between"):
        ModelRandomisation()(model, x, y, Custom("Failing", failing))
    assert len(calls) == 2
    assert same_bits(before, model.get_weights())


def test_the_map_of_another_class_is_another_for_a_linear_model() -> None:
    weights = RNG.normal(size=(6, 3)).astype("f4")
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, use_bias=False)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.layers[0].set_weights([weights])
    x, targets = RNG.normal(size=(5, 6)).astype("f4"), np.array([0, 1, 2, 0, 1])
    found = RandomLogit(seed=3)(model, x, targets, Saliency())
    others = (targets + np.random.default_rng(3).integers(1, 3, 5)) % 3
    ranks = weights.argsort(0).argsort(0)
    expected = [
        np.corrcoef(ranks[:, a], ranks[:, b])[0, 1] for a, b in zip(targets, others, strict=True)
    ]
    np.testing.assert_allclose(found.values, expected, atol=1e-6)
    with pytest.raises(TfexplainError, match="expected at least two classes"):
        RandomLogit()(
            tf.keras.Sequential([tf.keras.Input((6,)), tf.keras.layers.Dense(1)]),
            x,
            None,
            Saliency(),
        )


def test_gradients_of_a_linear_model_hold_still_and_of_a_square_do_not() -> None:
    x = RNG.normal(size=(4, 6)).astype("f4")
    linear = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    for metric in (MaxSensitivity(), LocalLipschitz()):
        assert metric(linear, x, None, Saliency()).values.tolist() == [0] * 4
    square = keras.Sequential(
        [keras.Input((6,)), keras.layers.Lambda(lambda x: tf.reduce_sum(x**2, 1, keepdims=True))]
    )
    # The gradient is 2 x, so that its change by that of the input is 2 whatever the noise.
    found = LocalLipschitz()(square, x, None, Saliency())
    np.testing.assert_allclose(found.values, 2, rtol=1e-3)
    assert found.unit == "output per unit of input by input"
    most = MaxSensitivity(radius=0.01, draws=40)(square, x, None, Saliency()).values
    bound = 0.01 * np.ptp(x) * np.sqrt(6) / np.linalg.norm(x, axis=1)
    assert (most <= bound * (1 + 1e-5)).all()
    assert (most > 0.5 * bound).all()
    with pytest.raises(TfexplainError, match="Pass the explainer, not its"):
        MaxSensitivity()(square, x, None, Saliency()(square, x))
    with pytest.raises(TfexplainError, match="adds noise to them; got int32"):
        MaxSensitivity()(lambda x: x.sum(axis=1), np.ones((2, 3), "i4"), None, edge_detector())


def test_gradients_are_invariant_to_a_shift_and_products_with_the_input_are_not(trained) -> None:
    model, x, y = trained
    still = InputInvariance()(model, x, y, Saliency())
    np.testing.assert_allclose(still.values, 0, atol=1e-5)
    moved = InputInvariance()(model, x, y, InputXGradient())
    assert (moved.values > 0.1).all()
    # Grad-CAM reads activations, which are the same.
    np.testing.assert_allclose(InputInvariance()(model, x, y, GradCAM()).values, 0, atol=1e-5)


def test_completeness_is_the_gap_by_the_difference_of_scores(trained) -> None:
    model, x, y = trained
    maps = IntegratedGradients()(model, x, y)
    found = Completeness()(model, x, y, maps)
    logits = keras.Model(model.inputs, model.layers[-1].output)
    assert logits is not None
    difference = maps.values.sum(axis=(1, 2, 3)) - maps.completeness_gap
    np.testing.assert_allclose(found.values, np.abs(maps.completeness_gap / difference), rtol=1e-4)
    with pytest.raises(TfexplainError, match="expected values that add up"):
        Completeness()(model, x, y, Saliency())


def test_evidence_in_a_region_is_that_of_the_map_at_the_input(trained) -> None:
    model, x, y = trained
    found = MassAccuracy(regions="left edge")(model, x, y, GradCAM())
    maps = GradCAM()(model, x, y).maps
    np.testing.assert_allclose(found.values, maps[:, :, 0].sum(1) / maps.sum((1, 2)), rtol=1e-5)
    assert found.chance.tolist() == [1 / 8] * 12
    asked: list[Any] = []

    def of(inputs: Any, targets: Any) -> Any:
        asked.append(targets)
        return inputs[..., 0] > 0.5

    MassAccuracy(regions=of)(model, x, y, GradCAM())
    assert np.array_equal(asked[0], y)


def test_named_regions_cover_what_their_names_say() -> None:
    shape = (2, 8, 16)
    edges_of = {
        name: region_masks(f"{name} edge", shape)[0] for name in ("left", "right", "top", "bottom")
    }
    assert {name: int(mask.sum()) for name, mask in edges_of.items()} == {
        "left": 16,
        "right": 16,
        "top": 16,
        "bottom": 16,
    }
    assert edges_of["right"][:, 14:].all()
    assert edges_of["bottom"][7].all()
    border = region_masks("border", shape)[0]
    assert np.array_equal(border, np.logical_or.reduce(list(edges_of.values())))
    assert np.array_equal(~border, region_masks("middle", shape)[1])
    with pytest.raises(TfexplainError, match="'corner': expected one of 'border', 'middle'"):
        region_masks("corner", shape)
    with pytest.raises(TfexplainError, match="that of sample 0 is empty"):
        region_masks(np.zeros(shape, bool), shape)
    with pytest.raises(TfexplainError, match=r"expected masks of shape \[2, 8, 16\]"):
        region_masks(np.ones((3, 8, 16), bool), shape)
