"""What settings make of kernels, against Keras' own modes and loops over channels."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tfexplain import compression
from tfexplain.compression import LayerWeights
from tfexplain.errors import SettingError
from tfexplain.layer_sensitivity.settings import DEFAULT, setting, settings_of

# Keras' own, where it quantizes.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't:DeprecationWarning"
)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    layers = keras.layers
    inputs = keras.Input((8, 8, 4))
    hidden = layers.Conv2D(8, 3, name="conv")(inputs)
    hidden = layers.DepthwiseConv2D(3, name="depthwise")(hidden)
    hidden = layers.Conv2DTranspose(4, 2, name="transposed")(hidden)
    hidden = layers.Reshape((25, 4))(hidden)
    hidden = layers.EinsumDense("abc,dc->abd", (None, 6), name="turned")(hidden)
    hidden = layers.GlobalAveragePooling1D()(hidden)
    return keras.Model(inputs, layers.Dense(3, name="dense")(hidden))


@pytest.fixture(scope="module")
def kernels(model: keras.Model) -> dict[str, LayerWeights]:
    return {layer.path: layer for layer in compression.read(model)}


def value(model: keras.Model, name: str) -> np.ndarray:
    return model.get_layer(name).weights[0].numpy()


@pytest.mark.parametrize("name", ["conv", "depthwise", "transposed", "turned", "dense"])
def test_cubes_are_turned_back(model: keras.Model, kernels: dict, name: str) -> None:
    kernel, layout = value(model, name), kernels[name].layout
    assert np.array_equal(layout.from_cube(layout.to_cube(kernel), kernel.shape), kernel)


@pytest.mark.parametrize(
    ("name", "axes"),
    # Which axes of the kernel are outputs.
    [
        ("conv", (3,)),
        ("depthwise", (2, 3)),
        ("transposed", (2,)),
        ("turned", (0,)),
        ("dense", (1,)),
    ],
)
def test_a_channel_is_an_output_of_the_layer(
    model: keras.Model, kernels: dict, name: str, axes: tuple[int, ...]
) -> None:
    kernel = value(model, name)
    changed = setting("3bit").applied(kernel, kernels[name])
    others = tuple(axis for axis in range(kernel.ndim) if axis not in axes)
    scale = np.abs(kernel).max(axis=others, keepdims=True) / 3
    np.testing.assert_allclose(changed, np.round(kernel / scale) * scale, atol=1e-5)
    assert changed.dtype == kernel.dtype


def test_filters_go_whole(model: keras.Model, kernels: dict) -> None:
    changed = setting("filters-50%").applied(value(model, "conv"), kernels["conv"])
    assert sorted(np.abs(changed).max(axis=(0, 1, 2)) > 0) == [False] * 4 + [True] * 4


def test_embeddings_have_a_scale_for_each_row() -> None:
    model = keras.Sequential([keras.Input((4,), dtype="int32"), keras.layers.Embedding(5, 6)])
    (layer,) = compression.read(model)
    table = model.layers[0].embeddings.numpy()
    changed = setting("8bit").applied(table, layer)
    model.layers[0].quantize("int8")
    (stored,) = compression.read(model)
    np.testing.assert_allclose(changed, stored.effective()[0], atol=1e-6)
    assert setting("8bit").runtimes(layer) == ("keras",)
    assert "no filters" in setting("filters-25%").unfit(layer)


def test_only_what_a_runtime_stores_is_not_simulated(kernels: dict) -> None:
    stored = {s.name: s.runtimes(kernels["dense"]) for s in settings_of(None)}
    filters = dict.fromkeys(("filters-25%", "filters-50%"), ("keras", "tflite"))
    assert {name: runtimes for name, runtimes in stored.items() if runtimes} == {
        "8bit": ("keras", "tflite"),
        "4bit": ("keras",),
        **filters,
    }
    assert setting("8bit").runtimes(kernels["conv"]) == ("tflite",)


def test_bits_count_scales_zeros_and_filters(model: keras.Model, kernels: dict) -> None:
    kernel, layer = value(model, "conv"), kernels["conv"]

    def bits(name: str) -> int:
        chosen = setting(name)
        return chosen.bits_of(layer, chosen.applied(kernel, layer))

    assert bits("4bit") == 4 * 288 + 8 * 32
    assert bits("4bit-tensor") == 4 * 288 + 32
    assert bits("50%") == 32 * 144
    assert bits("filters-25%") == 32 * 216


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("1bit", "2 to 16 bits"),
        ("17bit", "2 to 16 bits"),
        ("100%", "below 1"),
        ("filters-150%", "below 1"),
        ("4:2", "expected '8bit'"),
        ("half", "expected '8bit'"),
        (8, "expected '8bit'"),
    ],
)
def test_unknown_settings_say_what_there_is(name: object, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        settings_of([name])  # type: ignore[list-item]


def test_a_setting_that_a_layer_cannot_have(model: keras.Model, kernels: dict) -> None:
    with pytest.raises(SettingError, match="'2:4': layer 'depthwise': its inputs are not summed"):
        setting("2:4").applied(value(model, "depthwise"), kernels["depthwise"])
    with pytest.raises(SettingError, match="settings: expected at least one"):
        settings_of([])
    assert [one.name for one in settings_of(None)] == list(DEFAULT)
