"""That logged predictions are those of the model's own `predict_step`, or that it is said."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.read import read_run

from tfexplain import Explain, Saliency
from tfexplain.errors import ExplainWarning
from tfexplain.model.keras_model import KerasModel
from tfexplain.runlog.agreement import disagreement

LIBRARIES = pytest.mark.parametrize("library", [keras, tf_keras])
X = np.random.default_rng(3).random((12, 4)).astype("float32")
Y = np.arange(12) % 3


def fitted(model: Any, x: Any, log_dir: Path) -> str:
    """What is said of predictions in a training."""
    model.compile("sgd", "sparse_categorical_crossentropy")
    callback = Explain(
        (x, Y), explainers=[Saliency()], log_dir=log_dir, on_error="raise", verbose=False
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ExplainWarning)
        model.fit(x, Y, epochs=1, verbose=0, callbacks=[callback])
    assert model.predict_function is None
    problems = {one.kind: one.message for one in read_run(log_dir).record("status").problems}
    told = [str(one.message) for one in caught if one.category is ExplainWarning]
    assert len(told) == len(problems)
    return problems.get("predictions", "")


def net(library: Any, base: Any = None) -> Any:
    layers = library.layers
    i = library.Input((4,))
    return (base or library.Model)(i, layers.Dense(3, activation="softmax")(i))


@LIBRARIES
def test_a_model_that_preprocesses_in_its_steps_is_told_of(library: Any, tmp_path: Path) -> None:
    class Scaled(library.Model):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:
            x, y = data
            return super().train_step((x * 9.0, y))

        def predict_step(self, data: Any) -> Any:
            x = data[0] if isinstance(data, tuple) else data
            return self(x * 9.0, training=False)

    said = fitted(net(library, Scaled), X, tmp_path)
    assert "agree with its predict_step on 0 of 8 rows. Scaled.predict_step does more" in said


@LIBRARIES
def test_nothing_is_said_where_predictions_agree(library: Any, tmp_path: Path) -> None:
    class Same(library.Model):  # type: ignore[misc]
        def predict_step(self, data: Any) -> Any:
            return super().predict_step(data)

    assert fitted(net(library, Same), X, tmp_path) == ""


@LIBRARIES
def test_a_model_that_predicts_as_keras_does_is_traced_no_second_time(library: Any) -> None:
    model = net(library)
    traced_model, x = KerasModel(model, tf.constant(X)), tf.constant(X)
    # Outputs that are wrong on purpose: nobody looks at them.
    assert disagreement(traced_model, X, np.zeros((12, 3), "f4")) is None
    assert not traced_model.traces
    model.predict_step = lambda data: model(x * 9.0, training=False)
    assert f"{model.name}.predict_step does more" in str(disagreement(traced_model, X, model(x)))


def test_other_shapes_are_told_of_and_errors_are_not(tmp_path: Path) -> None:
    class Decoding(keras.Model):  # type: ignore[misc]
        def predict_step(self, data: Any) -> Any:
            return tf.argmax(super().predict_step(data), axis=1)

    said = fitted(net(keras, Decoding), X, tmp_path / "decoding")
    assert "returns outputs of shapes [[8, 3]], its predict_step of [[8]]" in said

    class Failing(keras.Model):  # type: ignore[misc]
        def predict_step(self, data: Any) -> Any:
            raise RuntimeError("not for prediction")

    assert fitted(net(keras, Failing), X, tmp_path / "failing") == ""


def test_what_draws_at_random_is_not_compared(tmp_path: Path) -> None:
    class Drawing(keras.Model):  # type: ignore[misc]
        def predict_step(self, data: Any) -> Any:
            found = super().predict_step(data)
            return found + tf.random.normal(tf.shape(found))

    assert fitted(net(keras, Drawing), X, tmp_path) == ""


def test_a_model_that_treats_whole_numbers_apart_is_told_of(tmp_path: Path) -> None:
    class Converting(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.top = keras.layers.Dense(3, activation="softmax")

        def call(self, pictures: Any) -> Any:
            floats = tf.image.convert_image_dtype(pictures, tf.float32)
            return self.top(tf.reshape(floats, [-1, 16]))

    pictures = np.random.default_rng(0).integers(0, 255, (12, 4, 4, 1)).astype("uint8")
    model = Converting()
    model(pictures)
    assert "other outputs for the data's own types than for float32" in fitted(
        model, pictures, tmp_path
    )
