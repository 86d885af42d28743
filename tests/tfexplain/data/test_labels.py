"""What labels are at an output: classes, several of them, values, or nothing that helps."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tfexplain.data.content import row_hashes
from tfexplain.data.labels import LabelReader, Labels, labels_of
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.outputs import ModelOutput, choose_output

layers = keras.layers
X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
NAN = np.nan


def custom(true: Any, found: Any) -> Any:
    return keras.ops.mean(found)


def quantile_loss(true: Any, found: Any) -> Any:
    return keras.ops.mean(keras.ops.maximum(true - found, 0.1 * (found - true)))


def traced(outputs: dict[str, Any], loss: Any) -> KerasModel:
    row = keras.Input((4,))
    made = {name: layers.Dense(n, act, name=name)(row) for name, (n, act) in outputs.items()}
    model = keras.Model(row, made if len(made) > 1 else next(iter(made.values())))
    model.compile("sgd", loss)
    return KerasModel(model, X)


def head(units: int, activation: Any, loss: Any) -> ModelOutput:
    return choose_output(traced({"out": (units, activation)}, loss).model_outputs, None)


def read(labels: Any, at: ModelOutput, names: Any = ()) -> tuple[Labels, ModelOutput]:
    array = np.asarray(labels)
    reader = LabelReader(at, names)
    hashes = row_hashes(X[: len(array)])
    for part in np.array_split(np.arange(len(array)), 2):
        reader.look(array[part], hashes[part])
    return reader.read(array, hashes), reader.output


SOFT = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
RENAMED = keras.losses.BinaryCrossentropy(name="mine")
# units, activation, loss, labels: kind, values, what else the output is
CASES: dict[str, tuple[int, Any, Any, Any, str, Any]] = {
    "classes": (3, "softmax", "sparse_categorical_crossentropy", [0, 2, 1], "class", [0, 2, 1]),
    "classes in floats": (3, None, custom, [[0.0], [2.0]], "class", [0, 2]),
    "one-hot": (3, "softmax", "categorical_crossentropy", np.eye(3), "class", [0, 1, 2]),
    "one-hot by mse": (3, "softmax", "mse", np.eye(3), "class", [0, 1, 2]),
    "no class": (2, "softmax", "categorical_crossentropy", [[0, 0], [0, 1]], "class", [NAN, 1]),
    "two classes": (1, "sigmoid", RENAMED, [0, 1, 1], "class", [0, 1, 1]),
    "two classes by mse": (1, "sigmoid", "mse", [0.0, 1, 1], "class", [0, 1, 1]),
    "ignored": (3, "softmax", custom, [0, 255, -1, -100, 2], "class", [0, NAN, NAN, NAN, 2]),
    "too large": (3, "softmax", "sparse_categorical_crossentropy", [0, 3], "class", [0, NAN]),
    "negative": (3, "softmax", "sparse_categorical_crossentropy", [0, -2], "class", [0, NAN]),
    "soft": (3, "softmax", SOFT, [[0.1, 0.8, 0.1], [0.5, 0.5, 0.0]], "class", [1, NAN]),
    "soft for two": (1, "sigmoid", "bce", [0.05, 0.95, 0.5], "class", [0, 1, NAN]),
    "no shares": (1, "sigmoid", "bce", [0.5, 7.5], "none", [NAN, NAN]),
    "other width": (3, "softmax", "categorical_crossentropy", [[0, 1], [1, 0]], "none", [NAN] * 2),
    "sigmoid values": (1, "sigmoid", "mse", [0.25, 1.0], "value", [0.25, 1.0]),
    "boxes": (4, "sigmoid", "huber", [[0.5, 0.1, 0.2, 0.9]], "value", [0.5]),
    "own loss of boxes": (4, "sigmoid", custom, [[0.5, 0.1, 0.2, 0.9]], "value", [0.5]),
    "quantiles": (3, None, quantile_loss, [[4.0], [7.0]], "value", [4, 7]),
    "likelihood": (2, None, custom, [0.3, -7.5], "value", [0.3, -7.5]),
    "counts": (2, None, custom, [3, 40], "value", [3, 40]),
    "shares by mse": (3, "softmax", "mse", [[0.2, 0.3, 0.5]], "value", [0.2]),
}


@pytest.mark.parametrize("case", CASES)
def test_labels(case: str) -> None:
    units, activation, loss, labels, kind, values = CASES[case]
    found, read_as = read(labels, head(units, activation, loss))
    assert found.kind == kind
    np.testing.assert_array_equal(found.values, values)
    assert found.sets is None
    assert read_as.regression == (kind == "value")
    # An output of values is explained as it is, whatever activation made it.
    assert (read_as.unit("logit") == "output") == (kind == "value" or activation is None)
    told = case in ("too large", "negative", "no shares", "other width")
    assert bool(found.why) == told
    expected = np.nan_to_num(found.values, nan=-1) if kind == "class" else [-1] * len(labels)
    assert found.targets.tolist() == list(expected)


def test_rows_of_several_labels_keep_all_of_them() -> None:
    """Which one is explained is told by the row's content, so that none comes before others."""
    rows = np.array([[1, 0, 1, 1], [0, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 1, 0]])
    for loss, activation in (("binary_crossentropy", "sigmoid"), (custom, None)):
        found, read_as = read(rows, head(4, activation, loss))
        assert found.sets is not None
        np.testing.assert_array_equal(found.sets, rows == 1)
        assert read_as.several == (activation == "sigmoid")
        assert found.how == "one of each row's labels, the same in every run"
        assert found.targets[1:3].tolist() == [1, -1]
        assert all(rows[i, t] for i, t in enumerate(found.targets) if t >= 0)
    many = np.ones((600, 4))
    reader = LabelReader(head(4, "sigmoid", "binary_crossentropy"))
    keys = reader.look(many, row_hashes(np.arange(600)))
    assert np.bincount(keys.astype(int), minlength=4).min() > 110


def test_smoothed_rows_of_several_labels() -> None:
    found, _ = read([[0.95, 0.05, 0.95]], head(3, "sigmoid", "binary_crossentropy"))
    assert found.sets is not None
    assert found.sets.tolist() == [[True, False, True]]


def test_texts_are_classes_by_their_names() -> None:
    at = head(2, "softmax", "sparse_categorical_crossentropy")
    for labels in (["dog", "cat"], np.array([[b"dog"], [b"cat"]], object)):
        assert read(labels, at, ["cat", "dog"])[0].values.tolist() == [1, 0]
        found = read(labels, at, ["cat", "bird"])[0]
        assert found.kind == "none"
        assert found.why.startswith("labels are texts such as 'dog', and class_names lists no such")


def test_the_default_head_is_the_one_of_classes() -> None:
    two = {"box": (4, "sigmoid"), "cls": (3, None)}
    logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    found = traced(two, {"box": "mse", "cls": logits})
    assert choose_output(found.model_outputs, None).name == "cls"
    boxes, classes = np.zeros((6, 4)), np.arange(6)
    for labels in ({"box": boxes, "cls": classes}, (boxes, classes)):
        assert labels_of(labels, choose_output(found.model_outputs, None), found) is classes
        assert labels_of(labels, choose_output(found.model_outputs, "box"), found) is boxes
    # One array belongs to the one output that is trained.
    found = traced(two, {"box": None, "cls": logits})
    assert labels_of(classes, choose_output(found.model_outputs, "cls"), found) is classes
    assert labels_of(classes, choose_output(found.model_outputs, "box"), found) is None
    assert (
        choose_output(traced(two, {"box": "mse", "cls": "mse"}).model_outputs, None).name == "box"
    )
