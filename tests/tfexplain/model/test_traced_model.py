"""Compiled passes: kept while they are right, gone when the model is."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import keras
import numpy as np
import pytest
from support.models import digits, small_cnn

from tfexplain import GradCAM
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.trace_model import trace_model
from tfexplain.model.traced_model import TracedModel

X, Y = digits(4)


def test_passes_are_kept_for_a_model_and_shape() -> None:
    model = small_cnn()
    first = trace_model(model, X)
    assert trace_model(model, X[:2]) is first
    assert trace_model(small_cnn(), X) is not first
    GradCAM()(model, X)
    traces = first.traces
    GradCAM()(model, X)
    assert first.traces == traces == 1


def test_passes_are_opened_anew_when_variables_are_replaced() -> None:
    model = small_cnn()
    first = trace_model(model, X)
    model.set_weights([w * 2 for w in model.get_weights()])
    assert trace_model(model, X) is first
    model.get_layer("conv").enable_lora(2)
    assert trace_model(model, X) is not first


def test_passes_do_not_keep_their_model() -> None:
    model = small_cnn()
    traced_model, alive = KerasModel(model, X), weakref.ref(model)
    del model
    keras.backend.clear_session()
    gc.collect()
    assert alive() is None
    with pytest.raises(ValueError, match="no longer exists"):
        _ = traced_model.model


def test_inputs_the_model_cannot_take_are_named_with_the_cause() -> None:
    with pytest.raises(ValueError, match=r"inputs: .* float32 \(None, 8, 8, 2\)") as caught:
        KerasModel(small_cnn(), np.zeros((1, 8, 8, 2), np.float32))
    assert caught.value.__cause__ is not None


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match=r"KERAS_BACKEND=tensorflow"):
        KerasModel(small_cnn(), X)


def test_input_names() -> None:
    def names(inputs: Any, batch: Any) -> list[str]:
        flat = list(inputs.values()) if isinstance(inputs, dict) else inputs
        total = keras.layers.Add()(flat) if len(flat) > 1 else keras.layers.ReLU()(flat[0])
        return KerasModel(keras.Model(inputs, total), batch).input_names

    left, right = keras.Input((2,), name="left"), keras.Input((2,), name="right")
    row = np.zeros((1, 2), np.float32)
    assert names([left], row) == ["input"]
    assert names([right, left], [row, row]) == ["right", "left"]
    assert names({"right": right, "left": left}, {"right": row, "left": row}) == ["left", "right"]


def test_both_implementations_have_what_the_protocol_says() -> None:
    functions = {name for name, value in vars(TracedModel).items() if callable(value)}
    names = {*TracedModel.__annotations__, *functions, "model"} - {"__init__", "__subclasshook__"}
    names = {name for name in names if not name.startswith("_")}
    assert {"run", "scores", "layer_calls", "rows"} <= names
    model = small_cnn()
    for traced_model in (trace_model(model, X), trace_model(lambda x: x.mean(axis=(1, 2)), X)):
        assert {name for name in names if not hasattr(traced_model, name)} == set()
        assert TracedModel not in type(traced_model).__mro__  # none is the base of the other
