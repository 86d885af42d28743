"""Models that take just so many rows at a time are explained as those that take any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support import transformers
from support.gallery import methods
from support.read import read_run
from support.stateful import LIBRARIES

from tfexplain import ActivationMaximization, Compression, Explain, explainers
from tfexplain.explainers import Explainer
from tfexplain.explainers.run import explanations
from tfexplain.runlog.unit_activity import Activity

ROWS, COUNT = 4, 6
CHEAP: dict[str, dict[str, Any]] = {
    "ExpectedGradients": {"draws": 3},
    "FeatureMaps": {"max_channels": 2},
    "IntegratedGradients": {"steps": 9, "tolerance": 1e-9},
    "KernelSHAP": {"coalitions": 128},
    "LIME": {"masks": 20},
    "Occlusion": {"window": 8},
    "RISE": {"masks": 10},
    "ScoreCAM": {"max_channels": 2},
    "Smooth": {"explainer": explainers.Saliency(), "copies": 3},
    "SmoothGrad": {"copies": 3},
    "VarGrad": {"copies": 3},
}
# One explains no samples, the other takes tables only.
APART = {"ActivationMaximization", "PermutationImportance"}


class Takes(keras.layers.Layer):  # type: ignore[misc]
    """Hands on batches of so many rows, and fails on others."""

    def __init__(self, rows: int | None) -> None:
        super().__init__()
        self.rows = rows

    def call(self, inputs: Any) -> Any:
        assert self.rows in (None, inputs.shape[0]), inputs.shape
        return inputs


@pytest.fixture(scope="module")
def models() -> tuple[Any, Any, Any]:
    """A transformer with a class token that takes four rows, the same that takes any, inputs."""
    kind = transformers.class_token(keras)
    found = []
    for rows in (ROWS, None):
        inputs = keras.Input(batch_shape=(rows, *kind.inputs.shape[1:]))
        found.append(keras.Model(inputs, kind.model(Takes(rows)(inputs))))
    x = np.random.default_rng(0).normal(size=(COUNT, *kind.inputs.shape[1:]))
    return *found, x.astype("float32")


def every_explainer() -> list[Explainer]:
    names = sorted(methods() - APART)
    return [getattr(explainers, name)(**CHEAP.get(name, {})) for name in names]


@pytest.mark.slow
def test_every_explainer_finds_the_same(models: tuple[Any, Any, Any]) -> None:
    fixed, free, x = models
    methods = every_explainer()
    found, expected = (explanations(model, methods, x, 1) for model in (fixed, free))
    for method, one, other in zip(methods, found, expected, strict=True):
        assert np.allclose(one.outputs, other.outputs, atol=1e-5)
        assert one.attributions.keys() == other.attributions.keys()
        for name, attribution in one.attributions.items():
            wanted = other.attributions[name].values
            assert len(attribution.values) == COUNT, method.name
            off = np.abs(attribution.values - wanted).max()
            assert off <= 1e-3 * np.abs(wanted).max(), (method.name, name)


def test_maxima_are_climbed_in_just_so_many_rows(models: tuple[Any, Any, Any]) -> None:
    fixed, free, x = models
    method = ActivationMaximization(channels=[0, 1, 2], steps=2)
    found, expected = (method(model, x) for model in (fixed, free))
    assert found.values.shape == expected.values.shape
    assert np.allclose(found.reached, expected.reached, atol=1e-4)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_stateful_model_is_explained_and_measured_by_default(
    library: str, tmp_path: Path
) -> None:
    lib = LIBRARIES[library]
    lib.utils.set_random_seed(0)
    layers = lib.layers
    model = lib.Sequential(
        [layers.Input(batch_shape=(16, 5, 3)), layers.LSTM(4, stateful=True), layers.Dense(1)]
    )
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(32, 5, 3)).astype("float32")
    ours = [
        Explain(x, log_dir=tmp_path, on_error="raise", verbose=False),
        Compression(
            log_dir=tmp_path, validation_data=x, samples=10, on_error="raise", verbose=False
        ),
    ]
    model.fit(x, x.sum((1, 2)), batch_size=16, epochs=1, verbose=0, callbacks=ours)
    run = read_run(tmp_path)
    assert any(tag.startswith("map/IntegratedGradients") for tag in run.values)
    assert len(run.record("samples").rows) == 8
    assert "kernels" in read_run(tmp_path, "compression").values


def test_rows_that_fill_up_are_not_counted() -> None:
    numbers = []
    for rows in (ROWS, None):
        keras.utils.set_random_seed(1)
        dense = keras.layers.Dense(5, activation="relu", name="dense")
        model = keras.Sequential([keras.Input(batch_shape=(rows, 3)), Takes(rows), dense])
        x = np.random.default_rng(0).normal(size=(COUNT, 3)).astype("float32")
        numbers.append(Activity(model, x, COUNT, 0).measure()["dense"])
    assert numbers[0].sparsity == numbers[1].sparsity > 0
    assert np.array_equal(numbers[0].dead, numbers[1].dead)
