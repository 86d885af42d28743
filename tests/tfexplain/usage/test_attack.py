"""Robustness of a model on data: which rows, in which order, and what needs labels."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tfexplain import robustness
from tfexplain.data.content import row_hashes
from tfexplain.errors import TfexplainError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2)).astype("f4")
layers = keras.layers


@pytest.fixture(scope="module")
def model() -> Any:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, "sigmoid")])
    model.layers[0].set_weights([np.array([[1.0], [2.0]]), np.zeros(1)])
    return model


def test_rows_are_those_of_the_data_by_their_hashes(model: Any) -> None:
    logits = X @ [1.0, 2.0]
    labels = logits > 0
    found = robustness(model, (X, labels), rows=40)
    assert len(found.rows) == 40
    np.testing.assert_array_equal(found.hashes, row_hashes(X)[found.rows])
    # Steps belong to their rows, in units of the spread of the chosen ones.
    exact = np.abs(logits) / np.abs(X[found.rows].std(axis=0) * [1, 2]).sum()
    # Rows at the edge of the data can move one way only, and take longer steps.
    longer = found.steps / exact[found.rows]
    assert longer.min() > 0.999
    assert np.quantile(longer, 0.8) < 1.03
    assert found.right.all()
    # The wrong ones are never right, and flip as well.
    wrong = robustness(model, (X, ~labels), rows=40)
    np.testing.assert_array_equal(wrong.steps, found.steps)
    assert wrong.accuracy.max() == 0


def test_what_has_no_labels_of_classes_says_so(model: Any) -> None:
    with pytest.raises(TfexplainError, match=r"expected labels of classes; .*Pass \(x, y\)"):
        robustness(model, X)
    values = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    values.compile("sgd", "mse")
    with pytest.raises(TfexplainError, match="expected classes that exclude each other; it has a"):
        robustness(values, (X, X[:, 0]))
