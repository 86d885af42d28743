"""Activations of quantized models beside float ones, against numpy on both models' outputs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from support.tflite import convert

from tfexplain import TfexplainError, quantized_weights
from tfexplain.compression import ActivationErrors, activation_errors
from tfexplain.model.tflite_model import TfliteModel

# Of Keras, when it quantizes.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize`:UserWarning"),
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't:DeprecationWarning"),
]
X = np.random.default_rng(0).normal(size=(19, 8, 8, 1)).astype("float32")  # no multiple of a chunk


def network(library: Any = keras) -> Any:
    library.utils.set_random_seed(0)
    layers = library.layers
    return library.Sequential(
        [
            library.Input((8, 8, 1)) if library is keras else layers.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(6, activation="relu", name="dense"),
            layers.Dense(3, name="head"),
        ]
    )


def by_hand(model: Any, other: Any, library: Any = keras) -> dict[str, tuple[Any, Any]]:
    """Outputs of each layer of both, by the layer's name in the first."""

    def outputs(own: Any) -> Any:
        layers = [layer.output for layer in own.layers]
        return library.Model(own.inputs, layers).predict(X, verbose=0)

    names = [layer.name for layer in model.layers]
    theirs = outputs(other)[-len(names) :]  # without that of what quantizes the input
    return dict(zip(names, zip(outputs(model), theirs, strict=True), strict=True))


def decibels(a: Any, b: Any) -> float:
    a, b = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(divide="ignore"):
        return float(10 * np.log10((a**2).sum() / ((a - b) ** 2).sum()))


def checked(found: ActivationErrors, pairs: dict[str, tuple[Any, Any]]) -> None:
    assert found.rows == len(X)
    for one in found.layers:
        a, b = pairs[one.layer]
        assert one.sqnr == pytest.approx(decibels(a, b), abs=0.05)
        assert one.reference_range == pytest.approx((a.min(), a.max()), rel=1e-4)
        assert one.range == pytest.approx((b.min(), b.max()), rel=1e-3, abs=1e-5)


@pytest.fixture(scope="module")
def model() -> Any:
    return network()


def test_int8_of_keras_loses_what_numpy_says(model: Any) -> None:
    quantized = network()
    quantized.quantize("int8")
    found = activation_errors(quantized, model, X)
    assert [one.layer for one in found.layers] == ["conv", "flat", "dense", "head"]
    assert found.missing == []
    checked(found, by_hand(model, quantized))
    by_layer = {one.layer: one for one in found.layers}
    assert by_layer["conv"].sqnr == np.inf  # int8 of Keras leaves convolutions alone
    assert by_layer["dense"].clipping is None
    assert 30 < by_layer["dense"].kernel_sqnr < 60
    assert found.drops[0] == ("dense", np.inf)


def test_rows_at_once_change_no_number(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    other = network()
    other.quantize("int8")
    some = activation_errors(other, model, X[:3]).layers[-1].sqnr
    monkeypatch.setattr("tfexplain.compression.activation_error._BYTES", 1)
    assert activation_errors(other, model, X[:3]).layers[-1].sqnr == pytest.approx(some, abs=1e-3)


def test_fewer_bits_lose_more(model: Any) -> None:
    other = network()
    for bits in (8, 4):
        with quantized_weights(other, bits):
            checked(activation_errors(other, model, X), by_hand(model, other))


def test_tensors_of_a_file_are_found_by_their_names(model: Any, tmp_path: Path) -> None:
    """A file that was calibrated on rows that are too small clips those that are not."""

    def small(converter: Any) -> None:
        converter.representative_dataset = lambda: ([0.4 * X[n : n + 1]] for n in range(len(X)))

    path = tmp_path / "int8.tflite"
    path.write_bytes(convert(model, "int8", adjust=small))
    found = activation_errors(path, model, X)
    assert [one.layer for one in found.layers] == ["conv", "flat", "dense", "head"]
    floats = by_hand(model, model)
    assert found.layers[-1].limits is None  # what goes out is made floats again
    for one in found.layers[:-1]:
        assert one.limits is not None
        low, high = one.limits
        values = floats[one.layer][0]
        assert one.clipping == pytest.approx(((values < low) | (values > high)).mean(), abs=1e-6)
        assert low <= one.range[0] <= one.range[1] <= high + 1e-6
    assert found.drops[0] == ("conv", np.inf)
    conv, *_, head = found.layers
    assert conv.clipping > 0.01
    assert head.sqnr == pytest.approx(
        decibels(floats["head"][0], TfliteModel(path).predict(X)), abs=0.05
    )
    assert 20 < conv.kernel_sqnr < 60
    assert "clipped" in str(found)


def test_ranges_of_quantization_aware_training_are_read() -> None:
    tfmot = pytest.importorskip("tensorflow_model_optimization")
    model = network(tf_keras)
    quantized = tfmot.quantization.keras.quantize_model(model)
    quantized.compile("sgd", "mse")
    quantized.fit(X, np.zeros((len(X), 3)), epochs=1, verbose=0)
    found = activation_errors(quantized, model, X)
    by_layer = {one.layer: one for one in found.layers}
    head = by_layer["head"]
    expected = decibels(*(m.predict(X, verbose=0) for m in (model, quantized)))
    assert head.sqnr == pytest.approx(expected, abs=0.05)
    ends = {w.name: float(w) for w in quantized.layers[-1].weights if "post_activation_m" in w.name}
    assert head.limits == (min(ends.values()), max(ends.values()))
    assert head.kernel_sqnr > 30

    # Without a reference, its own float weights, which were trained since.
    floats = network(tf_keras)
    floats.set_weights([w.numpy() for w in quantized.trainable_weights])
    weights, predicted = quantized.get_weights(), quantized.predict(X, verbose=0)
    found = activation_errors(quantized, None, X)
    assert [one.layer for one in found.layers][1:] == ["conv", "flat", "dense", "head"]
    rounded, inputs = found.layers[0].range, (X.min(), X.max())
    assert found.layers[0].reference_range == pytest.approx(inputs)
    assert rounded != pytest.approx(inputs, rel=1e-5)  # what `quantize_layer` gives out
    kept = found.layers[1:]
    pairs = by_hand(floats, quantized, tf_keras)
    checked(replace(found, layers=kept), pairs)
    for before, after in zip(weights, quantized.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(predicted, quantized.predict(X, verbose=0))
    quantized.fit(X, np.zeros((len(X), 3)), epochs=1, verbose=0)


def test_only_a_model_that_keeps_its_floats_needs_none(model: Any) -> None:
    with pytest.raises(TfexplainError, match="expected the float model"):
        activation_errors(model, None, X)


def test_another_model_is_refused(model: Any) -> None:
    other = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(name="other")])
    with pytest.raises(TfexplainError, match="no layer of both"):
        activation_errors(other, model, X)
