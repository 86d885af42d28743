"""tfmot's wrappers, trained for real, against what the layers compute and what remains of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.models import digits

from tfexplain.compression import LayerNumbers, LayerWeights, measure, read, total
from tfexplain.model.tfmot_names import unwrapped

# Where tfmot cannot be installed, there is nothing of it to read.
tfmot: Any = pytest.importorskip("tensorflow_model_optimization")

pytestmark = [
    # tfmot still asks TensorFlow for modules by their old names.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def network() -> Any:
    tf_keras.utils.set_random_seed(3)
    layers = tf_keras.layers
    return tf_keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(8, 3, activation="relu", name="conv"),
            layers.Conv2D(16, 3, activation="relu", name="deep"),
            layers.Flatten(),
            layers.Dense(10, name="head"),
        ]
    )


def train(model: Any, epochs: int = 2, callbacks: Any = ()) -> Any:
    images, labels = digits(128)
    loss = tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(tf_keras.optimizers.Adam(0.01), loss)
    model.fit(images, labels, 32, epochs, verbose=0, callbacks=list(callbacks))
    return model


def pruned(schedule: Any, **options: Any) -> Any:
    model = tfmot.sparsity.keras.prune_low_magnitude(
        network(), pruning_schedule=schedule, **options
    )
    return train(model, 3, [tfmot.sparsity.keras.UpdatePruningStep()])


def constant(share: float) -> Any:
    return tfmot.sparsity.keras.ConstantSparsity(share, 0, frequency=1)


def numbers(model: Any) -> dict[str, LayerNumbers]:
    return {layer.path.split("/")[-1]: measure(layer) for layer in read(model)}


def matrix(layer: LayerWeights) -> Any:
    return layer.effective().reshape(layer.shape)


def probe(wrapper: Any, inputs: int) -> Any:
    """[I, O] of a wrapped Dense layer at inference, by sending unit vectors through it."""
    answer = wrapper(np.eye(inputs, dtype="float32"), training=False)
    return np.asarray(answer) - np.asarray(wrapper(np.zeros((1, inputs), "float32")))


def test_paths_are_those_of_the_wrapped_layers() -> None:
    found = read(pruned(constant(0.5)))
    assert [layer.path for layer in found] == [
        "prune_low_magnitude_conv/conv",
        "prune_low_magnitude_deep/deep",
        "prune_low_magnitude_head/head",
    ]
    assert {layer.wrapper for layer in found} == {"PruneLowMagnitude"}


@pytest.mark.parametrize("kind", ["polynomial", "constant"])
def test_pruning_is_read_through_its_mask(kind: str) -> None:
    schedule = constant(0.7)
    if kind == "polynomial":
        schedule = tfmot.sparsity.keras.PolynomialDecay(0.2, 0.7, 0, 10, frequency=1)
    model = pruned(schedule)
    for layer in read(model):
        found = measure(layer)
        assert found.mask_sparsity == pytest.approx(0.7, abs=0.02)
        assert found.sparsity is not None
        assert found.sparsity >= found.mask_sparsity
        assert found.mse is None
    stripped = tfmot.sparsity.keras.strip_pruning(model)
    before, after = numbers(model), numbers(stripped)
    assert list(after) == ["conv", "deep", "head"]
    for name, found in after.items():
        kernel = next(v for v in stripped.get_layer(name).weights if "kernel" in v.name).numpy()
        assert found.sparsity == np.mean(kernel == 0) == before[name].sparsity
        assert found.mask_sparsity is None


def test_leak_is_what_the_optimizer_filled_again() -> None:
    model = pruned(constant(0.5))
    wrapper = model.layers[-1]
    weight, mask, _ = wrapper.pruning_vars[0]
    value, kept = weight.numpy(), mask.numpy()
    places = np.argwhere(kept == 0)[:5]
    for place in places:
        value[tuple(place)] = 0.25
    weight.assign(value)
    found = numbers(model)["head"]
    assert found.leak == pytest.approx(5 / np.count_nonzero(kept == 0))
    assert found.raw_sparsity == np.mean(value == 0)
    assert found.sparsity == np.mean(value * kept == 0)
    assert total(numbers(model).values())[""].leak == pytest.approx(
        5
        / sum(
            np.count_nonzero(w.pruning_vars[0][1] == 0)
            for w in model.layers
            if getattr(w, "pruning_vars", None)
        )
    )


def test_two_of_four_keeps_its_pattern() -> None:
    model = pruned(constant(0.5), sparsity_m_by_n=(2, 4))
    found = numbers(model)
    assert found["deep"].nm_compliance == 1
    assert found["head"].nm_compliance == 1
    assert found["deep"].sparsity == pytest.approx(0.5, abs=0.02)
    loose = numbers(pruned(constant(0.5)))
    assert loose["deep"].nm_compliance is not None
    assert loose["deep"].nm_compliance < 0.9


def quantization_aware() -> Any:
    return train(tfmot.quantization.keras.quantize_model(network()), 1)


def test_quantization_aware_kernels_are_what_their_quantizer_gives() -> None:
    model = quantization_aware()
    kernels = read(model)
    assert [layer.path for layer in kernels] == [
        "quant_conv/conv",
        "quant_deep/deep",
        "quant_head/head",
    ]
    for layer in kernels:
        wrapper = model.get_layer(layer.path.split("/")[0])
        weight, quantizer, ranges = wrapper._weight_vars[0]
        expected = quantizer(weight, False, weights=ranges).numpy()
        np.testing.assert_allclose(matrix(layer), expected, rtol=0, atol=5e-8)
        np.testing.assert_array_equal(layer.reference().reshape(layer.shape), weight.numpy())
        assert (layer.mode, layer.bits_stored, layer.bits_code) == ("qat", 32, 8)
        assert layer.calibrated
        found = measure(layer)
        error = weight.numpy().astype(np.float64) - expected
        assert found.mse == pytest.approx(np.mean(error**2), rel=1e-3)
        assert found.sqnr is not None
        assert 30 < found.sqnr < 60
        codes = layer.codes()
        assert codes.min() >= 1
        assert codes.max() <= 255
        assert found.code_use == len(np.unique(codes)) / 256


def test_quantization_aware_dense_is_what_an_identity_shows() -> None:
    """With the wrapper's own activation quantizers off, which round the answer."""
    model = quantization_aware()
    wrapper = model.get_layer("quant_head")
    wrapper._output_quantizers = []
    wrapper.quantize_config.set_quantize_activations = lambda layer, activations: None
    wrapper.layer.activation = tf_keras.activations.linear
    (layer,) = (one for one in read(model) if one.path.endswith("head"))
    wrapper.layer.bias.assign(tf.zeros(10))
    np.testing.assert_allclose(probe(wrapper, 256), matrix(layer), rtol=0, atol=5e-8)


