"""Which channels are logged: compared with the shares that the log itself holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from support.attributions import feature_maps
from support.read import Run, read_run

from tfexplain import Explain, FeatureMaps, GradCAM, explain
from tfexplain.explainers import Explainer
from tfexplain.runlog.channel_log import ChannelLog
from tfexplain.wire import schema

layers = keras.layers
X = np.random.default_rng(0).random((24, 8, 8, 1), np.float32)
Y = np.arange(24) % 3


def trained(log_dir: Path, channels: int, explainers: list[Explainer], epochs: int) -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(channels, 3, activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy")
    callback = Explain((X, Y), log_dir=log_dir, explainers=explainers, samples=6, verbose=0)
    model.fit(X, Y, epochs=epochs, batch_size=4, verbose=0, callbacks=[callback])
    return model


def records(run: Run, step: int) -> list[schema.Channels]:
    return run.maps("FeatureMaps", "conv", step)


def test_of_a_large_layer_the_channels_that_mattered_most_so_far_are_logged(
    tmp_path: Path,
) -> None:
    model = trained(tmp_path, 256, [FeatureMaps("conv", max_channels=5), GradCAM()], 3)
    run = read_run(tmp_path)
    most = 8192 // (2 * 6 * 6)
    sums = np.zeros((6, 256))
    for step in range(3):
        for own, record in zip(sums, records(run, step), strict=True):
            own += np.abs(record.shares)
            # float16 may put two that are nearly equal in the other order.
            least = np.sort(own)[-most]
            assert (own[record.channels] >= 0.99 * least).all()
            assert record.values.shape == (most, 6, 6)
            np.testing.assert_allclose(np.abs(record.shares).sum(), 1, rtol=2e-3)
            np.testing.assert_array_equal(np.diff(record.channels) > 0, True)
    rows = run.record("samples").rows
    last: Any = explain(model, X[rows], Y[rows], explainers=[FeatureMaps("conv"), GradCAM()])
    for record, shares in zip(records(run, 2), last["FeatureMaps"].shares, strict=True):
        np.testing.assert_allclose(record.shares, shares, atol=1e-3 * np.abs(shares).max())


def test_of_a_small_layer_all_are_and_without_gradients_those_that_are_spaced(
    tmp_path: Path,
) -> None:
    trained(tmp_path / "a", 24, [FeatureMaps("conv", max_channels=5), GradCAM()], 1)
    trained(tmp_path / "b", 24, [FeatureMaps("conv", max_channels=5)], 1)
    both, alone = (records(read_run(tmp_path / name), 0)[0] for name in "ab")
    assert both.channels.tolist() == list(range(24))
    assert alone.channels.tolist() == [0, 6, 12, 17, 23]
    assert alone.shares is None


def test_a_channel_that_mattered_stays_when_it_matters_no_longer() -> None:
    log, explainer = ChannelLog(), FeatureMaps(max_channels=2)
    values, dead = np.zeros((1, 64, 64, 4)), [False] * 4  # two of them take 16 KiB
    for shares in ([0.7, 0.1, -0.2, 0.0], [0.0, 0.3, 0.7, np.nan]):
        known = np.array([shares], np.float32)
        maps = feature_maps(values, dead, channels=np.arange(4), total_channels=4, shares=known)
        log.add("FeatureMaps", maps)
    kept, sample = log.logged("FeatureMaps", explainer, maps, 0)
    assert sample == 0
    assert kept.channels is not None
    assert kept.channels.tolist() == [0, 2]
    order = log.order("FeatureMaps", kept)
    assert order is not None
    assert order.tolist() == [1, 0]
