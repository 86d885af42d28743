"""`Predictions` in real fits: its numbers beside scikit-learn's and Keras' own, kinds of labels,
bad input, restarts, and training left as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from sklearn import metrics
from sklearn.datasets import load_diabetes, load_digits
from support.models import digits, same_bits, small_cnn
from support.read import Run, read_run

import tfexplain
from tfexplain import Predictions
from tfexplain.errors import ExplainWarning, TfexplainError
from tfexplain.evaluation import Evaluated
from tfexplain.types import Array

X, Y = digits()
QUIET: dict[str, Any] = {"verbose": 0}
STRICT: dict[str, Any] = {"on_error": "raise", **QUIET}


def logged(log_dir: Path) -> Run:
    return read_run(log_dir, "predictions")


def evaluated(log_dir: Path, epoch: int | None = None) -> Evaluated:
    (run,) = tfexplain.read(log_dir).values()
    return run.evaluated(epoch)


def dense(units: int, activation: str | None, inputs: int = 64, library: Any = keras) -> Any:
    layers = library.layers
    return library.Sequential(
        [library.Input((inputs,)), layers.Dense(16, "relu"), layers.Dense(units, activation)]
    )


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras", "tf_keras"])
def test_numbers_are_those_of_evaluate_and_of_scikit_learn(library: Any, tmp_path: Path) -> None:
    model = small_cnn(library)
    weights = np.linspace(0.5, 2, len(X))
    callback = Predictions((X, Y, weights), log_dir=tmp_path, **STRICT)
    model.fit(X, Y, epochs=3, callbacks=[callback], **QUIET)
    own = evaluated(tmp_path)
    totals = own.totals()
    loss, *_ = model.evaluate(X, Y, sample_weight=weights, batch_size=len(X), **QUIET)
    mean = loss * len(X) / weights.sum()  # Keras divides by the number of rows
    assert totals["log_loss"] == pytest.approx(mean, rel=1e-5)
    probabilities = model.predict(X, **QUIET)
    predicted = probabilities.argmax(axis=1)
    order = own.validation.rows
    np.testing.assert_array_equal(own.predicted, predicted[order])
    np.testing.assert_array_equal(own.validation.labels, Y[order])
    given = {"sample_weight": weights}
    assert totals["accuracy"] == pytest.approx(metrics.accuracy_score(Y, predicted, **given))
    macro = metrics.f1_score(Y, predicted, average="macro", zero_division=0.0, **given)
    assert totals["macro_f1"] == pytest.approx(macro)
    expected = metrics.confusion_matrix(Y, predicted, labels=range(10), **given)
    np.testing.assert_allclose(own.confusion(), expected)
    auc = metrics.roc_auc_score(Y == 3, probabilities[:, 3], **given)
    assert float(own.ranking(3).auc) == pytest.approx(auc, abs=1e-6)


def test_logits_tell_sure_predictions_apart_that_probabilities_do_not(tmp_path: Path) -> None:
    model = small_cnn()
    head = model.layers[-1]
    kernel, bias = head.get_weights()
    head.set_weights([400 * kernel, bias])
    model.optimizer.learning_rate = 0.0
    model.fit(X, Y, callbacks=[Predictions((X, Y), log_dir=tmp_path, **STRICT)], **QUIET)
    own = evaluated(tmp_path)
    assert own.outputs.unit == "logit"
    label = int(np.bincount(own.predicted).argmax())
    chances = model.predict(X, **QUIET)[:, label]
    assert len(np.unique(chances)) < len(np.unique(own.ranked(label)[0]))


def test_rows_keep_the_shares_of_the_data_and_their_number_is_bounded(tmp_path: Path) -> None:
    labels = (np.arange(len(X)) % 10 == 0).astype(int)
    model = small_cnn()
    callback = Predictions((X, labels), log_dir=tmp_path, rows=40, **STRICT)
    model.fit(X, Y, callbacks=[callback], **QUIET)
    record = evaluated(tmp_path).validation
    assert (len(record.labels), record.total) == (40, len(X))
    assert record.labels.mean() < 0.35  # balanced, it would be a half
    np.testing.assert_array_equal(record.labels, labels[record.rows])
    shuffled = np.random.default_rng(0).permutation(len(X))
    other = Predictions((X[shuffled], labels[shuffled]), log_dir=tmp_path / "b", rows=40, **STRICT)
    model.fit(X, Y, callbacks=[other], **QUIET)
    again = evaluated(tmp_path / "b").validation
    np.testing.assert_array_equal(again.hashes, record.hashes)


# ------------------------------------------------------------------------------ kinds of labels


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_one_sigmoid_has_two_classes(activation: str | None, tmp_path: Path) -> None:
    flat, labels = X.reshape(len(X), -1), (Y > 4).astype(int)
    model = dense(1, activation)
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=activation is None))
    callback = Predictions((flat, labels), log_dir=tmp_path, **STRICT)
    model.fit(flat, labels, epochs=3, callbacks=[callback], **QUIET)
    own = evaluated(tmp_path)
    logits = model.predict(flat, **QUIET)[:, 0]
    said = logits > (0 if activation is None else 0.5)
    totals = own.totals()
    assert own.classes == 2
    assert totals["accuracy"] == pytest.approx(np.mean(said == labels))
    assert totals["auc"] == pytest.approx(metrics.roc_auc_score(labels, logits), abs=1e-6)
    precision = metrics.average_precision_score(labels, logits)
    assert totals["average_precision"] == pytest.approx(precision, abs=1e-6)


def test_several_labels_of_a_row(tmp_path: Path) -> None:
    flat = X.reshape(len(X), -1)
    labels = np.stack([Y % 2 == 0, Y > 4, Y == 3], axis=1).astype("float32")
    model = dense(3, "sigmoid")
    model.compile("adam", "binary_crossentropy")
    callback = Predictions((flat, labels), log_dir=tmp_path, **STRICT)
    model.fit(flat, labels, epochs=3, callbacks=[callback], **QUIET)
    own = evaluated(tmp_path)
    probabilities = model.predict(flat, **QUIET)
    said = probabilities > 0.5
    for how in ("micro", "macro", "weighted"):
        expected = metrics.f1_score(labels, said, average=how, zero_division=0.0)
        assert float(own.hits().total().average("f1", how)) == pytest.approx(expected)
    assert own.totals()["accuracy"] == pytest.approx(metrics.accuracy_score(labels, said))
    assert own.totals()["log_loss"] == pytest.approx(
        model.evaluate(flat, labels, **QUIET), rel=1e-4
    )
    auc = metrics.roc_auc_score(labels[:, 1], probabilities[:, 1])
    assert float(own.ranking(1).auc) == pytest.approx(auc, abs=1e-6)


def test_values(tmp_path: Path) -> None:
    data = load_diabetes()
    x, y = data.data.astype("float32"), (data.target / 100).astype("float32")
    model = dense(1, None, 10)
    model.compile("adam", "mse")
    callback = Predictions((x, y), log_dir=tmp_path, **STRICT)
    model.fit(x, y, epochs=2, callbacks=[callback], **QUIET)
    own, said = evaluated(tmp_path), model.predict(x, **QUIET)[:, 0]
    assert own.totals() == pytest.approx(
        {
            "mean_absolute_error": metrics.mean_absolute_error(y, said),
            "root_mean_squared_error": metrics.root_mean_squared_error(y, said),
            "r2": metrics.r2_score(y, said),
        },
        rel=1e-5,
    )
    assert own.errors_by_value().rows.sum() == len(y)
    with pytest.raises(TfexplainError, match="confusion: expected labels that are classes"):
        own.confusion()


def test_of_thousands_of_classes_the_largest_are_kept(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(48, 8)).astype("float32")
    y = np.random.default_rng(1).integers(20_000, size=48)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(20_000, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    callback = Predictions((x, y), log_dir=tmp_path, **STRICT)
    model.fit(x, y, callbacks=[callback], **QUIET)
    own = evaluated(tmp_path)
    probabilities = model.predict(x, **QUIET)
    np.testing.assert_array_equal(own.predicted, probabilities.argmax(axis=1)[own.validation.rows])
    loss = metrics.log_loss(y, probabilities, labels=range(20_000))
    assert own.totals()["log_loss"] == pytest.approx(loss, rel=1e-5)
    assert own.validation.settings["kept"].startswith("the likeliest classes")
    with pytest.raises(TfexplainError, match="keeps the largest of 20000 classes"):
        own.ranking(0)


# -------------------------------------------------------------------------- over several epochs


def test_sums_over_epochs_hold_over_a_restart(tmp_path: Path) -> None:
    """Whatever epochs are kept, the last record sums up all; `every` counts those it ran."""
    kept: list[Array] = []

    class Keep(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            kept.append(self.model.predict(X, **QUIET))

    def train(epochs: int, initial: int = 0) -> None:
        callback = Predictions((X, Y), log_dir=tmp_path / "log", **STRICT)
        options = {"epochs": epochs, "initial_epoch": initial, "callbacks": [Keep(), callback]}
        model.fit(X, Y, **options, **QUIET)

    model = small_cnn()
    train(3)
    train(6, 3)
    own = evaluated(tmp_path / "log")
    order = own.validation.rows
    chances = np.stack([outputs[np.arange(len(X)), Y][order] for outputs in kept])
    right = np.stack([outputs.argmax(axis=1) == Y for outputs in kept])[:, order]
    seen = own.dynamics()
    assert seen.epochs == 6
    np.testing.assert_allclose(seen.confidence, chances.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(seen.variability, chances.std(axis=0), atol=1e-5)
    np.testing.assert_allclose(seen.correctness, right.mean(axis=0))
    np.testing.assert_array_equal(seen.forgotten, (right[:-1] & ~right[1:]).sum(axis=0))


def test_every_and_the_last_epoch_and_totals_for_logs(tmp_path: Path) -> None:
    callback = Predictions(
        (X, Y), log_dir=tmp_path, every=2, logs=["predictions/macro_f1"], **STRICT
    )
    history = small_cnn().fit(X, Y, epochs=4, callbacks=[callback], **QUIET).history
    run = logged(tmp_path)
    assert list(run.values["outputs"]) == [0, 2, 3]
    logs = history["predictions/macro_f1"]
    assert np.isnan(logs[1])
    for epoch in (0, 2, 3):
        assert logs[epoch] == evaluated(tmp_path, epoch).totals()["macro_f1"]
        assert run.values["predictions/macro_f1"][epoch] == pytest.approx(logs[epoch], rel=1e-6)
    (read,) = tfexplain.read(tmp_path).values()
    assert read.evaluation["epoch"].tolist() == [0, 2, 3]
    with pytest.raises(TfexplainError, match=r"epoch=1: no outputs.*Logged are: 0, 2, 3"):
        read.evaluated(1)


def test_training_ends_with_the_same_bits(tmp_path: Path) -> None:
    def trained(*callbacks: Any) -> list[Array]:
        keras.utils.set_random_seed(3)
        model = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                keras.layers.Conv2D(4, 3, activation="relu"),
                keras.layers.BatchNormalization(),
                keras.layers.Dropout(0.3),
                keras.layers.Flatten(),
                keras.layers.Dense(10, "softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(X, Y, epochs=2, batch_size=16, callbacks=callbacks, **QUIET)
        return [np.asarray(v) for v in [*model.variables, *model.optimizer.variables]]

    measured = trained(Predictions((X, Y), log_dir=tmp_path, **STRICT))
    assert same_bits(trained(), measured)


# --------------------------------------------------------------- groups, and what cannot be done


def test_groups_are_those_of_the_rows(tmp_path: Path) -> None:
    groups = [f"hospital {i % 3}" for i in range(len(X))]
    callback = Predictions((X, Y), log_dir=tmp_path, groups=groups, rows=30, **STRICT)
    small_cnn().fit(X, Y, callbacks=[callback], **QUIET)
    record = evaluated(tmp_path).validation
    assert record.group_names == ["hospital 0", "hospital 1", "hospital 2"]
    np.testing.assert_array_equal(record.groups, record.rows % 3)


@pytest.mark.parametrize(
    ("data", "settings", "said"),
    [
        ((X,), {}, "expected labels of output .*; got none"),
        ((X, Y + 5), {}, r"expected labels in 0\.\.9 for output .*; got 14"),
        ((X, Y), {"groups": ["a"]}, rf"groups: expected one for each of {len(X)} rows; got 1"),
    ],
)
def test_what_cannot_be_done_is_left_out_and_said(
    data: tuple[Array, ...], settings: dict[str, Any], said: str, tmp_path: Path
) -> None:
    given = data if len(data) > 1 else data[0]
    callback = Predictions(given, log_dir=tmp_path, **settings, **QUIET)
    with pytest.warns(ExplainWarning, match=said):
        history = small_cnn().fit(X, Y, epochs=2, callbacks=[callback], **QUIET).history
    assert len(history["loss"]) == 2
    assert list(logged(tmp_path).values["metrics"]) == [0, 1]


def test_weights_of_zero_leave_nothing_to_count(tmp_path: Path) -> None:
    callback = Predictions((X, Y, np.zeros(len(X))), log_dir=tmp_path, **STRICT)
    small_cnn().fit(X, Y, callbacks=[callback], **QUIET)
    own = evaluated(tmp_path)
    assert own.totals() == {}
    assert own.confusion().sum() == 0


def test_settings_are_checked() -> None:
    with pytest.raises(TfexplainError, match="rows=0"):
        small_cnn().fit(
            X, Y, callbacks=[Predictions((X, Y), log_dir="unused", rows=0, **STRICT)], **QUIET
        )


def test_rows_of_one_class_have_no_auc(tmp_path: Path) -> None:
    """Nothing to find is no failure: what is not defined is NaN."""
    flat, labels = X.reshape(len(X), -1), np.zeros(len(X), int)
    model = dense(1, "sigmoid")
    model.compile("adam", "binary_crossentropy")
    callback = Predictions((flat, labels), log_dir=tmp_path, **STRICT)
    model.fit(flat, labels, callbacks=[callback], **QUIET)
    totals = evaluated(tmp_path).totals()
    assert np.isnan(totals["auc"])
    assert np.isfinite(totals["accuracy"])


def test_one_row(tmp_path: Path) -> None:
    digit = load_digits()
    x, y = (digit.images[:1] / 16)[..., None].astype("float32"), digit.target[:1]
    callback = Predictions((x, y), log_dir=tmp_path, **STRICT)
    small_cnn().fit(X, Y, callbacks=[callback], **QUIET)
    own = evaluated(tmp_path)
    low, high = own.hits().interval("recall")
    label = int(y[0])
    assert high[label] - low[label] > 0.7
