"""Simple models read columns, channels, words and places of real networks."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfexplain import simple_models
from tfexplain.data.row_choice import labelled, sampled
from tfexplain.errors import TfexplainError
from tfexplain.usage.measure import BYTES, names_by_input
from tfexplain.usage.simple_features import SimpleFeatures, simple_features

RNG = np.random.default_rng(0)
layers = keras.layers


def described(model: Any, rows: Any, names: Any = ()) -> tuple[SimpleFeatures, np.ndarray]:
    """The features of all rows, and where these stand in the data."""
    count = len(tf.nest.flatten(rows)[0])
    chosen = labelled(sampled((rows, np.zeros(count)), model, count, BYTES), model)
    return simple_features(chosen, names_by_input(chosen, names)), chosen.rows


def test_places_are_means_of_cells_and_channels_are_means_of_steps() -> None:
    pictures = RNG.random((30, 16, 16, 3)).astype("f4")
    picture = keras.Sequential([keras.Input((16, 16, 3)), layers.Flatten(), layers.Dense(2)])
    found, rows = described(picture, pictures)
    assert (found.kind, len(found.names)) == ("place", 64)
    cells = pictures[rows].reshape(30, 8, 2, 8, 2, 3).mean(axis=(2, 4, 5)).reshape(30, 64)
    np.testing.assert_allclose(found.values, cells, rtol=1e-5)
    lines = RNG.normal(size=(30, 9, 2)).astype("f4")
    series = keras.Sequential(
        [keras.Input((9, 2)), layers.Conv1D(3, 2), layers.Flatten(), layers.Dense(2)]
    )
    found, rows = described(series, lines, ["u", "v"])
    assert (found.kind, found.names) == ("channel", ("u", "v"))
    np.testing.assert_allclose(found.values, lines[rows].mean(axis=1), rtol=1e-5)


def test_words_are_counted_and_texts_of_columns_are_marked() -> None:
    ids = RNG.integers(0, 4, size=(30, 5))
    text = keras.Sequential(
        [keras.Input((5,), dtype="int32"), layers.Embedding(9, 2), layers.Flatten()]
    )
    found, rows = described(text, ids, {1: "good", 3: "bad"})
    assert (found.kind, found.names) == ("word", ("good", "#2", "bad"))
    counts = np.stack([(ids[rows] == word).sum(axis=1) for word in (1, 2, 3)], axis=1)
    np.testing.assert_array_equal(found.values, counts)
    job, age = keras.Input((1,), dtype="string", name="job"), keras.Input((1,), name="age")
    known = layers.StringLookup(vocabulary=["cook", "smith"], output_mode="one_hot")(job)
    mixed = keras.Model({"age": age, "job": job}, layers.Concatenate()([known, age]))
    jobs = RNG.choice(["cook", "smith", "nurse"], size=(30, 1), p=[0.5, 0.3, 0.2])
    table = {"age": RNG.normal(size=(30, 1)).astype("f4"), "job": jobs}
    found, rows = described(mixed, table)
    assert found.kind == "column"
    values = dict(zip(found.names, found.values.T, strict=True))
    np.testing.assert_allclose(values["age"], table["age"][rows, 0])
    (name,) = (name for name in values if "nurse" in name)
    assert "job is nurse" in name
    np.testing.assert_array_equal(values[name], jobs[rows, 0] == "nurse")


@pytest.fixture(scope="module")
def network() -> Any:
    """Says 1 where the first column is above 0."""
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, "sigmoid")])
    model.layers[0].set_weights([np.array([[3.0], [0.1], [0.0]]), np.zeros(1)])
    return model


def test_a_network_of_one_column_is_told_by_one_question(network: Any) -> None:
    x = RNG.normal(size=(300, 3)).astype("f4")
    y = (x[:, 0] > 0).astype(int)
    found = simple_models(
        network, (x, y), rows=200, feature_names=["age", "a", "b"], class_names=["no", "yes"]
    )
    assert found.rows == 100
    assert found.names[found.tree.feature[0]] == "age"
    assert abs(found.tree.threshold[0]) < 0.2
    assert found.explains("tree")
    assert found.fidelity["tree"].value > 0.95
    assert "if age <= " in found.text
    assert ": no (" in found.text
    # The rows are chosen by what they hold: their order says nothing.
    again = simple_models(network, (x[::-1], y[::-1]), rows=200, feature_names=["age", "a", "b"])
    assert again.fidelity == found.fidelity
    assert np.isfinite(found.on_labels["network"].value)
    assert np.isnan(simple_models(network, x, rows=100).on_labels["network"].value)


def test_what_has_no_one_answer_says_so(network: Any) -> None:
    x = RNG.normal(size=(60, 3)).astype("f4")
    with pytest.raises(TfexplainError, match="rows=20: expected a whole number of at least 40"):
        simple_models(network, x, rows=20)
    several = keras.Sequential([keras.Input((3,)), layers.Dense(4, "sigmoid")])
    with pytest.raises(TfexplainError, match="it has several labels a row"):
        simple_models(several, x)
    values = keras.Sequential([keras.Input((3,)), layers.Dense(4)])
    values.compile("sgd", "mse")
    with pytest.raises(TfexplainError, match="or one value; it has 4 values"):
        simple_models(values, x)
