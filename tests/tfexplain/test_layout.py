"""What an input is taken for."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tfexplain.layout import channel_axis
from tfexplain.passes import Passes

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
    assert Passes(model, batch).layout(batch) == expected


def test_axes_that_maps_are_summed_over() -> None:
    assert channel_axis("image", channels_first=True) == 1
    assert channel_axis("image", channels_first=False) == -1
    assert channel_axis("sequence", channels_first=False) == -1
    assert channel_axis("grey", channels_first=False) is None
    assert channel_axis("features", channels_first=False) is None
