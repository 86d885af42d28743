"""Metrics of explanations in a comparison: of each model's own maps, in log and tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.models import digits

from tfexplain import InputXGradient, compare, read
from tfexplain.errors import TfexplainError
from tfexplain.trust import Deletion, Gini, ModelRandomisation

X, Y = digits(12)
METRICS = [Gini(), Deletion(), ModelRandomisation()]


def linear(seed: int) -> Any:
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]
    model = keras.Sequential(layers)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_each_model_s_maps_are_measured_logged_and_listed(tmp_path: Path) -> None:
    models = {"one": linear(0), "other": linear(1)}
    before = [weights.copy() for weights in models["other"].get_weights()]
    log = tmp_path / "log"
    found = compare(
        models,
        validation_data=(X, Y),
        log_dir=log,
        explainers=InputXGradient(),
        samples=6,
        quality=METRICS,
    )
    rows = found.rows
    lines = [line.split() for line in found.summary().splitlines()]
    for name, model in models.items():
        ((place, measured),) = found.models[name].quality.items()
        assert [one.metric for one in measured] == ["Gini", "Deletion", "ModelRandomisation"]
        for metric, one in zip(METRICS, measured, strict=True):
            own = metric(model, X[rows], Y[rows], InputXGradient())
            np.testing.assert_allclose(one.values, own.values, rtol=1e-4, atol=1e-5)
        (line,) = [one for one in lines if one[:1] == [name] and "Deletion" in one]
        assert line[line.index("Deletion") + 1] == f"{measured[1].values.mean():.3f}"
        table = read(log)[name].trust
        gini = table["value"][table["metric"] == "Gini"]
        np.testing.assert_allclose(gini, measured[0].values)
        assert place == ("InputXGradient", "input")
    for old, new in zip(before, models["other"].get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)  # re-drawn weights are put back


@pytest.mark.parametrize(
    ("quality", "why"),
    [(["Deletion"], "expected metrics such as"), ([Gini(), Gini()], "each metric once")],
)
def test_what_is_no_metric_is_refused(quality: Any, why: str, tmp_path: Path) -> None:
    with pytest.raises(TfexplainError, match=why):
        compare(
            {"a": linear(0), "b": linear(1)},
            validation_data=(X, Y),
            quality=quality,
            log_dir=tmp_path / "log",
        )
    assert not (tmp_path / "log").exists()
