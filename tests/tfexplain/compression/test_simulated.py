"""Weights rounded for a while: against Keras' own modes, and put back to the bit."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tfexplain import TfexplainError, compression, quantized_weights
from tfexplain.compression import WeightsError, fake_quantized

# Of Keras, when it quantizes.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize`:UserWarning"),
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't:DeprecationWarning"),
]


def network() -> Any:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,), dtype="int32")
    x = keras.layers.Embedding(9, 6, name="words")(inputs)
    x = keras.layers.EinsumDense("abc,cde->abde", (4, 2, 5), name="heads")(x)
    x = keras.layers.Reshape((4, 10))(x)
    x = keras.layers.Conv1D(3, 2, name="conv")(x)
    x = keras.layers.Dense(5, activation="relu", name="dense")(keras.layers.Flatten()(x))
    return keras.Model(inputs, keras.layers.Dense(2, name="head")(x))


@pytest.fixture(scope="module")
def model() -> Any:
    return network()


def effective(model: Any) -> dict[str, Any]:
    return {w.name: w.effective() for w in compression.read(model)}


@pytest.mark.parametrize(("mode", "bits"), [("int8", 8), ("int4", 4)])
def test_values_are_those_of_keras_own_modes(model: Any, mode: str, bits: int) -> None:
    """Keras stores them as codes and scales; int4 per channel where it is asked for."""
    quantized = network()
    if bits == 4:
        from keras.quantizers import Int4QuantizationConfig

        quantized.quantize(config=Int4QuantizationConfig(block_size=-1))
    else:
        quantized.quantize(mode)
    stored = {w.name: w for w in compression.read(quantized) if w.mode == mode}
    assert {"words", "heads", "dense", "head"} <= set(stored)
    with quantized_weights(model, bits) as rounded:
        assert {w.name for w in rounded} == {"words", "heads", "conv", "dense", "head"}
        for name, values in effective(model).items():
            if name in stored:
                np.testing.assert_allclose(stored[name].effective(), values, rtol=1e-6, atol=1e-9)


def test_each_channel_or_the_tensor_has_one_scale() -> None:
    kernel = np.array([[[7.0, 0.7]], [[-3.2, 0.32]]], "float32")  # [2, 1, 2]
    each = fake_quantized(kernel, 4, axis=-1)
    np.testing.assert_allclose(each, [[[7, 0.7]], [[-3, 0.3]]], rtol=1e-6)
    np.testing.assert_allclose(fake_quantized(kernel, 4), [[[7, 1]], [[-3, 0]]], rtol=1e-6)
    half = fake_quantized(kernel.astype("float16"), 8)
    assert half.dtype == np.float16
    assert not fake_quantized(np.zeros((2, 2)), 8).any()


@pytest.mark.parametrize(
    ("layer", "shape", "kept"),
    [
        (keras.layers.Conv2DTranspose(3, 2, use_bias=False), (None, 4, 4, 5), (2,)),
        (keras.layers.DepthwiseConv2D(2, depth_multiplier=2), (None, 4, 4, 5), (2, 3)),
        (keras.layers.Conv2D(4, 2, groups=2), (None, 4, 4, 6), (3,)),
    ],
)
def test_channels_lie_on_the_axes_of_the_kind(layer: Any, shape: Any, kept: Any) -> None:
    layer.build(shape)
    model = keras.Sequential([layer])
    kernel = layer.get_weights()[0]
    others = tuple(axis for axis in range(4) if axis not in kept)
    scale = 1 / (np.abs(kernel).max(others, keepdims=True) + 1e-7)
    with quantized_weights(model, 2):
        np.testing.assert_allclose(
            layer.get_weights()[0], np.round(kernel * scale) / scale, rtol=1e-5
        )


@pytest.mark.parametrize("ending", [ValueError, KeyboardInterrupt, None])
def test_weights_are_put_back_to_the_bit(model: Any, ending: Any) -> None:
    before = [w.numpy().tobytes() for w in model.weights]
    x = np.arange(8).reshape(2, 4)
    plain = model.predict(x, verbose=0)
    try:
        with quantized_weights(model, 3, per="tensor"):
            # Functions that Keras compiled before must read the new values.
            assert np.abs(model.predict(x, verbose=0) - plain).max() > 1e-4
            if ending:
                raise ending
    except (ValueError, KeyboardInterrupt):
        assert ending
    assert [w.numpy().tobytes() for w in model.weights] == before


def test_layers_by_name_alone_are_rounded(model: Any) -> None:
    before = effective(model)
    with quantized_weights(model, {"conv": 2, "head": 8}) as rounded:
        assert [w.name for w in rounded] == ["conv", "head"]
        after = effective(model)
    changed = {name for name, values in after.items() if (values != before[name]).any()}
    assert changed == {"conv", "head"}
    assert len(np.unique(np.abs(after["conv"][..., 0]))) <= 2  # -1, 0, 1 of two bits


def test_what_cannot_be_rounded_is_said(model: Any) -> None:
    for bits, message in (
        (1, "bits=1: expected 2 to 16"),
        ({"dens": 4}, "bits='dens': no layer"),
    ):
        with pytest.raises(TfexplainError, match=message), quantized_weights(model, bits):
            pass
    with pytest.raises(TfexplainError, match="per='row'"), quantized_weights(model, 4, "row"):  # type: ignore[arg-type]
        pass
    small = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="only")])
    small.quantize("int8")
    with pytest.raises(WeightsError, match="got int8"), quantized_weights(small, 4):
        pass
    with pytest.raises(WeightsError, match="mode 'int8'"), quantized_weights(small, {"only": 4}):
        pass
