"""Partial dependence: in closed form, beside scikit-learn's, of every kind of column."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.inspection import partial_dependence as of_sklearn

from tfexplain import TfexplainError, partial_dependence

RNG = np.random.default_rng(0)
X = np.stack([RNG.normal(size=80), RNG.integers(4, size=80), RNG.normal(size=80) ** 3], 1)
X = X.astype("f4")


def softmax(logits: Any) -> Any:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


WEIGHTS = RNG.normal(size=(4, 3))


def three_classes(x: Any) -> Any:
    x = np.asarray(x, np.float64)
    return softmax(np.c_[x, x[:, 0] * x[:, 1]] @ WEIGHTS)


class Fitted(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The same function as scikit-learn takes it."""

    classes_ = np.arange(3)

    def fit(self, x: Any, y: Any) -> Any:
        raise AssertionError

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict_proba(self, x: Any) -> Any:
        return three_classes(x)


def test_averages_and_single_curves_are_those_of_scikit_learn() -> None:
    labels = RNG.integers(3, size=80)
    found = partial_dependence(three_classes, (X, labels), grid=12)
    assert found.outputs.tolist() == [0, 1, 2]
    assert found.single_outputs.tolist() == labels[found.rows].tolist()
    for column, feature in enumerate(found.values()):
        values = {"custom_values": {column: feature.grid}, "method": "brute"}
        theirs = of_sklearn(Fitted(), X.astype("f8"), [column], kind="both", **values)
        np.testing.assert_allclose(feature.partial, theirs["average"], atol=1e-6)
        each = theirs["individual"][:, found.rows]
        own = each[labels[found.rows], np.arange(80)]
        np.testing.assert_allclose(feature.single, own, atol=1e-6)
        assert (feature.low <= feature.partial).all()
        assert (feature.high >= feature.partial).all()
        assert set(feature.grid) <= set(X[:, column].astype("f8"))
    categories = found["column 1"]
    assert categories.are_categories
    assert categories.counts.tolist() == np.bincount(X[:, 1].astype(int)).tolist()
    assert not found["column 0"].are_categories


def test_a_product_and_a_sum_in_closed_form() -> None:
    found = partial_dependence(lambda x: x[:, 0] * x[:, 2] + np.sin(x[:, 1]), X)
    first, _, other = (X[:, i].astype("f8") for i in range(3))
    rest = np.sin(X[:, 1].astype("f8"))
    curve = found["column 0"]
    expected = curve.grid * other.mean() + rest.mean()
    np.testing.assert_allclose(curve.partial[0], expected, atol=1e-5)
    own = curve.grid * other[found.rows, None] + rest[found.rows, None]
    np.testing.assert_allclose(curve.single, own, atol=1e-5)
    np.testing.assert_allclose(
        found["column 1"].partial[0], np.sin(np.arange(4)) + (first * other).mean(), atol=1e-5
    )
    near = np.abs(first[:, None] - curve.grid) <= 0.05 * np.ptp(curve.grid)
    np.testing.assert_array_equal(curve.counts, near.sum(0))
    # A few values far from all others: there the curve is an extrapolation.
    assert found["column 2"].few.tolist() == (found["column 2"].counts < 5).tolist()
    assert found["column 2"].few[0]
    assert not found["column 2"].few[8:12].any()
    assert found.passes == 80 + 80 * (20 + 4 + 20)
    assert found.unit == "output"
    assert "column 1: from" in repr(found)


@pytest.fixture(scope="module")
def mixed() -> Any:
    """Two columns of numbers, a category that is embedded, a sequence, a picture."""
    keras.utils.set_random_seed(0)
    table, kind = keras.Input((2,), name="table"), keras.Input((1,), dtype="int32", name="kind")
    line, image = keras.Input((6, 2), name="line"), keras.Input((4, 4, 1), name="image")
    embedded = keras.layers.Flatten()(keras.layers.Embedding(30, 2)(kind))
    read = keras.layers.GlobalAveragePooling1D()(keras.layers.Conv1D(3, 1)(line))
    seen = keras.layers.Flatten()(image)
    joined = keras.layers.Concatenate()([table, embedded, read, seen])
    answer = keras.layers.Dense(1, "sigmoid")(joined)
    inputs = {"table": table, "kind": kind, "line": line, "image": image}
    model = keras.Model(inputs, answer)
    model.compile("sgd", "binary_crossentropy")
    rng = np.random.default_rng(1)
    x = {
        "table": rng.normal(size=(30, 2)).astype("f4"),
        "kind": np.r_[np.repeat([3, 17, 29], 5), np.arange(15)][:, None].astype("i4"),
        "line": rng.normal(size=(30, 6, 2)).astype("f4"),
        "image": rng.normal(size=(30, 4, 4, 1)).astype("f4"),
    }
    return model, x


