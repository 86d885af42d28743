"""Methods that hide parts of the inputs, inside of a training."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from support.models import digits, same_bits, small_cnn
from support.read import read_run

from tfexplain import (
    LIME,
    RISE,
    Explain,
    FeatureAblation,
    KernelSHAP,
    Occlusion,
    PermutationImportance,
    ScoreCAM,
)


def test_training_is_the_same_and_maps_are_logged(tmp_path: Path) -> None:
    x, y = digits(48)
    methods = [
        FeatureAblation(groups=(2, 2)),
        KernelSHAP(groups=(2, 2)),
        LIME(masks=8, segments=(2, 2)),
        Occlusion(window=4),
        RISE(masks=8),
        ScoreCAM(),
    ]
    plain, watched = small_cnn(), small_cnn()
    explain = Explain(
        (x[:3], y[:3]), explainers=methods, log_dir=tmp_path, on_error="raise", verbose=False
    )
    for model, callbacks in ((plain, []), (watched, [explain])):
        keras.utils.set_random_seed(5)
        model.fit(x, y, epochs=2, batch_size=16, verbose=0, callbacks=callbacks)
    assert same_bits(plain.get_weights(), watched.get_weights())
    run = read_run(tmp_path)
    for method in methods:
        layer = "conv" if isinstance(method, ScoreCAM) else "input"
        found = method(watched, x[:3], y[:3])
        for record, values in zip(run.maps(method.name, layer), found.values, strict=True):
            assert np.allclose(record.values, values, atol=1e-2 * np.abs(values).max())


def test_a_table(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    y = (x[:, 1] > 0).astype(int)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
    model.compile(keras.optimizers.Adam(0.1), "sparse_categorical_crossentropy")
    methods = [PermutationImportance(), KernelSHAP(background=x[:4])]
    explain = Explain(
        (x, y), explainers=methods, log_dir=tmp_path, on_error="raise", verbose=False, every=10
    )
    model.fit(x, y, epochs=30, verbose=0, callbacks=[explain])
    run = read_run(tmp_path)
    for method in methods:
        records = run.maps(method.name, "input")
        assert np.abs([record.values for record in records]).mean(axis=0).argmax() == 1
