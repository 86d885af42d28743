"""What `summary` prints, and what is told of a training."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support import zoo

import tfexplain
from tfexplain.errors import TfexplainError
from tfexplain.model.keras_model import KerasModel
from tfexplain.structure.model_summary import ModelSummary
from tfexplain.structure.training_facts import training_facts


def test_a_nested_model_is_indented_and_holds_what_is_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    specimen = zoo.nested(keras)
    table = tfexplain.summary(specimen.model, specimen.inputs)
    # All is trained, float and not zero.
    assert table.columns == (
        *("layer", "type", "output", "parameters", "multiply-adds", "activation"),
    )
    told = [(depth, texts[0], texts[3], texts[4]) for depth, texts in table.rows]
    assert told[1:6] == [
        (0, "block", "261", "10,836"),
        (1, "middle", "261", "10,836"),
        (2, "inner", "261", "10,836"),
        (3, "one", "76", "4,536"),
        (3, "two", "185", "6,300"),
    ]
    monkeypatch.setenv("COLUMNS", "140")
    printed = str(table)
    assert "\n        one  " in printed
    assert "279 parameters" in printed


def test_columns_appear_where_they_say_something() -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, name="dense")])
    kernel = np.ones((4, 5), np.float32)
    kernel[:3] = 0
    model.layers[0].set_weights([kernel, np.zeros(5)])
    model.trainable = False
    table = tfexplain.summary(model, np.zeros((1, 4), np.float32))
    row = dict(zip(table.columns, table.rows[1][1], strict=True))
    assert (row["sparsity"], row["weights"]) == ("75.0%", "frozen")
    assert "mode" not in row
    assert "activation" not in row
    assert table.total.startswith("25 parameters, 0 of them trained; 20 multiply-adds per sample")
    assert table.total.endswith("; 75.0% of the weights of kernels are zero")


def test_a_shared_layer_has_its_parameters_once() -> None:
    specimen = zoo.shared(tf_keras)
    table = tfexplain.summary(specimen.model, specimen.inputs)
    told = [(texts[0], texts[3]) for _, texts in table.rows if texts[0].startswith("conv")]
    assert told == [("conv@0", "38"), ("conv@1", "shared")]
    assert table.total.startswith("47 parameters")


def test_html_holds_names_as_text() -> None:
    page = ModelSummary("a<b>", ("layer",), ((0, ("c&d",)), (1, ("e",))), "<i>")._repr_html_()
    assert page.startswith("<p>a&lt;b&gt;</p>")
    assert "c&amp;d" in page
    assert page.endswith("<p>&lt;i&gt;</p>")
    assert page.count("<tr>") == 3


def test_what_has_no_layers_is_refused() -> None:
    with pytest.raises(TfexplainError, match="expected a Keras model"):
        tfexplain.summary(lambda x: x * 2, tf.zeros((1, 4)))


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras", "tf_keras"])
def test_facts_of_a_training(library: Any) -> None:
    model = library.Sequential([library.layers.Input((4,)), library.layers.Dense(2)])
    rate = library.optimizers.schedules.ExponentialDecay(0.5, 10, 0.9)
    model.compile(
        library.optimizers.SGD(rate, momentum=0.75),
        library.losses.MeanSquaredError(),
        metrics=["mae", library.metrics.RootMeanSquaredError()],
    )
    facts = training_facts(KerasModel(model, np.zeros((1, 4), np.float32)))
    assert facts["optimizer"] == "SGD"
    assert facts["optimizer.momentum"] == "0.75"
    assert facts["optimizer.learning_rate.class_name"] == "ExponentialDecay"
    assert facts["optimizer.learning_rate.config.decay_rate"] == "0.9"
    assert facts["loss"] == "mean_squared_error"
    assert facts["metrics"] == "mae, root_mean_squared_error"
    assert facts["inputs.input"] == "float32 [any, 4]"
    assert facts[library.__name__] == library.__version__
    assert {"tfexplain", "tensorflow"} < set(facts)


def test_facts_of_several_outputs_and_of_no_training() -> None:
    inputs = keras.Input((4,))
    outputs = {"a": keras.layers.Dense(1, name="a")(inputs), "b": keras.layers.Dense(1)(inputs)}
    model = keras.Model(inputs, outputs)
    batch = np.zeros((1, 4), np.float32)
    assert "loss" not in training_facts(KerasModel(model, batch))
    model.compile("adam", {"a": "mse", "b": lambda y, p: p}, metrics={"a": ["mae"]})
    facts = training_facts(KerasModel(model, batch))
    assert facts["loss"] == "a: mse, b: <lambda>"
    model.compile("adam", {"a": "mse", "b": "mae"}, metrics={"a": ["mae"], "b": "mse"})
    assert training_facts(KerasModel(model, batch))["metrics"] == "mae, mse"
