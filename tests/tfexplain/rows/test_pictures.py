"""What a model is given of a picture file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from tfexplain.rows.pictures import Screen, picture, screen_of

RED = (255, 0, 0)


def model(*shape: int | None, scaled: bool = False) -> Any:
    layers = keras.layers
    own = [layers.Rescaling(1 / 255)] if scaled else []
    return keras.Sequential([keras.Input(shape), *own, layers.Flatten(), layers.Dense(2)])


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [
        ((8, 6, 3), None, Screen((8, 6), 3, False, (0, 1))),
        ((8, 6, 1), [8, 6], Screen((8, 6), 1, False, (0, 1))),
        ((8, 6), None, Screen((8, 6), 0, False, (0, 1))),
        ((3, 8, 6), None, Screen((8, 6), 3, True, (0, 1))),
    ],
)
def test_the_model_says_what_it_takes(shape: Any, size: Any, expected: Screen) -> None:
    assert screen_of(model(*shape), None, size) == expected


def test_pixels_are_0_to_255_for_a_model_that_scales_them() -> None:
    assert screen_of(model(4, 4, 3, scaled=True), None, None).scale == (0, 255)
    assert screen_of(model(4, 4, 3, scaled=True), (-1, 1), None).scale == (-1, 1)


def test_a_model_of_any_size_needs_one() -> None:
    any_size = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(2, 3)])
    with pytest.raises(ValueError, match="--size=None: expected the height and width"):
        screen_of(any_size, None, None)
    assert screen_of(any_size, None, (5, 7)).size == (5, 7)
    with pytest.raises(ValueError, match="expected 1, 3 or 4 channels; got 5"):
        screen_of(model(6, 6, 5), None, None)
    with pytest.raises(ValueError, match="expected an input of pictures"):
        screen_of(model(4), None, None)
    ends = keras.Input((4, 4, 3)), keras.Input((2,))
    several = keras.Model(ends, keras.layers.Dense(1)(ends[1]))
    with pytest.raises(ValueError, match="expected one input; got 2"):
        screen_of(several, None, None)


def test_colours_and_numbers(tmp_path: Path) -> None:
    path = str(tmp_path / "red.png")
    Image.new("RGB", (4, 2), RED).save(path)
    red = picture(path)
    colour = Screen((2, 4), 3, False, (-1.0, 1.0)).inputs(red)
    assert colour.dtype == np.float32
    assert np.array_equal(colour, np.broadcast_to([1, -1, -1], (2, 4, 3)))
    first = Screen((2, 4), 3, True, (-1.0, 1.0)).inputs(red)
    assert np.array_equal(first, np.moveaxis(colour, -1, 0))
    grey = Screen((2, 4), 1, False, (0.0, 255.0)).inputs(red)
    assert np.array_equal(grey, np.full((2, 4, 1), 76))  # the luma of red
    assert Screen((2, 4), 0, False, (0.0, 1.0)).inputs(red).shape == (2, 4)
    stretched = Screen((6, 3), 3, False, (0.0, 1.0)).inputs(red)
    assert stretched.shape == (6, 3, 3)
    assert Screen((2, 4), 1, False, (0, 1)).shown(red).shape == (128, 256, 1)


def test_pictures_are_turned_upright_and_deep_ones_kept(tmp_path: Path) -> None:
    turned = Image.new("RGB", (4, 2), RED)
    exif = turned.getexif()
    exif[0x0112] = 6  # turned a quarter
    turned.save(tmp_path / "turned.jpg", exif=exif)
    assert picture(str(tmp_path / "turned.jpg")).size == (2, 4)
    deep = np.array([[0, 257 * 100, 65535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert np.asarray(picture(str(tmp_path / "deep.png"))).tolist() == [[0, 100, 255]]