def test_weights_outside_of_the_range_are_clipped() -> None:
    model = quantization_aware()
    wrapper = model.get_layer("quant_head")
    weight, quantizer, ranges = wrapper._weight_vars[0]
    ranges["min_var"].assign(-0.1)
    ranges["max_var"].assign(0.1)
    found = numbers(model)["head"]
    assert found.clipping == pytest.approx(np.mean(np.abs(weight.numpy()) > 0.1))
    expected = quantizer(weight, False, weights=ranges).numpy()
    assert found.quantized_to_zero == np.mean((expected == 0) & (weight.numpy() != 0))


def test_untouched_ranges_are_said() -> None:
    model = tfmot.quantization.keras.quantize_model(network())
    layers = read(model)
    assert [layer.calibrated for layer in layers] == [False] * 3
    assert all("no batch" in layer.note for layer in layers)


def test_unknown_quantizers_degrade() -> None:
    model = quantization_aware()
    wrapper = model.get_layer("quant_head")
    weight, _, ranges = wrapper._weight_vars[0]
    wrapper._weight_vars[0] = (weight, object(), ranges)
    (layer,) = (one for one in read(model) if one.path.endswith("head"))
    assert (layer.source, layer.dtype, layer.bytes_stored) == (None, "float32", 256 * 10 * 4)
    assert "object" in layer.note


def test_symbolic_kernels_are_never_read() -> None:
    model = quantization_aware()
    inner = model.get_layer("quant_head").layer
    assert not isinstance(inner.kernel, tf.Variable), "tfmot left a variable: nothing to see here"
    (layer,) = (one for one in read(model) if one.path.endswith("head"))
    assert layer.effective().shape == (1, 256, 10)


def clustered(**options: Any) -> Any:
    start = tfmot.clustering.keras.CentroidInitialization.LINEAR
    return tfmot.clustering.keras.cluster_weights(
        train(network()), number_of_clusters=8, cluster_centroids_init=start, **options
    )


def test_clusters_are_what_an_identity_shows_and_what_remains() -> None:
    model = train(clustered(), 1)
    wrapper = model.layers[-1]
    answer = probe(wrapper, 256)  # as in validation, this brings the indices up to date
    (layer,) = (one for one in read(model) if one.path.endswith("head"))
    assert layer.mode == "clustering"
    np.testing.assert_allclose(matrix(layer), answer, rtol=0, atol=1e-6)
    found = measure(layer)
    assert layer.bits_code == 3
    assert found.code_use is not None
    assert found.code_use <= 1
    assert len(np.unique(matrix(layer))) <= 8
    assert found.sizes is not None
    assert found.sizes.dense == 256 * 10 * 3 // 8 + 8 * 4
    model(digits(8)[0])  # the other layers' indices
    kernels = {one.path.split("/")[-1]: matrix(one) for one in read(model)}
    stripped = tfmot.clustering.keras.strip_clustering(model)
    for name, kernel in kernels.items():
        np.testing.assert_array_equal(kernel, stripped.get_layer(name).kernel.numpy())


