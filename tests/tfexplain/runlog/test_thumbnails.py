"""Thumbnails of rows: each is its own row's, and all together are small."""

from __future__ import annotations

import io
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfexplain.model.keras_model import KerasModel
from tfexplain.runlog import thumbnails as made
from tfexplain.runlog.naming import Naming
from tfexplain.runlog.thumbnails import MOST_ROWS, SIDE, thumbnails
from tfexplain.wire import schema


def of(inputs: Any, *layers: Any, **names: Any) -> schema.Thumbnails:
    """Read back, as a log gives it."""
    array = tf.constant(inputs)
    model = keras.Sequential([keras.Input(array.shape[1:], dtype=array.dtype), *layers])
    hashes = np.arange(len(inputs), dtype=np.uint64)
    record = thumbnails(KerasModel(model, array), array, hashes, Naming(**names))
    return schema.Thumbnails.decode(record.encode())


def tiles(record: schema.Thumbnails) -> np.ndarray[Any, Any]:
    """Its pictures, uint8 [M, h, w, 3]."""
    sheet = np.asarray(Image.open(io.BytesIO(record.sheet.tobytes())).convert("RGB"))
    h, w, count = record.height, record.width, len(record.hashes)
    places = [divmod(i, record.columns) for i in range(count)]
    return np.stack([sheet[i * h : (i + 1) * h, j * w : (j + 1) * w] for i, j in places])


def flat() -> list[Any]:
    return [keras.layers.Flatten(), keras.layers.Dense(2)]


def test_pictures_are_means_of_the_pixels_that_they_stand_for() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (70, 128, 64, 1)).astype(np.float32)
    found = of(images, *flat())
    assert (found.columns, found.height, found.width) == (9, SIDE, SIDE // 2)
    expected = images.reshape(70, SIDE, 4, SIDE // 2, 4, 1).mean(axis=(2, 4))
    np.testing.assert_allclose(tiles(found)[..., :1], expected, atol=1)
    np.testing.assert_array_equal(found.hashes, np.arange(70))


def test_a_small_picture_keeps_its_pixels_and_a_volume_shows_its_middle() -> None:
    volumes = np.zeros((3, 5, 4, 6, 1), np.float32)
    volumes[:, 2] = np.arange(3)[:, None, None, None] / 2
    found = of(volumes, *flat())
    assert (found.height, found.width) == (4, 6)
    np.testing.assert_array_equal(tiles(found)[:, 1, 1, 0], [0, 128, 255])


def test_colours_and_then_sides_are_given_up_where_pictures_would_be_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    noise = rng.uniform(size=(100, 40, 40, 3)).astype(np.float32)
    whole = 255 * noise
    for most, side in ((1100, SIDE), (1024, 24), (500, 16)):
        monkeypatch.setattr(made, "_ROW_BYTES", most)
        found = of(noise, *flat())
        assert len(found.sheet) <= 100 * most
        assert found.height == side
        # Each is still its own row's.
        means = tiles(found).mean(axis=(1, 2))
        assert np.abs(means - whole.mean(axis=(1, 2))).max() < 6


def test_tables_sequences_and_words_are_texts() -> None:
    table = np.array([[63, 0.25], [40, 1234.5]], np.float32)
    assert of(table, keras.layers.Dense(2), feature_names=["age", "dose"]).texts == [
        "age 63, dose 0.25",
        "age 40, dose 1.23e+03",
    ]
    assert of(table, keras.layers.Dense(2)).texts[0] == "63, 0.25"
    series = np.stack([table, table + 1])
    assert of(series, keras.layers.LSTM(2)).texts == ["63 40", "64 41"]
    ids = np.array([[2, 1, 0], [1, 1, 2]])
    words = {"vocabulary": ["", "good", "so"]}
    layers = keras.layers.Embedding(3, 2, mask_zero=True), keras.layers.GlobalAveragePooling1D()
    assert of(ids, *layers, **words).texts == ["so good", "good good so"]
    long = of(np.ones((2, 500), np.float32), keras.layers.Dense(2)).texts[0]
    assert len(long) == 160
    assert long.endswith("…")


def test_of_very_many_rows_the_first_have_one() -> None:
    assert len(of(np.zeros((MOST_ROWS + 5, 2, 2, 1), np.float32), *flat()).hashes) == MOST_ROWS
