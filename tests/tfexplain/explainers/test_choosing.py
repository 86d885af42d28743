"""What each kind of model gets where no explainer is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import transformers, zoo

from tfexplain import Explain, Saliency
from tfexplain.explainers.choosing import facts, fitting
from tfexplain.model.call_batch import as_batch
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.trace_model import trace_model


@pytest.mark.parametrize(
    ("make", "inputs"),
    [
        (zoo.sequential, "images"),
        (zoo.line, "sequences"),
        (zoo.volume, "volumes"),
        (zoo.several_inputs, "rows of features and images"),
    ],
)
def test_models_with_positions(make: Callable[[Any], Any], inputs: str) -> None:
    kind = make(keras)
    traced_model = KerasModel(kind.model, tf.nest.map_structure(tf.constant, kind.inputs))
    assert facts(traced_model).inputs == inputs
    assert [explainer.name for explainer in fitting(traced_model)] == [
        "FeatureMaps",
        "GradCAM",
        "IntegratedGradients",
    ]


def names(model: Any, inputs: Any) -> list[str]:
    return [explainer.name for explainer in fitting(trace_model(model, as_batch(inputs)))]


@pytest.mark.parametrize(
    ("features", "expected"),
    [(10, ["IntegratedGradients", "KernelSHAP"]), (11, ["IntegratedGradients"])],
)
def test_tables(features: int, expected: list[str]) -> None:
    model = keras.Sequential([keras.Input((features,)), keras.layers.Dense(3)])
    assert facts(trace_model(model, as_batch(np.ones((2, features))))).inputs == "rows of features"
    assert names(model, np.ones((2, features))) == expected


def test_text_transformers_and_functions() -> None:
    kind = zoo.words(keras)
    assert names(kind.model, kind.inputs)[-1] == "IntegratedGradients"
    assert facts(trace_model(kind.model, as_batch(kind.inputs))).inputs == "rows of indices"
    kind = transformers.class_token(keras)
    assert names(kind.model, kind.inputs) == [
        "FeatureMaps",
        "GradCAM",
        "AttentionRollout",
        "IntegratedGradients",
    ]
    chosen = names(lambda x: x.reshape(len(x), -1).sum(1), np.ones((2, 8, 8, 1)))
    assert chosen == ["Occlusion"]


def test_the_choice_is_printed(tmp_path: Any, capsys: Any) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    x, y = np.ones((8, 4), "f4"), np.zeros((8, 3), "f4")
    model.fit(x, y, verbose=0, callbacks=[Explain(x, log_dir=tmp_path)])
    printed = capsys.readouterr().out
    assert "explainers           chosen for rows of features\n" in printed
    model.fit(
        x, y, verbose=0, callbacks=[Explain(x, explainers=[Saliency()], log_dir=tmp_path / "b")]
    )
    assert "chosen for" not in capsys.readouterr().out
