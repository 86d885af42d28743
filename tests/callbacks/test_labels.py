"""What `Explain` makes of the labels that come with validation data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from support.read import Run, read_run

from tfexplain import Explain, IntegratedGradients, Saliency
from tfexplain.data.content import row_hashes
from tfexplain.errors import ExplainWarning
from tfexplain.runlog.plan import ExplainPlan
from tfexplain.runlog.settings import ExplainSettings, named_classes
from tfexplain.runlog.summary_text import describe

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 4)).astype("float32")


def model(units: int, loss: Any, activation: Any = "softmax", library: Any = keras) -> Any:
    layers = library.layers
    made = library.Sequential([layers.Input((4,)), layers.Dense(units, activation, name="out")])
    made.compile("sgd", loss)
    return made


def logged(net: Any, y: Any, log_dir: Path, x: Any = X, **settings: Any) -> Run:
    callback = Explain((x, y), explainers=[Saliency()], log_dir=log_dir, verbose=False, **settings)
    net.fit(X, y, verbose=0, callbacks=[callback])
    return read_run(log_dir)


def planned(net: Any, y: Any, targets: Any) -> ExplainPlan:
    return ExplainPlan(settings((X, y), targets), net)


def settings(val: Any, targets: Any) -> ExplainSettings:
    return ExplainSettings(val, (Saliency(),), 8, (), targets, None, False, 0, False)


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_several_labels_are_logged_and_the_explained_one_is_said(
    library: Any, tmp_path: Path
) -> None:
    y = RNG.integers(0, 2, (24, 3))
    run = logged(model(3, "binary_crossentropy", "sigmoid", library), y, tmp_path)
    samples = run.record("samples")
    np.testing.assert_array_equal(samples.label_sets, y[samples.rows])
    np.testing.assert_array_equal(samples.hashes, row_hashes(X[samples.rows]))
    (tags,) = {tag.rpartition("/")[0] for tag in run.values if tag.startswith("map/")}
    targets = [run.record(f"{tags}/{i}").target for i in range(8)]
    explained = ~np.isnan(samples.labels)
    assert explained.any()
    np.testing.assert_array_equal(samples.labels[explained], np.array(targets)[explained])
    np.testing.assert_array_equal(explained, y[samples.rows].any(axis=1))
    assert all(
        y[row, label] for row, label in zip(samples.rows, targets, strict=True) if y[row].any()
    )
    assert samples.settings["target"].startswith("the true label (one of each row's labels")


def test_what_of_the_labels_is_not_used_is_told_once_and_the_rest_goes_on(tmp_path: Path) -> None:
    y, x = np.arange(24) % 4, X.copy()
    x[::8, 0] = np.nan
    net = model(3, "sparse_categorical_crossentropy")
    net.compile("sgd", lambda true, found: keras.ops.mean(found))  # takes any label
    with pytest.warns(ExplainWarning) as warned:
        run = logged(net, y, tmp_path, x=x)
    told = {str(one.message).split(":")[1].split(" is left out")[0].strip() for one in warned}
    assert told == {"label", "rows of validation_data"}
    problems = {p.kind: p.message for p in run.record("status").problems if p.left_out}
    assert problems["label"].startswith("expected labels in 0..2 for output 'output0'; got 3")
    assert problems["rows of validation_data"].startswith(
        "3 of 24 rows hold NaN or infinity. Clean"
    )
    samples = run.record("samples")
    assert (
        samples.settings["samples"]
        == "8 of 24, balanced over the labels; 3 rows hold NaN or infinity"
    )
    known = y[samples.rows] < 3
    assert not known.all()
    np.testing.assert_array_equal(samples.labels[known], y[samples.rows][known])
    assert np.isnan(samples.labels[~known]).all()


def test_labels_that_nobody_asked_for_are_not_told(tmp_path: Path) -> None:
    net = model(3, "sparse_categorical_crossentropy")
    for targets in ("predicted", 1, lambda outputs: outputs[:, 0]):
        assert not planned(net, X[:, 0], targets).left_out
    assert planned(net, X[:, 0], "label").left_out


def test_values_are_explained_as_they_are_and_their_column_is_said() -> None:
    boxes = RNG.random((24, 4)).astype("float32")
    plan = planned(model(4, "mse", "sigmoid"), boxes, "label")
    np.testing.assert_array_equal(plan.batch.labels.values, boxes[plan.batch.rows, 0])
    told = describe(plan, plan.run())["target"]
    assert told == "output 'output0' itself, column 0 of 4, explained as output"
    plan = planned(model(4, "mse", "sigmoid"), boxes, 2)
    np.testing.assert_array_equal(plan.batch.labels.values, boxes[plan.batch.rows, 2])
    np.testing.assert_allclose(
        plan.run()["Saliency"].attributions["input"].scores,
        plan.traced_model.model.predict(X[plan.batch.rows], verbose=0)[:, 2],
        atol=1e-6,
    )


def test_labels_that_are_the_inputs_again_are_values() -> None:
    pixels = RNG.random((24, 4)).astype("float32")
    for x in (pixels, np.round(pixels)):
        net = model(4, "binary_crossentropy", "sigmoid")
        plan = ExplainPlan(settings((x, x), "label"), net)
        labels = plan.batch.labels
        assert (labels.kind, labels.sets) == ("value", None)
        np.testing.assert_array_equal(labels.values, x[plan.batch.rows, 0])
    other = planned(model(4, "binary_crossentropy", "sigmoid"), np.round(pixels), "label")
    assert other.batch.labels.kind == "class"


def test_labels_of_a_margin_are_values_of_rows_that_are_explained() -> None:
    y = np.arange(24) % 2 * 2.0 - 1
    plan = planned(model(1, "hinge", "tanh"), y, "label")
    assert not plan.left_out
    assert len(plan.batch.rows) == 8
    np.testing.assert_array_equal(plan.batch.labels.values, y[plan.batch.rows])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (np.array(["a", "b"]), ("a", "b")),
        (np.array([3, 4]), ("3", "4")),
        ({"b": 1, "a": 0}, ("a", "b")),
        ({np.int64(1): "b", 0: b"a"}, ("a", "b")),
        ([float("nan"), "b"], ("", "b")),
        ({"a": "b"}, ("",)),
        (None, ()),
    ],
)
def test_names_of_classes(names: Any, expected: Any) -> None:
    assert named_classes(names) == expected


def test_masks_are_explained_by_default_for_what_most_of_them_is(tmp_path: Path) -> None:
    """The label is the most frequent class but the background; what is ignored is none."""
    x = RNG.normal(size=(12, 4, 4, 1)).astype("float32")
    y = RNG.integers(0, 3, (12, 4, 4))
    y[:, 0] = 255
    y[5] = 0
    out = keras.layers.Conv2D(3, 1, activation="softmax", name="out")
    net = keras.Sequential([keras.Input((4, 4, 1)), out])
    ignoring = keras.losses.SparseCategoricalCrossentropy(ignore_class=255)
    net.compile("sgd", ignoring)
    callback = Explain(
        (x, y), explainers=IntegratedGradients(), log_dir=tmp_path, samples=12, verbose=False
    )
    net.fit(x, y, verbose=0, callbacks=[callback])
    run = read_run(tmp_path)
    samples = run.record("samples")
    assert samples.settings["target"].startswith("the most frequent class of each sample's labels")
    assert samples.label_kind == "none"
    found = [run.record(f"map/IntegratedGradients/input/{i}") for i in range(12)]
    counts = np.stack([(y == c).sum((1, 2)) for c in (1, 2)], 1)[samples.rows]
    expected = counts.argmax(1) + 1
    labelled = samples.rows != 5
    assert np.array([m.target for m in found])[labelled].tolist() == expected[labelled].tolist()
    logits = x[samples.rows] @ out.kernel.numpy()[0, 0] + out.bias.numpy()
    for record, own in zip(found, logits, strict=True):
        given = own.argmax(-1) == record.target
        values = own[..., record.target]
        score = values[given].mean() if given.any() else values.mean()
        assert record.score == pytest.approx(score, abs=1e-4)
