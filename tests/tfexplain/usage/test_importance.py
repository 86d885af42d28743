"""Importance of features: closed forms of linear models, brute loops, scikit-learn, scipy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from scipy import stats
from sklearn.inspection import permutation_importance

import tfexplain
from tfexplain import GradCAM, InputXGradient, TfexplainError
from tfexplain.explainers.perturbation.permutation_importance import partners
from tfexplain.quality.intervals import RESAMPLES
from tfexplain.usage import Importance
from tfexplain.usage.hiding import hidden_counts

RNG = np.random.default_rng(0)
WEIGHTS = np.array([2.0, 0.0, -1.0, 0.25])
X = RNG.normal(size=(120, 4)).astype("f4") * [1, 3, 1, 1] + [0, 5, 1, 0]
X = X.astype("f4")
LABELS = (X @ WEIGHTS > -1).astype(np.int64)


def classes(x: Any) -> Any:
    """Two logits of a linear score."""
    score = np.asarray(x) @ WEIGHTS + 1
    return np.stack([-score, score], axis=1).astype("f4")


def of_function(function: Callable[[Any], Any] = classes, **settings: Any) -> Importance:
    found = tfexplain.importance(function, (X, LABELS), **settings)
    assert isinstance(found, Importance)
    return found


@pytest.fixture(scope="module")
def table() -> Importance:
    """Of the linear classifier, which has no gradient."""
    return of_function(feature_names=["age", "noise", "income", "tenure"])


@pytest.fixture(scope="module")
def line() -> Any:
    """A linear model of values behind a normalization, and its weights."""
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Normalization(), keras.layers.Dense(1)]
    )
    model.layers[0].adapt(X)
    model.layers[1].set_weights([WEIGHTS[:, None].astype("f4"), np.ones(1, "f4")])
    model.compile("sgd", "mse")
    return model


def rows_in_order(found: Importance) -> Any:
    """The rows as importance took them: in the order of their hashes."""
    values = np.asarray(found.row_values, "f4")
    assert sorted(map(tuple, values)) == sorted(map(tuple, X[:, : values.shape[1]]))
    return values


def test_integrated_gradients_of_a_linear_model_from_the_mean_of_the_rows(line: Any) -> None:
    found = tfexplain.importance(line, (X, X @ WEIGHTS))
    assert isinstance(found, Importance)
    rows = rows_in_order(found)
    scaled = WEIGHTS / X.std(axis=0)
    own = scaled * (rows - rows.mean(axis=0))
    assert found.explainer == "IntegratedGradients"
    assert np.allclose(found.attributions, own, atol=1e-5)
    assert np.allclose(found.values, np.abs(own).mean(axis=0), atol=1e-5)
    assert np.allclose(found.signed, 0, atol=1e-5)
    # Scaled to a deviation of 1 by the normalization, so that its weights say it all.
    assert np.allclose(found.weights_first, np.abs(WEIGHTS), atol=1e-3)
    assert found.permuted is not None
    assert found.permuted.score == "mean absolute error"


def test_shapley_values_of_a_function_without_gradients(table: Importance) -> None:
    rows = rows_in_order(table)
    sign = np.where(table.labels == 1, 1, -1)[:, None]
    assert table.explainer == "KernelSHAP"
    assert np.allclose(table.attributions, sign * WEIGHTS * (rows - rows.mean(axis=0)), atol=1e-4)
    assert table.order.tolist() == [0, 2, 3, 1]
    assert table.left_out == {"|weight| x deviation": "a function has no layers"}


def test_intervals_are_those_of_scipy(table: Importance) -> None:
    own = np.abs(table.attributions)
    wanted = stats.bootstrap(
        (own,), np.mean, n_resamples=4 * RESAMPLES, method="percentile", axis=0, random_state=0
    ).confidence_interval
    width = wanted.high - wanted.low
    assert np.all(np.abs(table.low - wanted.low) <= 0.15 * width + 1e-6)
    assert np.all(np.abs(table.high - wanted.high) <= 0.15 * width + 1e-6)


def test_means_by_class_are_those_of_its_rows(table: Importance) -> None:
    known, by_class = table.by_class
    assert known.tolist() == [0, 1]
    for number in known:
        own = np.abs(table.attributions[table.labels == number]).mean(axis=0)
        assert np.allclose(by_class[number], own)


def test_permutation_importance_is_that_of_a_loop_and_near_scikit_learns(
    table: Importance,
) -> None:
    rows, labels = rows_in_order(table), table.labels
    right = classes(rows).argmax(axis=1) == labels
    falls = np.zeros((len(rows), 4))
    for order in partners(len(rows), 5, np.random.default_rng(0)):
        for column in range(4):
            changed = rows.copy()
            changed[:, column] = rows[order, column]
            falls[:, column] += right - 1.0 * (classes(changed).argmax(axis=1) == labels)
    assert table.permuted is not None
    assert np.allclose(table.permuted.values, falls.mean(axis=0) / 5)
    assert np.all(table.permuted.low <= table.permuted.values)
    assert np.all(table.permuted.values <= table.permuted.high)

    class Estimator:
        def fit(self, x: Any, y: Any) -> None: ...

        def score(self, x: Any, y: Any) -> float:
            return float(np.mean(classes(x).argmax(axis=1) == y))

    peer = permutation_importance(Estimator(), rows, labels, n_repeats=40, random_state=0)
    assert np.allclose(table.permuted.values, peer.importances_mean, atol=0.04)


def test_the_hiding_curve_is_that_of_a_loop(table: Importance) -> None:
    rows, labels = rows_in_order(table), table.labels
    rng = np.random.default_rng(0)

    def curve(order: Any) -> list[float]:
        scores = []
        for count in range(5):
            changed = rows.copy()
            changed[:, order[:count]] = rows.mean(axis=0)[order[:count]]
            scores.append(np.mean(classes(changed).argmax(axis=1) == labels))
        return scores

    found = table.hidden
    assert found is not None
    assert found.counts.tolist() == [0, 1, 2, 3, 4]
    assert np.allclose(found.hidden, curve([1, 3, 2, 0]))
    random = np.array([curve(rng.permutation(4)) for _ in range(8)])
    assert np.allclose(found.random, random.mean(axis=0))
    assert np.allclose(found.random_low, random.min(axis=0))
    assert np.allclose(found.random_high, random.max(axis=0))
    assert found.hidden[found.droppable()] >= found.hidden[0] - 0.02
    assert found.droppable() >= 1  # the column of noise


@pytest.mark.parametrize("features", [1, 16, 17, 64, 4096, 30_000])
def test_counts_of_hidden_features_go_from_none_to_all_and_are_few(features: int) -> None:
    counts = hidden_counts(features)
    assert (counts[0], counts[-1]) == (0, features)
    assert len(counts) <= 24
    assert np.all(np.diff(counts) > 0)


def test_the_table_as_text_ranks_with_intervals_and_says_what_could_go(table: Importance) -> None:
    head, columns, *lines = str(table).splitlines()
    assert head.startswith("Importance of 4 columns of input 'input': mean |KernelSHAP| over 120")
    assert columns.split("  ")[0].strip() == ""
    assert "fall of accuracy when permuted" in columns
    assert [line.split()[0] for line in lines[:4]] == ["age", "income", "tenure", "noise"]
    assert lines[0].split()[1] == 20 * "#"
    assert f"{table.low[0]:.3g} to {table.high[0]:.3g}" in lines[0]
    assert "least important of 4 hidden" in lines[4]
    assert lines[5] == "|weight| x deviation is left out: a function has no layers"


def test_the_figure_has_bars_dots_and_the_curve(table: Importance) -> None:
    bars, swarm, curve = [axis for axis in table.plot().axes if axis.get_label() != "<colorbar>"]
    assert np.allclose([bar.get_width() for bar in bars.patches], table.values[table.order])
    assert [text.get_text() for text in swarm.get_yticklabels()] == [
        *("age", "income", "tenure", "noise"),
    ]
    (dots, *_) = swarm.collections
    assert np.allclose(np.asarray(dots.get_offsets())[:, 0], table.attributions[:, 0])
    assert table.hidden is not None
    assert np.allclose(curve.lines[1].get_ydata(), table.hidden.hidden)


# --------------------------------------------------------------------------- other inputs


def test_words_by_what_all_of_their_places_owe() -> None:
    """A sum of embeddings: each word adds its own from that of padding."""
    embedded = np.array([0.5, 3.0, -1.0, 0.0, 1.0], "f4")
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((3,), dtype="int32"), layers.Embedding(5, 1), layers.Flatten()]
    )
    model.add(layers.Dense(1))
    model.compile("sgd", "mse")
    model.layers[0].set_weights([embedded[:, None]])
    model.layers[2].set_weights([np.ones((3, 1), "f4"), np.zeros(1, "f4")])
    ids = np.array([[1, 1, 2], [2, 0, 0], [4, 2, 1], [4, 0, 0]])
    found = tfexplain.importance(model, (ids, embedded[ids].sum(axis=1)), feature_names={1: "good"})
    assert isinstance(found, Importance)
    assert found.names == ("good", "#2", "#4")
    often = np.stack([(ids == word).sum(axis=1) for word in (1, 2, 4)], axis=1)
    own = np.abs(often * (embedded[[1, 2, 4]] - 0.5)).mean(axis=0)
    assert np.allclose(found.values, own, atol=1e-4)
    assert found.occurs is not None
    assert found.occurs.tolist() == [2, 3, 2]
    assert found.permuted is None
    assert "permutation importance" in found.left_out
    # Hidden are the words that are used least: errors grow from none.
    assert found.hidden is not None
    order = np.argsort(own)
    for count, score in zip(found.hidden.counts, found.hidden.hidden, strict=True):
        kept = np.where(np.isin(ids, np.array([1, 2, 4])[order[:count]]), 0, ids)
        wanted = np.abs(embedded[kept].sum(axis=1) - embedded[ids].sum(axis=1)).mean()
        assert score == pytest.approx(wanted, abs=1e-5)


def test_places_of_pictures_whose_sides_no_grid_divides() -> None:
    """A weighted sum of pixels: what a cell adds is that of its pixels."""
    pictures = RNG.random((40, 10, 4, 2)).astype("f4")
    weights = RNG.normal(size=(10, 4, 2))
    found = tfexplain.importance(
        lambda x: np.tensordot(np.asarray(x), weights, 3).astype("f4"),
        (pictures, np.tensordot(pictures, weights, 3)),
    )
    assert isinstance(found, Importance)
    assert (found.feature, found.sides, found.explainer) == ("place", (8, 4), "FeatureAblation")
    assert found.names[0] == "rows 0-1, column 0"
    assert found.names[-1] == "row 9, column 3"
    owed = (weights * (pictures - pictures.mean(axis=0))).sum(axis=-1)
    rows = np.arange(10) * 8 // 10
    by_cell = np.stack([owed[:, rows == cell].sum(axis=1) for cell in range(8)], axis=1)
    assert np.allclose(found.values, np.abs(by_cell).mean(axis=0).ravel(), atol=1e-4)
    assert len(found.plot().axes) == 3  # a map with its scale, the curve


def test_channels_of_a_sequence_add_up_their_positions() -> None:
    series = RNG.normal(size=(50, 5, 3)).astype("f4")
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((5, 3)), layers.Conv1D(1, 1), layers.GlobalAveragePooling1D()]
    )
    model.compile("sgd", "mse")
    weights = np.array([1.0, -2.0, 0.0])
    model.layers[0].set_weights([weights.reshape(1, 3, 1).astype("f4"), np.zeros(1, "f4")])
    found = tfexplain.importance(model, (series, series.mean(axis=1) @ weights))
    assert isinstance(found, Importance)
    assert found.names == ("channel 0", "channel 1", "channel 2")
    own = weights * (series - series.mean(axis=0)).mean(axis=1)
    assert np.allclose(found.values, np.abs(own).mean(axis=0), atol=1e-4)
    # Of a method whose values add up to nothing they are averaged.
    found = tfexplain.importance(model, (series, series[:, 0, 0]), explainer=InputXGradient())
    assert isinstance(found, Importance)
    each = (weights * series / 5).mean(axis=1)
    assert np.allclose(found.values, np.abs(each).mean(axis=0), atol=1e-5)


def test_several_inputs_have_one_each_and_texts_of_a_table_are_hidden() -> None:
    colours = np.array([b"red", b"blue", b"red", b"red"] * 30, object)
    reds = np.array([x == b"red" for x in colours])

    def model(batch: Any) -> Any:
        numbers, words = np.asarray(batch["numbers"]), np.asarray(batch["word"])
        own = np.array([2.0 if x == b"red" else 0.0 for x in words.ravel()])
        return (numbers @ WEIGHTS + own).astype("f4")

    both = {"numbers": X, "word": colours}
    found = tfexplain.importance(
        model, (both, X @ WEIGHTS + 2 * reds), feature_names={"numbers": list("abcd")}
    )
    assert isinstance(found, dict)
    assert list(found) == ["numbers", "word"]
    assert found["numbers"].names == tuple("abcd")
    # The most frequent word takes the place of what is hidden.
    assert found["word"].values.tolist() == pytest.approx([2 * 30 / 120], abs=1e-6)
    assert found["word"].row_values is None


def test_inputs_of_one_column_are_ranked_as_one_table() -> None:
    """As it is where each input is a column of one table."""
    apart = {name: X[:, column] for column, name in enumerate("abcd")}
    found = tfexplain.importance(
        lambda x: classes(np.stack([np.asarray(x[n]) for n in "abcd"], axis=1)), (apart, LABELS)
    )
    assert isinstance(found, Importance)
    assert (found.input, found.names, found.total) == ("columns", tuple("abcd"), 4)
    assert found.explainer == "FeatureAblation"
    rows, labels = rows_in_order(found), found.labels
    sign = np.where(labels == 1, 1, -1)[:, None]
    # Rows that are hidden by themselves fall by what they add to a linear score.
    assert np.allclose(found.attributions, sign * WEIGHTS * (rows - rows.mean(axis=0)), atol=1e-4)
    assert found.hidden is not None
    for count, score in zip(found.hidden.counts, found.hidden.hidden, strict=True):
        changed, gone = rows.copy(), found.order[::-1][:count]
        changed[:, gone] = rows.mean(axis=0)[gone]
        assert score == pytest.approx(np.mean(classes(changed).argmax(axis=1) == labels))
    assert found.permuted is not None
    assert len(found.permuted.values) == 4
    assert found.row_values is not None


# --------------------------------------------------------------------------- what does not fit


def test_without_labels_what_needs_them_is_left_out() -> None:
    found = tfexplain.importance(classes, X)
    assert isinstance(found, Importance)
    assert (found.permuted, found.hidden) == (None, None)
    assert found.left_out["hiding features"] == "rows have no labels"
    assert np.isfinite(found.values).all()


def test_of_thousands_of_classes_those_with_most_rows_stand_apart() -> None:
    labels = np.where(np.arange(120) < 40, 5, 1000 + np.arange(120))

    def many(x: Any) -> Any:
        logits = np.zeros((len(x), 20_000), "f4")
        logits[:, 5] = np.asarray(x)[:, 0]
        return logits

    found = tfexplain.importance(many, (X[:, :2], labels), rows=60)
    assert isinstance(found, Importance)
    known, by_class = found.by_class
    assert 5 in known
    assert len(known) == 32
    assert by_class.shape == (32, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rows": 1}, "rows=1: expected a whole number of at least 2"),
        ({"explainer": GradCAM}, "explainer=.*expected a method such as"),
        ({"feature_names": ["age"]}, "feature_names: expected 4 names for input 'input'; got 1"),
        ({"feature_names": {"x": ["age"]}}, r"feature_names: expected names by input, one of"),
        ({"feature_names": {1: "word"}}, "it has 0 that they fit"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_settings_that_cannot_work_say_why(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(TfexplainError, match=message):
        tfexplain.importance(classes, (X, LABELS), **settings)


def test_labels_outside_of_the_outputs_are_refused() -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(TfexplainError, match=r"data: expected labels in 0\.\.1"):
        tfexplain.importance(model, (X, np.arange(120) % 3))


def test_a_method_that_gives_maps_of_layers_is_refused(line: Any) -> None:
    with pytest.raises(TfexplainError, match="has a spatial output"):
        tfexplain.importance(line, (X, X @ WEIGHTS), explainer=GradCAM())
    found = tfexplain.importance(line, (X, X @ WEIGHTS), explainer=InputXGradient())
    assert isinstance(found, Importance)
    rows = rows_in_order(found)
    assert np.allclose(found.attributions, rows * WEIGHTS / X.std(axis=0), atol=1e-4)
