"""Keras 3's quantized kernels against what the layers compute with an identity as input."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras.quantizers import AWQConfig, GPTQConfig, Int4QuantizationConfig, Int8QuantizationConfig

from tfexplain.compression import LayerWeights, measure, read

pytestmark = [
    # Keras says so of every layer that it passes over.
    pytest.mark.filterwarnings(
        "ignore:Layer \\w+ does not have a `quantize` method implemented:UserWarning"
    ),
    # Keras' own variables, when Keras itself makes arrays of them.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't:DeprecationWarning"),
]

CLOSE = 5e-8
# Where Keras quantizes the inputs as well, it adds an epsilon of 1e-7 to their scale.
WITH_INPUTS = 3e-7
EQUATIONS = {
    "ab,bc->ac": (11,),
    "abc,cde->abde": (3, 11),
    "abcd,cde->abe": (3, 4, 5),
    "ab,cb->ac": (11,),
    "ab,cbd->acd": (11,),
}
OUTPUTS = {
    "ab,bc->ac": (7,),
    "abc,cde->abde": (None, 2, 9),
    "abcd,cde->abe": (None, 7),
    "ab,cb->ac": (7,),
    "ab,cbd->acd": (3, 5),
}


def built(layer: Any, shape: tuple[int, ...]) -> Any:
    """A model of one layer, so that it has a path."""
    keras.utils.set_random_seed(5)
    return keras.Sequential([keras.Input(shape), layer])


def dense(units: int = 7, inputs: int = 300) -> Any:
    return built(keras.layers.Dense(units, use_bias=False, name="layer"), (inputs,))


def einsum(equation: str) -> Any:
    layer = keras.layers.EinsumDense(equation, OUTPUTS[equation], name="layer")
    return built(layer, EQUATIONS[equation])


def probe(model: Any) -> Any:
    """[I, O] of a Dense or EinsumDense layer, by sending unit vectors through it."""
    layer = model.layers[-1]
    shape = model.input_shape[1:]
    equation = getattr(layer, "equation", "ab,bc->ac")
    source, kernel, output = equation.replace("->", ",").split(",")
    summed = [axis for axis, name in enumerate(source[1:]) if name not in output]
    sides = [shape[axis] for axis in summed]
    units = np.eye(int(np.prod(sides)), dtype=np.float32)
    inputs = np.zeros((len(units), *shape), np.float32)
    first = tuple(slice(None) if axis in summed else 0 for axis in range(len(shape)))
    inputs[(slice(None), *first)] = units.reshape(len(units), *sides)
    outputs = np.asarray(layer(inputs))
    kept = [axis for axis, name in enumerate(output) if name in kernel or axis == 0]
    return outputs[tuple(slice(None) if axis in kept else 0 for axis in range(outputs.ndim))]


def only(model: Any) -> LayerWeights:
    (layer,) = read(model)
    return layer


def check(model: Any) -> LayerWeights:
    found = only(model)
    answer = probe(model)
    slack = WITH_INPUTS if found.mode == "int8" and found.bits_compute == 8 else 0
    np.testing.assert_allclose(
        found.effective()[0], answer.reshape(len(answer), -1), rtol=slack, atol=CLOSE
    )
    return found


def modes() -> dict[str, dict[str, Any]]:
    return {
        "int8": {"mode": "int8"},
        "int8 weights only": {
            "mode": "int8",
            "config": Int8QuantizationConfig(activation_quantizer=None),
        },
        "int4 per channel": {
            "mode": "int4",
            "config": Int4QuantizationConfig(block_size=-1),
        },
        "int4 blocks": {"mode": "int4"},
        "int4 small blocks": {"mode": "int4", "config": Int4QuantizationConfig(block_size=4)},
        "float8": {"mode": "float8"},
    }


@pytest.mark.parametrize("mode", modes())
@pytest.mark.parametrize("units", [1, 8])
def test_dense_is_what_an_identity_shows(mode: str, units: int) -> None:
    model = dense(units)
    model.quantize(**modes()[mode])
    found = check(model)
    assert found.mode == modes()[mode]["mode"]
    assert found.shape == (300, units)


@pytest.mark.parametrize("mode", modes())
@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum_dense_is_what_an_identity_shows(equation: str, mode: str) -> None:
    model = einsum(equation)
    assert model.layers[-1].kernel.shape == only(model).shape
    check(model)
    model.quantize(**modes()[mode])
    check(model)


@pytest.mark.parametrize("mode", [m for m in modes() if "float8" not in m])
def test_an_embedding_is_what_looking_up_every_row_shows(mode: str) -> None:
    model = built(keras.layers.Embedding(13, 9, name="layer"), (1,))
    if "weights only" not in mode:
        model.quantize(**modes()[mode])
    answer = np.asarray(model(np.arange(13)[:, None]))[:, 0]
    np.testing.assert_allclose(only(model).effective()[0], answer, rtol=0, atol=CLOSE)
    assert only(model).positions == 0


@pytest.mark.parametrize("mode", ["int8", "int4 per channel"])
def test_both_kernels_of_a_reversible_embedding(mode: str) -> None:
    layer = keras.layers.ReversibleEmbedding(13, 9, tie_weights=False, name="layer")
    model = built(layer, (1,))
    model.quantize(**modes()[mode])
    forward, back = read(model)
    answer = np.asarray(layer(np.arange(13)))
    np.testing.assert_allclose(forward.effective()[0], answer, rtol=0, atol=CLOSE)
    reverse = np.asarray(layer(np.eye(9, dtype="float32"), reverse=True))
    np.testing.assert_allclose(back.effective()[0], reverse, rtol=0, atol=CLOSE)
    assert back.name == "layer.reverse_embeddings"


@pytest.mark.parametrize("mode", ["", "int8", "int4 per channel", "int4 blocks"])
def test_lora_is_added_to_the_dequantized_kernel(mode: str) -> None:
    model = dense(6, 40)
    if mode:
        model.quantize(**modes()[mode])
    layer = model.layers[-1]
    layer.enable_lora(3)
    layer.lora_kernel_b.assign(np.random.default_rng(0).normal(0, 0.1, (3, 6)))
    found = only(model)
    # int8 rounds its inputs for the update as well, which an identity survives.
    answer = probe(model)
    if mode == "int8":
        update = np.asarray(layer.lora_kernel_a) @ np.asarray(layer.lora_kernel_b)
        answer = np.asarray(layer._kernel) / np.asarray(layer.kernel_scale) + update
    np.testing.assert_allclose(found.effective()[0], answer, rtol=0, atol=1e-6)
    assert found.trainable


def test_lora_on_a_kernel_of_several_heads() -> None:
    model = einsum("abc,cde->abde")
    layer = model.layers[-1]
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.random.default_rng(0).normal(0, 0.1, (2, 9)))
    np.testing.assert_allclose(
        only(model).effective()[0].reshape(11, 2, 9), probe(model), rtol=0, atol=1e-6
    )


def calibrated(model: Any, mode: str, **settings: Any) -> Any:
    """A layer calibrated on random inputs, as Keras' own loop over blocks does it."""
    from keras.src.quantizers.awq import AWQ
    from keras.src.quantizers.gptq import GPTQ

    layer = model.layers[-1]
    inputs = np.random.default_rng(0).normal(0, 1, (64, layer.kernel.shape[0])).astype("float32")
    # Neither config needs a tokenizer or data when the layer is calibrated by hand.
    config = (GPTQConfig if mode == "gptq" else AWQConfig)(dataset=None, tokenizer=None, **settings)
    layer.quantize(mode, config=config)
    assert only(model).calibrated is False
    if mode == "gptq":
        method = GPTQ(layer, config)
        method.update_hessian_with_batch(inputs)
        method.quantize_and_correct_layer()
    else:
        method = AWQ(layer, config)
        method.update_activation_magnitudes(inputs)
        method.quantize_layer()
    return model


