"""Explainers against results that can be written down."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from support.twin import Twin, gap_to

from tfexplain import FeatureMaps, GradCAM, IntegratedGradients
from tfexplain.explainers.run import explanations
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.layer_calls import LayerError
from tfexplain.model.outputs import TargetError

layers = keras.layers
RNG = np.random.default_rng(3)


def product() -> Any:
    inputs = keras.Input((2,))
    return keras.Model(inputs, layers.Multiply()([inputs[:, :1], inputs[:, 1:]]))


def linear(weights: Any) -> Any:
    model = keras.Sequential([keras.Input((len(weights),)), layers.Dense(1, use_bias=False)])
    model.set_weights([np.asarray(weights, "float32")[:, None]])
    return model


def cnn(head: int = 4, activation: str | None = "softmax") -> Any:
    keras.utils.set_random_seed(5)
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(head, activation=activation, name="head", bias_initializer="normal"),
        ]
    )


def images(count: int = 5) -> Any:
    return RNG.normal(size=(count, 8, 8, 2)).astype("float32")


def test_integrated_gradients_of_a_product() -> None:
    found = IntegratedGradients()(product(), np.array([[2.0, 3.0]]))
    assert np.allclose(found.values, [[3, 3]], atol=1e-5)
    assert np.allclose(found.scores, [6])
    assert np.allclose(found.completeness_gap, [0], atol=1e-5)


def test_integrated_gradients_of_a_linear_model_is_weight_times_difference() -> None:
    weights, base = [1.5, -2.0, 0.25], np.array([0.5, 1.0, -1.0])
    x = RNG.normal(size=(4, 3))
    found = IntegratedGradients(steps=3, baseline=base)(linear(weights), x)
    assert np.allclose(found.values, np.array(weights) * (x - base), atol=1e-5)


@pytest.mark.parametrize("quadrature", ["gauss_legendre", "midpoint"])
def test_few_midpoints_miss_what_gauss_legendre_hits(quadrature: Any) -> None:
    """x^4 along the path: three Gauss-Legendre nodes are exact to degree 5, midpoints are not."""
    inputs = keras.Input((1,))
    model = keras.Model(inputs, layers.Lambda(lambda x: x**4)(inputs))
    found = IntegratedGradients(steps=3, quadrature=quadrature)(model, np.array([[2.0]]))
    exact = quadrature == "gauss_legendre"
    assert np.isclose(found.values[0, 0], 16, atol=1e-4) == exact
    assert np.isclose(found.completeness_gap[0], found.values[0, 0] - 16, atol=1e-4)


def test_several_baselines_are_averaged() -> None:
    model, x = cnn(), images()
    array = RNG.normal(size=(8, 8, 2)).astype("float32")
    parts = [IntegratedGradients(steps=32, baseline=b)(model, x, 1) for b in (0.5, array)]
    both = IntegratedGradients(steps=32, baseline=[0.5, array])(model, x, 1)
    assert np.allclose(both.values, np.mean([p.values for p in parts], axis=0), atol=1e-6)
    gaps = [p.completeness_gap for p in parts]
    assert np.allclose(both.completeness_gap, np.mean(gaps, axis=0), atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 7, 32, 1000])
def test_chunks_do_not_change_the_result(batch_size: int) -> None:
    model, x = cnn(), images()
    whole = IntegratedGradients(steps=11, batch_size=55)(model, x, 2)
    found = IntegratedGradients(steps=11, batch_size=batch_size)(model, x, 2)
    assert gap_to(whole.values, found.values) < 1e-5


def test_a_chunk_is_as_large_as_it_was_asked_to_be() -> None:
    """The memory bound: no tensor of more than `batch_size` points reaches the model."""
    sizes = []
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    original = model.call
    object.__setattr__(
        model, "call", lambda x, **options: sizes.append(x.shape[0]) or original(x, **options)
    )
    IntegratedGradients(steps=10, batch_size=4)(model, np.ones((6, 3)), 0)
    assert set(sizes) - {None, 1} <= {4, 6, 2}  # 6 is the batch itself, 2 its rest
    assert 4 in sizes


def test_symmetry_and_dummy() -> None:
    """Inputs that play the same part get the same share; one that plays none gets nothing."""
    inputs = keras.Input((3,))
    total = layers.Dense(1, use_bias=False)
    model = keras.Model(inputs, layers.Activation("tanh")(total(inputs)))
    total.set_weights([np.array([[1.0], [1.0], [0.0]], "float32")])
    values = IntegratedGradients(steps=64)(model, np.array([[0.7, 0.7, 5.0]])).values[0]
    assert np.isclose(values[0], values[1], atol=1e-6)
    assert values[2] == 0
    assert np.isclose(values.sum(), np.tanh(1.4), atol=1e-5)


def test_grad_cam_is_cam_divided_by_the_number_of_positions() -> None:
    model, x, targets = cnn(), images(), [0, 1, 2, 3, 0]
    found = GradCAM(layer="conv")(model, x, targets)
    twin = Twin.of(model.get_layer("conv"), model.get_layer("head"))
    assert gap_to(twin.cam(x, np.array(targets)), found.values) < 1e-5
    assert np.allclose(found.scores, twin.logits(x)[np.arange(5), targets], atol=1e-5)
    assert found.unit == "logit"


def test_grad_cam_without_relu_keeps_evidence_against() -> None:
    model, x = cnn(), images()
    kept = GradCAM(layer="conv", relu=False)(model, x, 0)
    assert kept.values.min() < 0
    assert kept.signed
    cut = GradCAM(layer="conv")(model, x, 0)
    assert np.array_equal(cut.values, np.maximum(kept.values, 0))


def test_no_positive_evidence_is_a_map_of_zeros() -> None:
    model, x = cnn(), images()
    head = model.get_layer("head")
    head.set_weights([-np.abs(head.get_weights()[0]), head.get_weights()[1]])
    assert not GradCAM(layer="conv")(model, x, 0).values.any()


def test_probability_is_explained_when_asked_for() -> None:
    model, x = cnn(), images()
    twin = Twin.of(model.get_layer("conv"), model.get_layer("head"))
    logits = twin.logits(x)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = IntegratedGradients(steps=128, score="probability")(model, x, 1)
    assert found.unit == "probability"
    assert np.allclose(found.scores, probabilities[:, 1], atol=1e-5)
    start = np.exp(twin.offsets) / np.exp(twin.offsets).sum()
    sums = found.values.sum(axis=(1, 2, 3))
    assert np.allclose(sums, probabilities[:, 1] - start[1], atol=2e-3)


def test_a_confident_network_is_explained_by_its_logit() -> None:
    """At probability 1.0 the probability has no slope left in float32, the logit has."""
    model, x = cnn(), images()
    head = model.get_layer("head")
    head.set_weights([head.get_weights()[0] * 1e4, head.get_weights()[1]])
    predicted = GradCAM(layer="conv")(model, x).targets
    by_probability = GradCAM(layer="conv", score="probability", relu=False)(model, x, predicted)
    by_logit = GradCAM(layer="conv", relu=False)(model, x, predicted)
    twin = Twin.of(model.get_layer("conv"), head)
    assert gap_to(twin.cam(x, predicted), np.maximum(by_logit.values, 0)) < 1e-5
    assert np.abs(by_probability.values).max() < 1e-6 * np.abs(by_logit.values).max()


def test_a_binary_head_explains_class_zero_by_the_negated_logit() -> None:
    model, x = cnn(1, "sigmoid"), images()
    zero, one = (IntegratedGradients()(model, x, target) for target in (0, 1))
    assert np.allclose(zero.values, -one.values)
    assert np.allclose(zero.scores, -one.scores)
    p = [IntegratedGradients(score="probability")(model, x, t).scores for t in (0, 1)]
    assert np.allclose(p[0] + p[1], 1)


def test_the_predicted_class_is_the_default_target() -> None:
    model, x = cnn(), images()
    found = GradCAM()(model, x)
    assert found.targets.tolist() == model.predict(x, verbose=0).argmax(1).tolist()
    assert np.array_equal(found.values, GradCAM()(model, x, found.targets).values)


def test_one_hot_rows_and_functions_are_targets_too() -> None:
    model, x = cnn(), images()
    indices = np.array([3, 1, 0, 2, 1])
    by_index = GradCAM()(model, x, indices)
    assert np.array_equal(GradCAM()(model, x, np.eye(4)[indices]).values, by_index.values)
    by_function = IntegratedGradients()(model, x, lambda outputs: 2 * outputs[:, 1])
    plain = IntegratedGradients(score="probability")(model, x, 1)
    assert np.allclose(by_function.values, 2 * plain.values, atol=1e-6)


def test_feature_maps_choose_evenly_spaced_channels_and_flag_dead_ones() -> None:
    model, x = cnn(), images()
    conv = model.get_layer("conv")
    kernel, bias = conv.get_weights()
    bias[5] = -100.0
    conv.set_weights([kernel, bias])
    found = FeatureMaps(layer=["conv"], max_channels=3)(model, x)["conv"]
    assert found.channels is not None
    assert found.dead is not None
    assert found.channels.tolist() == [0, 2, 5]
    assert found.dead.tolist() == [False, False, True]
    everything = Twin.of(conv, model.get_layer("head")).activation(x)
    assert gap_to(everything[..., [0, 2, 5]], found.values) < 1e-5
    assert found.total_channels == 6


def test_feature_maps_of_an_output_are_shown_where_it_is_named() -> None:
    conv = layers.Conv2D(3, 3, name="conv")
    model, x = keras.Sequential([keras.Input((8, 8, 2)), conv]), images()
    found = FeatureMaps(layer=["conv"])(model, x)["conv"]
    assert np.allclose(found.values, conv(x), atol=1e-6)
    with pytest.raises(LayerError, match=r"but for its own output .*: conv\. Pass"):
        FeatureMaps()(model, x)


def test_explaining_together_is_explaining_apart() -> None:
    model, x = cnn(), images()
    methods = [FeatureMaps(), GradCAM(), IntegratedGradients(steps=8)]
    together = explanations(model, methods, x, 1)
    assert together[0].attributions["conv"].values.any()
    for method, found in zip(methods, together, strict=True):
        alone = explanations(model, [method], x, 1)[0]
        for layer, attribution in found.attributions.items():
            assert gap_to(alone.attributions[layer].values, attribution.values) < 1e-6


def test_explaining_again_explains_the_weights_as_they_are_now() -> None:
    model, x = cnn(), images()
    before = GradCAM()(model, x, 0).values
    model.set_weights([2 * w for w in model.get_weights()])
    twin = Twin.of(model.get_layer("conv"), model.get_layer("head"))
    now = GradCAM()(model, x, 0).values
    assert gap_to(twin.cam(x, np.zeros(5, int)), now) < 1e-5
    assert not np.allclose(before, now)


def test_a_changed_activation_is_not_explained_by_the_old_one() -> None:
    model, x = cnn(), images()
    GradCAM(relu=False)(model, x, 0)
    conv, head = model.get_layer("conv"), model.get_layer("head")
    conv.activation = keras.activations.linear
    twin = Twin.of(conv, head)
    expected = np.einsum("nhwf,f->nhw", twin.before_relu(x), twin.weights[:, 0]) / 64
    assert gap_to(expected, GradCAM(relu=False)(model, x, 0).values) < 1e-5


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # Keras on NumPy 2
def test_a_quantized_model_is_not_explained_by_its_old_weights() -> None:
    model, x = cnn(), images()
    before = GradCAM(relu=False)(model, x, 0)
    head = model.get_layer("head")
    head.quantize("int8")
    found = GradCAM(relu=False)(model, x, 0)
    effective = np.asarray(head._kernel) / np.asarray(head.kernel_scale)
    twin = Twin.of(model.get_layer("conv"), model.get_layer("conv"))
    cam = np.einsum("nhwf,f->nhw", twin.activation(x), effective[:, 0]) / 64
    assert gap_to(cam, found.values) < 1e-4
    assert gap_to(before.values, found.values) > 1e-4


def test_epochs_never_compile_again() -> None:
    model, x = cnn(), images()
    traced_model = KerasModel(model, x)
    methods = [FeatureMaps(), GradCAM(), IntegratedGradients(steps=8)]
    explanations(model, methods, x, 1, traced_model=traced_model)
    traces = traced_model.traces
    for _ in range(3):
        model.set_weights([0.9 * w for w in model.get_weights()])
        explanations(model, methods, x, 1, traced_model=traced_model)
    assert traced_model.traces == traces == 3


@pytest.mark.parametrize(
    ("method", "error", "message"),
    [
        (GradCAM(layer="conv9"), LayerError, r"layer='conv9': no such layer\. .*: conv\."),
        (
            GradCAM(layer="head"),
            LayerError,
            r"layer='head': expected .*\[N, h, w, C\]; got \[N, 4\]",
        ),
        (FeatureMaps(layer=["head"]), LayerError, r"layer='head': expected .* got \[N, 4\]"),
        (GradCAM(output="nose"), TargetError, r"output='nose': no such output"),
        (
            IntegratedGradients(baseline=np.ones((3, 3))),
            ValueError,
            r"baseline: expected .*\(3, 3\)",
        ),
        (IntegratedGradients(baseline=np.nan), ValueError, r"baseline: expected a finite number"),
        (IntegratedGradients(baseline=[]), ValueError, r"baseline=\[\]: expected at least one"),
    ],
)
def test_settings_that_do_not_fit_the_model(method: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        method(cnn(), images(), 0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: IntegratedGradients(steps=0), "steps=0: expected a whole number of at least 1"),
        (
            lambda: IntegratedGradients(batch_size=0),
            "batch_size=0: expected a whole number of at least 1",
        ),
        (lambda: IntegratedGradients(quadrature="simpson"), "quadrature='simpson'"),
        (lambda: GradCAM(score="odds"), "score='odds': expected 'logit' or 'probability'"),
        (lambda: FeatureMaps(layer=[]), r"layer=\[\]: expected the name of a layer"),
        (
            lambda: FeatureMaps(max_channels=0),
            "max_channels=0: expected a whole number of at least 1",
        ),
    ],
)
def test_settings_that_fit_no_model(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("x", "targets", "message"),
    [
        (np.zeros((0, 8, 8, 2)), 0, "expected at least one sample"),
        (np.zeros((2, 8, 8, 3)), 0, "the model could not be called"),
        (np.zeros((2, 8, 8, 2)), 4, r"expected class indices in 0\.\.3.*got 4 \(sample 0\)"),
        (np.zeros((2, 8, 8, 2)), [0, 1, 2], r"expected 2 of them.*got \(3,\)"),
        (np.zeros((2, 8, 8, 2)), [0.5, 1], "expected whole class indices"),
        (np.zeros((2, 8, 8, 2)), np.eye(3)[:2], "expected one-hot rows of 4 classes; got 3"),
    ],
)
def test_batches_and_targets_that_do_not_fit(x: Any, targets: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GradCAM()(cnn(), x, targets)
