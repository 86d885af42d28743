"""Regions during training: what is logged, against the metrics of explanations on logged maps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.models import digits, same_bits, small_cnn
from support.read import read_run

import tfexplain
from tfexplain import Custom, Explain, GradCAM, IntegratedGradients, Predictions
from tfexplain.errors import TfexplainError
from tfexplain.quality import mass_accuracy, pointing_game
from tfexplain.report.map_numbers import regions as regions_table
from tfexplain.trust import Avoid, Boxes, MassAccuracy, PointingGame

X, Y = digits()
LIT = X[..., 0] > 0.5
GROUPS = ["left" if lit[:, :4].sum() > lit[:, 4:].sum() else "right" for lit in LIT]


def fit(log_dir: Path, explainers: Any, model: Any, data: Any = (X, Y), **options: Any) -> Any:
    settings = {"on_error": "raise", "verbose": False, "write_images": False, **options}
    callback = Explain(data, log_dir=log_dir, explainers=explainers, **settings)
    others = [Predictions((X, Y), log_dir=log_dir, groups=GROUPS, verbose=False)]
    return model.fit(X, Y, epochs=2, batch_size=16, verbose=0, callbacks=[callback, *others])


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Any]:
    """A training with regions by row and one that all rows share, its model and its history."""
    log_dir, model = tmp_path_factory.mktemp("regions") / "run", small_cnn()
    drawn = Custom("Drawn", lambda model, x, targets: np.asarray(x)[..., 0])
    regions = {"stroke": LIT, "mark": Avoid("left edge")}
    names = ["explain/IntegratedGradients/mass/stroke", "explain/GradCAM/pointing/mark"]
    explainers = [GradCAM(), IntegratedGradients(steps=4), drawn]
    history = fit(log_dir, explainers, model, regions=regions, logs=names)
    return log_dir, model, history.history


def test_numbers_are_those_of_the_metrics_on_the_explained_maps(log: Any) -> None:
    log_dir, model, history = log
    run = read_run(log_dir)
    samples = run.record("samples", 0)
    stroke, left = LIT[samples.rows], np.zeros((8, 8, 8), bool)
    left[:, :, 0] = True
    # A map that is the input itself: closed forms.
    x = X[samples.rows][..., 0].astype(np.float64)
    drawn = run.record("regions/Drawn/input", 1)
    expected = [(x * mask).sum((1, 2)) / x.sum((1, 2)) for mask in (stroke, left)]
    np.testing.assert_allclose(drawn.mass.T, expected, rtol=1e-6)
    np.testing.assert_allclose(drawn.pointing[:, 0], 1)
    np.testing.assert_allclose(drawn.area.T, [stroke.mean((1, 2)), np.full(8, 1 / 8)])
    assert (list(drawn.names), list(drawn.avoid)) == (["stroke", "mark"], [False, True])
    assert (drawn.moment, drawn.weights) == ("epoch", 1)
    # Of the maps as logged, in float16.
    maps = np.stack([m.values for m in run.maps("IntegratedGradients", "input", 1)])
    found = run.record("regions/IntegratedGradients/input", 1)
    for place, mask in enumerate((stroke, left)):
        own = mass_accuracy(maps, mask)
        np.testing.assert_allclose(found.mass[:, place], own, rtol=2e-3, atol=1e-6)
        np.testing.assert_allclose(found.pointing[:, place], pointing_game(maps, mask))
    told = history["explain/IntegratedGradients/mass/stroke"]
    assert told[1] == pytest.approx(np.nanmean(found.mass[:, 0]))
    # Of a layer, as the metrics measure it after training.
    y, cam = samples.labels.astype(int), run.record("regions/GradCAM/conv", 1)
    for metric, own in ((MassAccuracy, cam.mass), (PointingGame, cam.pointing)):
        called = metric(regions=stroke)(model, X[samples.rows], y, GradCAM())
        np.testing.assert_allclose(own[:, 0], called.values, rtol=1e-4)
    assert history["explain/GradCAM/pointing/mark"][1] == pytest.approx(
        np.nanmean(cam.pointing[:, 1]), nan_ok=True
    )


def test_masks_are_logged_once_as_they_were_given(log: Any) -> None:
    run = read_run(log[0])
    rows, record = run.record("samples", 0).rows, run.record("masks/input", 0)
    np.testing.assert_array_equal(record.values[0], LIT[rows])
    np.testing.assert_array_equal(record.values[1], np.broadcast_to(np.arange(8) == 0, (8, 8, 8)))
    assert (record.names, record.avoid) == (["stroke", "mark"], [False, True])
    settings = run.record("samples", 0).settings["regions"]
    assert re.fullmatch(r"stroke \d+(\.\d)?%, mark \(avoid\) 12.5% of input", settings)


def test_the_reader_has_a_row_for_each_number(log: Any) -> None:
    table = tfexplain.read(log[0].parent)["run"].regions
    run = read_run(log[0])
    assert len(table["mass"]) == 2 * 3 * 2 * 8
    samples = run.record("samples", 0)
    row = {name: column[-1] for name, column in table.items()}
    record = run.record(f"regions/{row['explainer']}/{row['layer']}", 1)
    place = record.names.index(row["region"])
    own = [record.mass[-1, place], record.area[-1, place], record.pointing[-1, place]]
    np.testing.assert_array_equal([row["mass"], row["chance"], row["pointing"]], own)
    assert (row["label"], row["avoid"]) == (samples.labels[-1], record.avoid[place])
    assert row["group"] == GROUPS[samples.rows[-1]]
    assert set(table["group"]) == {GROUPS[place] for place in samples.rows}


def test_a_summary_tells_regions_of_all_samples_and_by_group(log: Any) -> None:
    run = tfexplain.read(log[0].parent)["run"]
    table, html = run.regions, regions_table(run)
    rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in html.split("<tr>")]
    of = (table["explainer"] == "Drawn") & (table["region"] == "mark") & (table["epoch"] == 1)
    told = {row[2]: row for row in rows if row[:2] == ["Drawn at input", "mark (avoid)"]}
    assert told.keys() == {"all samples", *(f"group {name}" for name in set(table["group"][of]))}
    for name, row in told.items():
        own = of if name == "all samples" else of & (table["group"] == name.split()[1])
        means = [np.nanmean(table[column][own]) for column in ("mass", "pointing", "chance")]
        np.testing.assert_allclose(np.array(row[4:], float), means, rtol=1e-2)


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_training_is_the_same_to_the_bit_with_regions(tmp_path: Path, library: Any) -> None:
    weights = []
    for regions in (None, Boxes([2, 2, 6, 6])):
        model = small_cnn(library)
        fit(tmp_path / str(regions is None), IntegratedGradients(steps=4), model, regions=regions)
        weights.append(model.get_weights())
    assert same_bits(*weights)
    values = read_run(tmp_path / "False").record("masks/input", 0).values
    assert values.shape == (1, 1, 8, 8)  # one for all samples
    assert values.sum() == 16


def test_data_in_batches_have_functions_and_named_sets_and_logs_hold_masks_once(
    tmp_path: Path,
) -> None:
    asked: list[tuple[Any, Any]] = []

    def lit(x: Any, y: Any) -> Any:
        asked.append((np.shape(x), np.asarray(y)))
        return np.asarray(x)[..., 0] > 0.5

    model, data = small_cnn(), tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(96).batch(7)
    options = {"verbose": False, "write_images": False, "regions": {"lit": lit, "all": "middle"}}
    explainers = [IntegratedGradients(steps=4)]
    callback = Explain(data, log_dir=tmp_path, explainers=explainers, **options)
    for first in (0, 1):
        model.fit(X, Y, epochs=first + 1, initial_epoch=first, verbose=0, callbacks=[callback])
    # In a new process, as it were.
    again = Explain(data, log_dir=tmp_path, explainers=explainers, **options)
    model.fit(X, Y, epochs=3, initial_epoch=2, verbose=0, callbacks=[again])
    run, labels = read_run(tmp_path), read_run(tmp_path).record("samples", 0).labels
    assert asked[0][0] == (8, 8, 8, 1)
    np.testing.assert_array_equal(asked[0][1], labels)
    files = sorted((tmp_path / "explain").glob("*tfevents*"))
    written = [len(re.findall(rb"masks/input", file.read_bytes())) for file in files]
    assert sum(written) == 1
    assert len(files) > 1
    assert set(run.values["regions/IntegratedGradients/input"]) == {0, 1, 2}


@pytest.mark.parametrize(
    ("regions", "data", "message"),
    [
        (np.ones((96, 9, 9), bool), (X, Y), r"regions\['region'\].*\[8, 8\]; got bool \[8, 9, 9\]"),
        ({"a": np.zeros((8, 8), bool)}, (X, Y), r"'a'\].*row \d+ of validation_data has an empty"),
        ({"a": LIT[:50]}, (X, Y), r"one for each of 96 rows of validation_data; got 50"),
        ({"a": LIT}, tf.data.Dataset.from_tensor_slices((X, Y)).batch(8), "whose rows have an ord"),
        ({"a": lambda x, y: 1 / 0}, (X, Y), r"function of \(x, y\) raised ZeroDivisionError"),
        ("corner", (X, Y), "regions='corner': expected one of 'border'"),
        ({"a/b": "border"}, (X, Y), "printable characters without a slash"),
        ({}, (X, Y), "expected a region by each name"),
    ],
)
def test_bad_regions_end_a_fit_before_its_first_batch(
    tmp_path: Path, regions: Any, data: Any, message: str
) -> None:
    model = small_cnn()
    before = [array.copy() for array in model.get_weights()]
    callback = Explain(data, log_dir=tmp_path, regions=regions, verbose=False, write_images=False)
    with pytest.raises(TfexplainError, match=message):
        model.fit(X, Y, verbose=0, callbacks=[callback])
    assert same_bits(before, model.get_weights())