@pytest.mark.parametrize(
    ("mode", "settings"),
    [
        ("gptq", {"weight_bits": 4, "group_size": 16}),
        ("gptq", {"weight_bits": 4, "group_size": -1}),
        ("gptq", {"weight_bits": 8, "group_size": 16}),
        ("gptq", {"weight_bits": 4, "group_size": 16, "activation_order": True}),
        ("awq", {"group_size": 16}),
        ("awq", {"group_size": -1}),
    ],
)
@pytest.mark.parametrize("units", [7, 8])
def test_calibrated_kernels(mode: str, settings: dict[str, Any], units: int) -> None:
    model = calibrated(dense(units, 48), mode, **settings)
    found = check(model)
    assert found.calibrated is True
    assert found.bits_code == settings.get("weight_bits", 4)
    assert found.bits_compute == 32


@pytest.mark.parametrize("mode", ["gptq", "awq"])
def test_never_calibrated_means_float_and_says_so(mode: str) -> None:
    model = dense(8, 48)
    config = (GPTQConfig if mode == "gptq" else AWQConfig)(dataset=None, tokenizer=None)
    before = np.asarray(model.layers[-1].kernel)
    model.layers[-1].quantize(mode, config=config)
    found = check(model)
    assert (found.mode, found.calibrated, found.bits_compute) == (mode, False, 32)
    assert "never calibrated" in found.note
    np.testing.assert_array_equal(found.effective()[0], before)


