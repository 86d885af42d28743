"""`Predictions` of segmentations in real fits: IoU beside scikit-learn's, kinds of labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn import metrics
from support.models import digits, same_bits

import tfexplain
from tfexplain import Predictions
from tfexplain.errors import ExplainWarning
from tfexplain.evaluation import Segmented
from tfexplain.evaluation.answer import answer
from tfexplain.types import Array

X = digits(60)[0]
ROWS = len(X)
# Three classes of pixels: dark, middle, bright; some belong to none.
MASKS = np.digitize(X[..., 0], [0.2, 0.7])
MASKS[::7, :2] = 255
NAMES = ["dark", "middle", "bright"]
STRICT: dict[str, Any] = {"on_error": "raise", "verbose": 0}


def segmenter(classes: int, activation: str | None = "softmax") -> Any:
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Conv2D(classes, 3, padding="same", activation=activation)]
    return keras.Sequential([keras.Input((8, 8, 1)), *layers])


def trained(model: Any, loss: Any, data: Any, log_dir: Path, **settings: Any) -> Segmented:
    model.compile(keras.optimizers.Adam(0.05), loss)
    callback = Predictions(data, log_dir=log_dir, **STRICT, **settings)
    model.fit(*data[:2], epochs=2, callbacks=[callback], verbose=0)
    (run,) = tfexplain.read(log_dir).values()
    return run.segmented()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A training on masks, with the labels and predictions of its rows."""
    log_dir = tmp_path_factory.mktemp("masks")
    model = segmenter(3)
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=255)
    groups = ["left" if row % 3 else "right" for row in range(ROWS)]
    own = trained(model, loss, (X, MASKS), log_dir, groups=groups, class_names=NAMES)
    said = model.predict(X, verbose=0).argmax(-1)
    return log_dir, own, MASKS[own.validation.rows], said[own.validation.rows]


def test_numbers_are_those_of_scikit_learn_on_all_pixels(run: Any) -> None:
    log_dir, own, masks, said = run
    some = masks != 255
    true, predicted = masks[some], said[some]
    hits = own.hits().total()
    expected = metrics.jaccard_score(true, predicted, average=None, labels=range(3))
    np.testing.assert_allclose(hits.rate("iou"), expected)
    for name, score in (("precision", metrics.precision_score), ("recall", metrics.recall_score)):
        given = {"average": None, "labels": range(3), "zero_division": 0.0}
        np.testing.assert_allclose(np.nan_to_num(hits.rate(name)), score(true, predicted, **given))
    np.testing.assert_allclose(own.confusion(), metrics.confusion_matrix(true, predicted))
    totals = own.totals()
    assert totals["accuracy"] == pytest.approx(metrics.accuracy_score(true, predicted))
    assert totals["mean_iou"] == pytest.approx(expected.mean())
    (logged,) = tfexplain.read(log_dir).values()
    assert logged.evaluation["mean_iou"][-1] == totals["mean_iou"]
    # Each row's own, of which the intervals are resampled.
    for row in (0, 5):
        matrix = metrics.confusion_matrix(masks[row].ravel(), said[row].ravel(), labels=range(3))
        np.testing.assert_array_equal(own.pixels.hits[row], np.diag(matrix))
        np.testing.assert_array_equal(
            own.pixels.misses[row], (matrix - np.diag(np.diag(matrix))).sum(1)
        )


def test_intervals_are_of_samples_of_rows_not_of_pixels(run: Any) -> None:
    _, own, masks, said = run
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(300):
        rows = rng.integers(ROWS, size=ROWS)
        some = masks[rows] != 255
        drawn.append(metrics.jaccard_score(masks[rows][some], said[rows][some], average="macro"))
    value, low, high = own.with_intervals()["mean_iou"]
    assert low < value < high
    np.testing.assert_allclose([low, high], np.quantile(drawn, [0.025, 0.975]), atol=0.01)