def test_columns_of_all_inputs_are_set_and_the_rest_stays(mixed: Any) -> None:
    model, x = mixed
    found = partial_dependence(
        model, x, grid=4, feature_names={"table": ["age", "size"]}, batch_size=7
    )
    names = ["kind", "channel 0", "channel 1", "age", "size"]
    assert list(found) == names
    assert list(found.left_out) == ["image"]
    assert found.outputs.tolist() == [1]
    # The most frequent ids, never one that does not occur.
    assert found["kind"].grid.tolist()[-2:] == [17, 29]
    assert found["kind"].counts.tolist() == [1, 6, 5, 5]

    def brute(feature: Any, name: str) -> Any:
        curves = []
        for value in feature.grid:
            given = {key: array.copy() for key, array in x.items()}
            own = given[name][..., feature.column]
            own += (value - (own.mean(1, keepdims=True) if own.ndim == 2 else own)).astype(
                own.dtype
            )
            curves.append(model.predict(given, verbose=0)[:, 0])
        return np.stack(curves, 1)

    for name in names:
        expected = brute(found[name], found[name].input)
        np.testing.assert_allclose(found[name].partial[0], expected.mean(0), atol=1e-5)
        np.testing.assert_allclose(found[name].single, expected[found.rows], atol=1e-5)


def test_few_features_are_chosen_and_drawn(mixed: Any) -> None:
    model, x = mixed
    found = partial_dependence(model, x, ["kind", 3], grid=4, score="logit")
    assert list(found) == ["kind", "column 0"]
    assert found.unit == "logit"
    figure = found.plot()
    assert len(figure.axes) == 2
    drawn = {panel.get_title() for panel in figure.axes}
    assert drawn == {"kind, class 1", "column 0, class 1"}
    (kind,) = (panel for panel in figure.axes if panel.get_title().startswith("kind"))
    curve = found["kind"].partial[0]
    assert any(np.array_equal(line.get_ydata(), curve) for line in kind.lines)
    hollow = [line for line in kind.lines if line.get_markerfacecolor() == "white"]
    np.testing.assert_array_equal(hollow[0].get_ydata(), curve[found["kind"].few])


def test_of_many_classes_the_most_frequent_ones_are_averaged() -> None:
    rng = np.random.default_rng(2)
    labels = np.r_[np.repeat(np.arange(10, 20), 3), rng.integers(10, size=9)]
    x, weights = rng.normal(size=(39, 2)), rng.normal(size=(2, 20))
    found = partial_dependence(lambda x: softmax(x @ weights), (x, labels), grid=3)
    frequent = np.sort(np.argsort(-np.bincount(labels, minlength=20), kind="stable")[:10])
    assert found.outputs.tolist() == frequent.tolist()
    # A row's own curve is of its label, whether or not that class is averaged.
    given = x[found.rows].copy()
    given[:, 1] = found["column 1"].grid[2]
    own = softmax(given @ weights)[np.arange(39), labels[found.rows]]
    np.testing.assert_allclose(found["column 1"].single[:, 2], own, atol=1e-5)


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (np.ones((4, 5, 5, 1)), {}, "expected a table or a sequence; there is none .'input'"),
        (X, {"features": [3]}, r"features=3: expected numbers in 0..2, or names: column 0"),
        (X, {"features": ["age"]}, "features='age'"),
        (X, {"feature_names": ["a"]}, "feature_names: expected 3 names"),
        (X, {"grid": 1}, "grid=1: expected a whole number of at least 2"),
        (X, {"score": "log"}, "score='log'"),
    ],
)
def test_what_does_not_fit_is_said(data: Any, options: Any, said: str) -> None:
    with pytest.raises(TfexplainError, match=said):
        partial_dependence(lambda x: x.reshape(len(x), -1)[:, :1], data, **options)


def test_an_output_with_positions_is_refused() -> None:
    layers = [keras.Input((5, 2)), keras.layers.Conv1D(3, 1)]
    with pytest.raises(TfexplainError, match="one for each position"):
        partial_dependence(keras.Sequential(layers), np.ones((3, 5, 2), "f4"))
