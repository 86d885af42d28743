"""Which number is explained, for every kind of head."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfexplain.model.keras_model import KerasModel
from tfexplain.model.outputs import TargetError
from tfexplain.model.targets import as_targets, class_indices

layers = keras.layers


def head(last: Any, loss: Any = None, units: int = 3) -> Any:
    inputs = keras.Input((4,))
    model = keras.Model(inputs, last(layers.Dense(units)(inputs)))
    if loss:
        model.compile("sgd", loss)
    return KerasModel(model, np.zeros((1, 4), np.float32)).model_outputs[0]


LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
IDENTITY = layers.Activation("linear")


@pytest.mark.parametrize(
    ("last", "loss", "units", "activation", "applied", "regression", "unit"),
    [
        (layers.Softmax(), None, 3, "softmax", True, False, "logit"),
        (layers.Activation("sigmoid"), None, 1, "sigmoid", True, False, "logit"),
        (layers.Activation("sigmoid"), "binary_crossentropy", 3, "sigmoid", True, False, "logit"),
        (IDENTITY, LOGITS, 3, "softmax", False, False, "logit"),
        (
            IDENTITY,
            keras.losses.BinaryCrossentropy(from_logits=True),
            1,
            "sigmoid",
            False,
            False,
            "logit",
        ),
        (IDENTITY, "mse", 1, "none", False, True, "output"),
        (layers.Activation("sigmoid"), "mse", 1, "none", False, True, "output"),
        (layers.Activation("sigmoid"), "mse", 4, "none", False, True, "output"),
        (layers.Softmax(), "mse", 3, "softmax", True, False, "logit"),
        (IDENTITY, "mse", 3, "none", False, True, "output"),
        (IDENTITY, None, 3, "none", False, False, "output"),
        (IDENTITY, "categorical_hinge", 3, "none", False, False, "output"),
        (IDENTITY, keras.losses.Huber(), 3, "none", False, True, "output"),
        (IDENTITY, lambda true, found: tf.reduce_mean(found), 3, "none", False, False, "output"),
        (
            layers.Lambda(lambda x: tf.exp(x) / tf.reduce_sum(tf.exp(x), -1, keepdims=True)),
            "categorical_crossentropy",
            3,
            "softmax",
            True,
            False,
            "probability",
        ),
    ],
)
def test_heads(
    last: Any, loss: Any, units: int, activation: str, applied: bool, regression: bool, unit: str
) -> None:
    found = head(last, loss, units)
    assert (found.activation, found.applied, found.regression) == (activation, applied, regression)
    assert found.unit("logit") == unit
    assert found.binary == (units == 1 and activation == "sigmoid")


def test_heads_of_several_outputs_have_losses_of_their_own() -> None:
    inputs = keras.Input((4,))
    outputs = {
        "kind": layers.Dense(3, name="kind")(inputs),
        "size": layers.Dense(1, name="size")(inputs),
    }
    model = keras.Model(inputs, outputs)
    model.compile("sgd", {"kind": LOGITS, "size": "mse"})
    kind, size = KerasModel(model, np.zeros((1, 4), np.float32)).model_outputs
    assert (kind.name, kind.activation, size.name, size.regression) == (
        "kind",
        "softmax",
        "size",
        True,
    )


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (None, [-1, -1, -1]),
        (2, [2, 2, 2]),
        ([0, 1, 2], [0, 1, 2]),
        ([[0], [1], [2]], [0, 1, 2]),
        (np.eye(3), [0, 1, 2]),
        ([0.0, 1.0, -1.0], [0, 1, -1]),
    ],
)
def test_targets_in_every_form(targets: Any, expected: list[int]) -> None:
    found: Any = as_targets(targets, head(layers.Softmax()), 3)
    assert found.tolist() == expected
    assert found.dtype == np.int32


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (3, r"expected class indices in 0\.\.2 .*; got 3 \(sample 0\)"),
        ([0, -2, 1], r"got -2 \(sample 1\)"),
        ([0, 1], r"expected 3 of them, one a sample; got \(2,\)"),
        (np.eye(4)[:3], "expected one-hot rows of 3 classes; got 4"),
        ([0.5, 1, 2], "expected whole class indices"),
    ],
)
def test_targets_the_model_does_not_have(targets: Any, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        as_targets(targets, head(layers.Softmax()), 3)


def test_a_row_of_zeros_has_no_class() -> None:
    assert class_indices(np.array([[0, 0], [0, 1]]), 2).tolist() == [-1, 1]