def test_the_page_is_told_what_was_counted(run: Any) -> None:
    _, own, masks, said = run
    told = answer(own)
    assert [one["name"] for one in told["classes"]] == NAMES
    hits = own.hits()
    low, high = hits.interval("iou", by_rows=False)
    for i, one in enumerate(told["classes"]):
        expected = [hits.total().rate("iou")[i], low[i], high[i]]
        np.testing.assert_allclose(one["iou"], expected, rtol=1e-5)
        assert one["rows"] == (masks == i).any(axis=(1, 2)).sum()
    np.testing.assert_allclose(told["confusion"], own.confusion())
    assert told["accuracy"][0] == pytest.approx(own.totals()["accuracy"], rel=1e-5)
    for group in told["accuracy_by_group"]:
        inside = (own.validation.rows % 3 > 0) == (group["name"] == "left")
        right = (masks == said)[inside][masks[inside] != 255]
        assert group["accuracy"][0] == pytest.approx(right.mean(), rel=1e-5)


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_one_sigmoid_has_two_classes(activation: str | None, tmp_path: Path) -> None:
    model, masks = segmenter(1, activation), (X > 0.4).astype("f4")
    loss = keras.losses.BinaryCrossentropy(from_logits=activation is None)
    own = trained(model, loss, (X, masks), tmp_path)
    said = model.predict(X, verbose=0) > (0 if activation is None else 0.5)
    np.testing.assert_allclose(
        own.hits().total().rate("iou")[1], metrics.jaccard_score(masks.ravel(), said.ravel())
    )
    assert own.classes == 2


def test_one_hot_masks_weights_of_rows_and_of_pixels(tmp_path: Path) -> None:
    masks = np.where(MASKS == 255, 0, MASKS)
    hot, model = np.eye(3, dtype="f4")[masks], segmenter(3)
    of_rows = np.linspace(0, 2, ROWS)
    own = trained(model, "categorical_crossentropy", (X, hot, of_rows), tmp_path / "rows")
    said = model.predict(X, verbose=0).argmax(-1)
    each = np.broadcast_to(of_rows[:, None, None], masks.shape).ravel()
    expected = metrics.confusion_matrix(masks.ravel(), said.ravel(), sample_weight=each)
    np.testing.assert_allclose(own.confusion(), expected)
    jaccard = metrics.jaccard_score(masks.ravel(), said.ravel(), average=None, sample_weight=each)
    np.testing.assert_allclose(own.hits().total().rate("iou"), jaccard)
    of_pixels = (MASKS != 255).astype("f4")
    loss = "sparse_categorical_crossentropy"
    own = trained(segmenter(3), loss, (X, masks, of_pixels), tmp_path / "pixels")
    assert own.confusion().sum() == of_pixels.sum()


def test_several_labels_of_a_pixel(tmp_path: Path) -> None:
    model = segmenter(2, "sigmoid")
    sets = np.concatenate([X > 0.3, X > 0.6], axis=-1).astype("f4")
    own = trained(model, "binary_crossentropy", (X, sets), tmp_path)
    said = model.predict(X, verbose=0) > 0.5
    expected = [metrics.jaccard_score(sets[..., i].ravel(), said[..., i].ravel()) for i in (0, 1)]
    np.testing.assert_allclose(own.hits().total().rate("iou"), expected)
    assert own.has_several
    told = answer(own)
    assert "confusion" not in told
    assert list(told["totals"]) == ["mean_iou", "macro_f1"]


def test_training_ends_with_the_same_bits(tmp_path: Path) -> None:
    ends = []
    for callbacks in ([], [Predictions((X, MASKS.clip(max=2)), log_dir=tmp_path, **STRICT)]):
        model = segmenter(3)
        model.add(keras.layers.Dropout(0.3))
        model.add(keras.layers.BatchNormalization())
        model.add(keras.layers.Softmax())
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(X, MASKS.clip(max=2), epochs=2, callbacks=callbacks, verbose=0)
        ends.append(model.get_weights())
    assert same_bits(*ends)


@pytest.mark.parametrize(
    ("labels", "classes", "loss", "said"),
    [
        (MASKS[:, :4], 3, "sparse_categorical_crossentropy", "a label for each of 64 positions"),
        (MASKS.clip(max=2) + 1, 3, "sparse_categorical_crossentropy", r"labels in 0\.\.2 .*got 3"),
        (MASKS.clip(max=2), 257, "sparse_categorical_crossentropy", "at most 256 classes"),
        (X, 1, "mse", "values at each position"),
    ],
)
def test_what_cannot_be_done_is_left_out_and_said(
    labels: Array, classes: int, loss: str, said: str, tmp_path: Path
) -> None:
    model = segmenter(classes, None if loss == "mse" else "softmax")
    model.compile("sgd", loss)
    callback = Predictions((X, labels), log_dir=tmp_path, verbose=0)
    good = X if loss == "mse" else MASKS.clip(max=2)
    with pytest.warns(ExplainWarning, match=said):
        model.fit(X, good, callbacks=[callback], verbose=0)
