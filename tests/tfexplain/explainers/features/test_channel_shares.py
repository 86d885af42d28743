"""Shares of channels in the explained evidence, against closed forms and a tape."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfexplain import FeatureMaps, GradCAM, HiResCAM, IntegratedGradients, Saliency, explain
from tfexplain.attribution import Attribution
from tfexplain.explainers.features import channel_shares
from tfexplain.explainers.run import explanations
from tfexplain.model.keras_model import KerasModel

layers = keras.layers
CHANNELS = 24


def pooled(activation: str | None = "relu") -> Any:
    """A convolution, its mean over positions, and a linear head."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            layers.Conv2D(CHANNELS, 3, activation=activation, name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, name="head"),
        ]
    )


X = np.random.default_rng(3).random((5, 8, 8, 2), np.float32)
Y = [0, 2, 1, 1, 0]


def shares_of(model: Any, *others: Any, maps: FeatureMaps | None = None, **options: Any) -> Any:
    found = explain(model, X, Y, explainers=[maps or FeatureMaps("conv"), *others], **options)
    attribution = next(iter(found.values()))
    assert isinstance(attribution, Attribution)
    return attribution


def activations(model: Any) -> Any:
    return model.get_layer("conv")(X).numpy().astype(np.float64)


@pytest.mark.parametrize("activation", ["relu", None])
def test_of_a_linear_head_over_means_a_share_is_weight_times_mean(activation: str | None) -> None:
    model = pooled(activation)
    weights = model.get_layer("head").kernel.numpy().astype(np.float64)
    evidence = weights[:, Y].T * activations(model).mean(axis=(1, 2))
    expected = evidence / np.abs(evidence).sum(axis=1, keepdims=True)
    found = shares_of(model, GradCAM("conv"))
    np.testing.assert_allclose(found.shares, expected, rtol=1e-4, atol=1e-7)
    # What Grad-CAM's map adds up to without ReLU is the sum of the evidence.
    assert (found.shares < 0).any()
    np.testing.assert_allclose(np.abs(found.shares).sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("kin", [GradCAM, HiResCAM])
def test_behind_nonlinear_layers_shares_are_those_of_a_tape(kin: Any) -> None:
    inputs = keras.Input((8, 8, 2))
    x = layers.Conv2D(CHANNELS, 3, activation="gelu", name="conv")(inputs)
    y = layers.Conv2D(4, 3, activation="tanh", name="after")(x)
    outputs = layers.Dense(3, activation="softmax", name="head")(layers.Flatten()(y))
    model = keras.Model(inputs, outputs)
    kernel, bias = model.get_layer("head").kernel, model.get_layer("head").bias
    with tf.GradientTape() as tape:
        conv = model.get_layer("conv")(X)
        tape.watch(conv)
        flat = tf.reshape(model.get_layer("after")(conv), [len(X), -1])
        logits = tf.linalg.matmul(flat, kernel) + bias
        score = tf.reduce_sum(tf.gather(logits, Y, batch_dims=1))
    slopes = tape.gradient(score, conv).numpy().astype(np.float64)
    evidence = slopes.mean(axis=(1, 2)) * conv.numpy().astype(np.float64).sum(axis=(1, 2))
    expected = evidence / np.abs(evidence).sum(axis=1, keepdims=True)
    found = shares_of(model, kin("conv"))
    np.testing.assert_allclose(found.shares, expected, rtol=2e-3, atol=2e-6)


def test_without_a_gradient_of_the_layer_nothing_is_told() -> None:
    model = pooled()
    spaced = np.round(np.linspace(0, CHANNELS - 1, 16)).astype(int).tolist()
    for others in (
        [],
        [IntegratedGradients()],
        [Saliency()],
        [GradCAM("conv", score="probability")],
    ):
        model.layers[-1].activation = keras.activations.softmax
        found = shares_of(model, *others)
        assert found.shares is None
        assert found.channels.tolist() == spaced


def test_shares_take_no_pass_of_their_own() -> None:
    model = pooled()
    counted = []
    for methods in ([GradCAM("conv")], [FeatureMaps("conv"), GradCAM("conv")]):
        traced_model = KerasModel(model, tf.constant(X))
        explanations(model, methods, X, 1, traced_model=traced_model)
        graphs = [f.graph for f in traced_model.compiled.values()]
        kinds = [op.type for graph in graphs for op in graph.get_operations()]
        # The head's product forward and backward; the convolution's once.
        counted.append((len(graphs), kinds.count("Conv2D"), kinds.count("MatMul")))
        assert not any(kind.startswith("Conv2DBackprop") for kind in kinds)
    assert counted[0] == counted[1] == (1, 1, 2)


def test_the_kept_channels_are_those_of_the_largest_mean_share() -> None:
    model = pooled()
    everything = shares_of(model, GradCAM("conv"), maps=FeatureMaps("conv", max_channels=None))
    means = np.abs(everything.shares).mean(axis=0)
    expected = sorted(np.argsort(-means)[:5].tolist())
    for options in ({}, {"batch_size": 2}):
        found = shares_of(
            model, GradCAM("conv"), maps=FeatureMaps("conv", max_channels=5), **options
        )
        assert found.channels.tolist() == expected
        assert found.shares.shape == (5, CHANNELS)
        np.testing.assert_allclose(found.values, activations(model)[..., expected], rtol=1e-4)
        np.testing.assert_array_equal(found.dead, everything.dead[expected])


def test_of_a_dataset_the_first_batch_chooses() -> None:
    model = pooled()
    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(2)
    methods = [FeatureMaps("conv", max_channels=3), GradCAM("conv")]
    found: Any = explain(model, dataset, "label", explainers=methods)["FeatureMaps"]
    first: Any = explain(model, X[:2], Y[:2], explainers=methods)["FeatureMaps"]
    assert found.channels.tolist() == first.channels.tolist()
    assert found.values.shape == (5, 6, 6, 3)
    np.testing.assert_allclose(found.shares[:2], first.shares, rtol=1e-4, atol=1e-7)


def test_of_large_layers_evenly_spaced_channels_are_held(monkeypatch: Any) -> None:
    from tfexplain.explainers.features import feature_maps

    monkeypatch.setattr(feature_maps, "MOST_HELD", 6 * 6 * CHANNELS - 1)
    found = shares_of(pooled(), GradCAM("conv"), maps=FeatureMaps("conv", max_channels=3))
    assert found.channels.tolist() == [0, 12, 23]
    assert found.shares.shape == (5, CHANNELS)


@pytest.mark.parametrize(
    ("scale", "expected"), [(1.0, [0.75, -0.25]), (1e-36, [0.75, -0.25]), (0.0, [0.0, 0.0])]
)
def test_tiny_evidence_keeps_its_relations_and_none_has_no_shares(
    scale: float, expected: list[float]
) -> None:
    values = tf.constant([[[[3.0, 1.0]]]])
    slopes = tf.constant([[[[scale, -scale]]]], tf.float32)
    found = channel_shares.evidence_shares(values, slopes).numpy()
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_infinite_evidence_is_not_a_number() -> None:
    values = tf.constant([[[[np.inf, 1.0]]]])
    found = channel_shares.evidence_shares(values, tf.ones((1, 1, 1, 2))).numpy()
    assert np.isnan(found[0, 0])
    np.testing.assert_array_equal(channel_shares.mean_shares(found[:, :1]), [0.0])