def test_packed_int4_is_counted_by_weight_and_not_by_byte_or_code() -> None:
    """The facts' trap: a kernel pruned to 80% reads 40% by code and 24% by byte."""
    model = dense(64, 256)
    kernel = np.random.default_rng(1).normal(0, 0.1, (256, 64)).astype("float32")
    flat = kernel.reshape(-1)
    flat[np.argsort(np.abs(flat))[: round(0.8 * flat.size)]] = 0
    model.layers[-1].kernel.assign(kernel)
    model.quantize("int4")
    found = only(model)
    numbers = measure(found)
    zeros = np.count_nonzero(probe(model) == 0)
    assert numbers.nonzeros == found.size - zeros
    assert 0.7999 <= numbers.sparsity <= 0.85
    assert found.bits_stored == 4
    assert found.bytes_stored == 256 * 32 + found.overhead_bytes
    assert numbers.sizes is not None
    assert numbers.sizes.dense == found.bytes_stored


def test_errors_against_the_model_before() -> None:
    model = dense(16, 256)
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    kernel = np.asarray(model.layers[-1].kernel, np.float64)
    for mode, least, most in (("int8", 40, 60), ("int4", 15, 30)):
        compressed = keras.models.clone_model(twin)
        compressed.set_weights(twin.get_weights())
        compressed.quantize(mode)
        (found,) = read(compressed, reference=twin)
        error = kernel - probe(compressed)
        numbers = measure(found)
        assert numbers.mse == pytest.approx(np.mean(error**2), rel=1e-4)
        expected = 10 * np.log10(np.sum(kernel**2) / np.sum(error**2))
        assert numbers.sqnr == pytest.approx(expected, abs=1e-3)
        assert least < expected < most
        zeros = np.mean((probe(compressed) == 0) & (kernel != 0))
        assert numbers.quantized_to_zero == pytest.approx(zeros)
        low, high = (
            ((code - found.zero_points()) * found.scales() for code in (-8, 7))
            if (mode == "int4")
            else (-np.abs(kernel).max(0), np.abs(kernel).max(0))
        )
        outside = (kernel < np.repeat(low, 128, 0) - 1e-6) if mode == "int4" else kernel < low
        outside |= (kernel > np.repeat(high, 128, 0) + 1e-6) if mode == "int4" else kernel > high
        assert numbers.clipping == pytest.approx(np.mean(outside), abs=1e-3)


def test_float8_knows_its_reference_and_clips_beyond_448_scales() -> None:
    model = dense(6, 40)
    model.quantize("float8")
    layer = model.layers[-1]
    layer.kernel_scale.assign(0.1 / 448)
    kernel = np.asarray(layer._kernel)
    numbers = measure(check(model))
    # In memory everything that the mode adds; exported a byte a weight and the kernel's scale.
    assert numbers.layer.bytes_stored == sum(v.value.numpy().nbytes for v in layer.variables)
    assert numbers.sizes is not None
    assert numbers.sizes.dense == 40 * 6 + 4
    assert numbers.clipping == pytest.approx(np.mean(np.abs(kernel) > 0.1))
    assert numbers.clipping > 0


def test_int4_per_channel_never_uses_its_sixteenth_code() -> None:
    model = dense(64, 512)
    model.quantize(**modes()["int4 per channel"])
    numbers = measure(only(model))
    assert numbers.code_use == 15 / 16
    codes, counts = np.unique(only(model).codes(), return_counts=True)
    assert codes.tolist() == list(range(-7, 8))
    shares = counts / counts.sum()
    assert numbers.code_entropy == pytest.approx(-(shares * np.log2(shares)).sum())


def test_a_mode_of_tomorrow_degrades_to_dtype_and_bytes() -> None:
    model = dense(8, 48)
    model.quantize("int8")
    layer = model.layers[-1]
    policy = layer.dtype_policy
    policy._quantization_mode = "ternary"
    assert layer.quantization_mode == "ternary"
    found = only(model)
    assert (found.mode, found.dtype, found.source) == ("ternary", "int8", None)
    assert found.bytes_stored == 48 * 8 + 8 * 4
    assert "ternary" in found.note
    numbers = measure(found)
    assert numbers.sparsity is None
    assert numbers.scalars()["weights"] == 48 * 8
    with pytest.raises(ValueError, match="'ternary' is not known"):
        found.effective()


def test_sublayers_of_attention_are_read() -> None:
    inputs = keras.Input((5, 16))
    outputs = keras.layers.MultiHeadAttention(2, 8, name="mha")(inputs, inputs)
    model = keras.Model(inputs, outputs)
    model.quantize("int8")
    names = [layer.name for layer in read(model)]
    assert names == ["mha/query", "mha/key", "mha/value", "mha/attention_output"]
    assert {layer.mode for layer in read(model)} == {"int8"}


def test_all_zero_channels_show_in_the_scales() -> None:
    model = dense(8, 48)
    kernel = np.array(model.layers[-1].kernel)
    kernel[:, 3] = 0
    model.layers[-1].kernel.assign(kernel)
    model.quantize("int8")
    numbers = measure(only(model))
    assert numbers.scales is not None
    assert numbers.scales.spread > 1e4
    assert numbers.structure is not None
    assert np.flatnonzero(numbers.structure.filters).tolist() == [3]
