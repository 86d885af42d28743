"""Large maps in the log: smaller, said to be, and adding up to the same."""

from __future__ import annotations

import io
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from support.read import read_run

from tfexplain import Explain, FeatureMaps, IntegratedGradients, Saliency
from tfexplain.quality.similarity import MEASURES
from tfexplain.runlog.attribution_records import MOST_PIXELS, sheet_png
from tfexplain.runlog.map_pooling import MOST, Cells

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("summed", [True, False])
def test_cells_are_sums_or_means_of_what_they_hold(summed: bool) -> None:
    values = RNG.normal(size=(2, 5, 7)).astype("float32")
    found = Cells(3, 2, summed).pool(values)
    how = np.sum if summed else np.mean
    expected = [
        [[how(values[c, i : i + 3, j : j + 3]) for j in (0, 3, 6)] for i in (0, 3)] for c in (0, 1)
    ]
    assert np.allclose(found, expected, atol=1e-6)
    assert Cells().pool(values) is values


def test_a_log_of_large_pictures_is_small_and_says_why(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    inputs = keras.Input((700, 600, 1))
    conv = layers.Conv2D(2, 3, padding="same", name="conv")
    model = keras.Model(inputs, layers.Dense(1)(layers.GlobalAveragePooling2D()(conv(inputs))))
    model.compile("sgd", "mse")
    x = RNG.normal(size=(2, 700, 600, 1)).astype("float32")
    methods = [IntegratedGradients(steps=1), Saliency(), FeatureMaps(layer=["conv"])]
    ours = Explain(x, explainers=methods, log_dir=tmp_path, on_error="raise", verbose=False)
    model.fit(x, np.zeros(2), epochs=1, verbose=0, callbacks=[ours])
    run = read_run(tmp_path)
    weights = IntegratedGradients(steps=1)(model, x[run.record("samples").rows])
    for tag, side, how in (
        ("map/IntegratedGradients/input", 2, "summed"),
        ("map/Saliency/input", 2, "their mean"),
        ("channels/FeatureMaps/conv", 2, "their mean"),
    ):
        content = run.content(f"{tag}/0")
        assert content.settings["logged"] == f"cells of {side} x {side}, {how}"
        assert run.record(f"{tag}/0").values.shape == content.shape
        assert content.shape[-2:] == (350, 300)
        assert np.prod(content.shape) <= MOST
    for logged, whole in zip(run.maps("IntegratedGradients", "input"), weights.maps, strict=True):
        cells = whole.reshape(350, 2, 300, 2).sum((1, 3))
        assert np.allclose(logged.values, cells, atol=1e-3 * np.abs(cells).max())
    chosen = run.record("samples").settings["IntegratedGradients"]
    assert chosen.endswith("; large maps are logged in cells of 2 x 2, summed")
    files = sum(file.stat().st_size for file in tmp_path.rglob("*tfevents*"))
    # Six records of at most half a MiB, two pictures of the input, three sheets of overlays.
    assert files < 6 * 2 * MOST + 2 * 700 * 600 + 3 * 3 * MOST_PIXELS / 2


def test_drift_is_that_of_the_cells_and_goes_on_in_a_new_process(tmp_path: Path) -> None:
    x = RNG.normal(size=(2, 520, 520, 1)).astype("float32")
    method = IntegratedGradients(steps=1)
    for epoch in (0, 1):
        keras.utils.set_random_seed(epoch)
        inputs = keras.Input((520, 520, 1))
        activation = keras.layers.Conv2D(1, 1, activation="relu")(inputs)
        dense = keras.layers.Dense(1)(keras.layers.Flatten()(activation))
        model = keras.Model(inputs, dense)
        model.compile(keras.optimizers.SGD(0.0), "mse")
        ours = Explain(
            x,
            explainers=method,
            log_dir=tmp_path,
            write_images=False,
            on_error="raise",
            verbose=False,
        )
        model.fit(
            x, np.zeros(2), initial_epoch=epoch, epochs=epoch + 1, verbose=0, callbacks=[ours]
        )
    run = read_run(tmp_path)
    drift = run.record("drift/IntegratedGradients/input", 1)
    assert drift.reference == "epoch 0"
    logged = [run.maps("IntegratedGradients", "input", epoch) for epoch in (0, 1)]
    pairs = zip(*logged, strict=True)
    pearson = [np.corrcoef(a.values.ravel(), b.values.ravel())[0, 1] for a, b in pairs]
    assert np.allclose(drift.values[:, MEASURES.index("pearson")], pearson, atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (37, 53), (300, 500)])
def test_sheets_are_png_files_that_others_read(shape: tuple[int, int]) -> None:
    sheet = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    data, size = sheet_png(sheet)
    with Image.open(io.BytesIO(data)) as picture:
        picture.verify()
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", size)
        np.testing.assert_array_equal(picture, sheet)
    assert np.array_equal(tf.io.decode_png(data), sheet)


def test_sheets_of_overlays_are_bounded() -> None:
    sheet = np.zeros((2000, 4000, 3), np.uint8)
    _, (width, height) = sheet_png(sheet)
    assert (width, height) == (2000, 1000)
    assert width * height <= MOST_PIXELS
    assert sheet_png(sheet[:300, :500])[1] == (500, 300)
