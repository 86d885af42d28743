"""What an input is taken for."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfexplain import Saliency
from tfexplain.model.input_kinds import channel_axis, input_layout, summed_axis
from tfexplain.model.keras_model import KerasModel

layers = keras.layers


@pytest.mark.parametrize(
    ("shape", "body", "expected"),
    [
        ((8, 8, 3), [layers.Conv2D(2, 3), layers.Flatten()], "image"),
        ((8, 8), [layers.Flatten()], "grey"),
        ((8, 8), [layers.Reshape((8, 8, 1)), layers.Conv2D(2, 3), layers.Flatten()], "grey"),
        ((8, 3), [layers.Conv1D(2, 3), layers.Flatten()], "sequence"),
        ((8, 3), [layers.GRU(4)], "sequence"),
        ((4, 8, 8, 1), [layers.Conv3D(2, 3), layers.Flatten()], "volume"),
        ((5,), [], "features"),
    ],
)
def test_layouts(shape: tuple[int, ...], body: list[Any], expected: str) -> None:
    model = keras.Sequential([keras.Input(shape), *body, layers.Dense(2)])
    batch = np.zeros((1, *shape), np.float32)
    assert input_layout(KerasModel(model, batch), batch) == expected


def test_axes_that_maps_are_summed_over() -> None:
    assert summed_axis("image", channels_first=True) == 1
    assert summed_axis("image", channels_first=False) == -1
    assert summed_axis("sequence", channels_first=False) == -1
    assert summed_axis("grey", channels_first=False) is None
    assert summed_axis("features", channels_first=False) is None


def transposing(library: Any, how: str) -> Any:
    """Takes [N, 3, 8, 6], and computes with channels last."""
    layers = library.layers
    body = [layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), layers.Dense(2)]
    if how == "subclassed":

        class Model(library.Model):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.body = library.Sequential(body)

            def call(self, pictures: Any) -> Any:
                return self.body(tf.transpose(pictures / 255.0, [0, 2, 3, 1]))

        return Model()
    given = library.Input((3, 8, 6))
    scaled = layers.Rescaling(1 / 255)(given)
    moved = layers.Permute((2, 3, 1))(scaled)
    return library.Model(given, library.Sequential(body)(moved))


@pytest.mark.parametrize("library", [keras, tf_keras])
@pytest.mark.parametrize("how", ["functional", "subclassed"])
def test_channels_are_where_the_model_has_them(library: Any, how: str) -> None:
    model, pictures = transposing(library, how), np.ones((2, 3, 8, 6), np.float32)
    model(pictures)
    assert channel_axis(KerasModel(model, pictures), pictures) == 1
    found = Saliency()(model, pictures, 1)
    assert (found.values.shape, found.maps.shape) == ((2, 3, 8, 6), (2, 8, 6))


@pytest.mark.parametrize(
    ("shape", "body", "expected"),
    [
        ((8, 6, 3), [layers.Conv2D(2, 3)], -1),
        (
            (3, 8, 6),
            [layers.Permute((3, 1, 2)), layers.Permute((3, 1, 2)), layers.Conv2D(2, 3)],
            1,
        ),
        ((3, 8), [layers.Permute((2, 1)), layers.Conv1D(2, 3)], 1),
        ((8, 3), [layers.Conv1D(2, 3)], -1),
        ((2, 6, 6, 6), [layers.Permute((2, 3, 4, 1)), layers.Conv3D(2, 3)], 1),
        ((8, 6, 3), [layers.Flatten()], -1),
    ],
)
def test_axes_of_channels(shape: tuple[int, ...], body: list[Any], expected: int) -> None:
    model = keras.Sequential([keras.Input(shape), *body, layers.Flatten(), layers.Dense(2)])
    batch = np.zeros((1, *shape), np.float32)
    assert channel_axis(KerasModel(model, batch), batch) == expected