def test_clusters_per_channel() -> None:
    model = clustered(cluster_per_channel=True)
    model(digits(8)[0])
    kernels = {one.path.split("/")[-1]: matrix(one) for one in read(model)}
    stripped = tfmot.clustering.keras.strip_clustering(model)
    for name, kernel in kernels.items():
        np.testing.assert_array_equal(kernel, stripped.get_layer(name).kernel.numpy())


def test_sparsity_preserving_quantization_keeps_the_zeros() -> None:
    stripped = tfmot.sparsity.keras.strip_pruning(pruned(constant(0.6)))
    quantize = tfmot.quantization.keras
    annotated = quantize.quantize_annotate_model(stripped)
    scheme = tfmot.experimental.combine.Default8BitPrunePreserveQuantizeScheme()
    model = train(quantize.quantize_apply(annotated, scheme), 1)
    for layer in read(model):
        wrapper = model.get_layer(layer.path.split("/")[0])
        weight, quantizer, ranges = wrapper._weight_vars[0]
        expected = quantizer(weight, False, weights=ranges).numpy()
        if layer.source is not None:
            np.testing.assert_allclose(matrix(layer), expected, rtol=0, atol=5e-8)
            assert np.mean(expected == 0) > 0.5


@pytest.mark.parametrize("sparse", [False, True], ids=["cqat", "pcqat"])
def test_cluster_preserving_quantization_is_what_its_layers_give(sparse: bool) -> None:
    """Clusters, and zeros, that quantization-aware training keeps."""
    start = tfmot.clustering.keras.CentroidInitialization.LINEAR
    model = tfmot.sparsity.keras.strip_pruning(pruned(constant(0.5))) if sparse else network()
    options = {"preserve_sparsity": True} if sparse else {}
    # The public name leads to an empty package in this version.
    clusters = import_module(
        "tensorflow_model_optimization.python.core.clustering.keras.experimental.cluster"
    )
    model = clusters.cluster_weights(
        model, number_of_clusters=6, cluster_centroids_init=start, **options
    )
    model = tfmot.clustering.keras.strip_clustering(train(model, 1))
    annotated = tfmot.quantization.keras.quantize_annotate_model(model)
    scheme = tfmot.experimental.combine.Default8BitClusterPreserveQuantizeScheme(sparse)
    model = train(tfmot.quantization.keras.quantize_apply(annotated, scheme), 1)
    layers = read(model)
    assert [layer.path.split("/")[-1] for layer in layers] == ["conv", "deep", "head"]
    for layer in layers:
        wrapper = model.get_layer(layer.path.split("/")[0])
        weight, quantizer, kept = wrapper._weight_vars[0]
        assert "ClusterPreserve" in type(quantizer).__name__
        expected = quantizer(weight, False, weights=kept).numpy()
        np.testing.assert_allclose(matrix(layer), expected, rtol=0, atol=5e-8)
        assert (layer.mode, layer.role, layer.bits_code, layer.note) == ("qat", "kernel", 8, "")
        found = measure(layer)
        assert found.sparsity == np.mean(expected == 0)
        assert found.leak == (0 if sparse else None)
        assert (found.sparsity > 0.4) == sparse
        assert layer.bytes_stored > 3 * weight.numpy().nbytes
    (head,) = (layer for layer in layers if layer.path.endswith("head"))
    assert len(np.unique(matrix(head))) <= 6


def test_a_pruned_cell_and_attention_have_the_names_of_their_own_layers() -> None:
    layers = tf_keras.layers
    inputs = layers.Input((5, 4))
    values = layers.MultiHeadAttention(2, 3, name="mha")(inputs, inputs)
    plain = tf_keras.Model(inputs, layers.Dense(2, name="out")(layers.LSTM(6, name="lstm")(values)))
    model = tfmot.sparsity.keras.prune_low_magnitude(plain, constant(0.5))
    found = {unwrapped(one.name): one for one in read(model)}
    assert list(found) == [one.name for one in read(plain)]
    assert {one.layout for one in found.values()} == {one.layout for one in read(plain)}
    assert found["lstm/lstm_cell.kernel"].wrapper == "PruneLowMagnitude"
    assert measure(found["lstm/lstm_cell.kernel"]).mask_sparsity == 0
