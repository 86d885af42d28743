"""Trust during training: similarity to the start, and metrics, against what the log holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras
from scipy import stats
from support.models import digits, same_bits, small_cnn
from support.read import Run, read_run

import tfexplain
from tfexplain import Custom, Explain, GradCAM, IntegratedGradients, KernelSHAP, SmoothGrad
from tfexplain.errors import ExplainWarning, TfexplainError
from tfexplain.trust import ROAD, Completeness, Deletion, MaxSensitivity, ModelRandomisation
from tfexplain.trust.orders import edges

X, Y = digits()
START = "start similarity"


def fit(log_dir: Path, explainers: Any, model: Any, epochs: int = 2, **options: Any) -> Any:
    settings = {"explainers": explainers, "on_error": "raise", "verbose": False, **options}
    callback = Explain((X, Y), log_dir=log_dir, write_images=False, **settings)
    return model.fit(X, Y, epochs=epochs, batch_size=16, verbose=0, callbacks=[callback])


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Any]:
    """A training whose maps are measured, the model after it, and its history."""
    log_dir, model = tmp_path_factory.mktemp("trust") / "run", small_cnn()
    metrics = [Deletion(), Completeness()]
    names = ["explain/GradCAM/start_similarity", "explain/IntegratedGradients/Completeness"]
    explainers = [GradCAM(relu=False), IntegratedGradients(steps=4)]
    with pytest.warns(ExplainWarning, match="Completeness of GradCAM is left out"):
        history = fit(log_dir, explainers, model, epochs=6, quality=metrics, logs=names)
    return log_dir, model, history.history


def start_of(run: Run, explainer: str, layer: str) -> Any:
    return run.record(f"start/{explainer}/{layer}", 0).values.astype(np.float64)


def ranked(a: Any, b: Any, here: Any) -> list[float]:
    rows = zip(a, b, here, strict=True)
    return [stats.spearmanr(x[own], y[own]).statistic for x, y, own in rows]


def test_similarity_to_the_start_is_what_the_logged_maps_say(log) -> None:
    run = read_run(log[0])
    samples = run.record("samples", 0)
    for explainer, layer in (("GradCAM", "conv"), ("IntegratedGradients", "input")):
        start = start_of(run, explainer, layer)
        lit = X[samples.rows][..., 0] != 0
        here = lit if layer == "input" else np.ones_like(lit)
        for epoch in range(6):
            maps = np.stack([m.values for m in run.maps(explainer, layer, epoch)])
            found = run.record(f"trust/{explainer}/{layer}", epoch)
            place = list(found.names).index(START)
            # float16 of both may swap ranks.
            expected = ranked(maps.astype(np.float64), start, here)
            np.testing.assert_allclose(found.values[:, place], expected, atol=2e-2)
            chance = ranked(maps.astype(np.float64), np.roll(start, 1, axis=0), here)
            np.testing.assert_allclose(found.chance[:, place], chance, atol=2e-2)
            assert (found.units[place], found.better[place]) == ("rank correlation", "lower")
            assert found.weights == epoch


def test_metrics_are_those_of_a_call_after_training_in_a_few_epochs(log) -> None:
    log_dir, model, history = log
    run = read_run(log_dir)
    own = [sorted(run.record("trust/IntegratedGradients/input", e).names) for e in range(6)]
    every = [START], sorted([START, "Deletion", "Completeness"])
    assert own == [every[1], every[1], every[0], every[1], every[0], every[1]]
    last, samples = run.record("trust/IntegratedGradients/input", 5), run.record("samples", 0)
    x, y = X[samples.rows], samples.labels.astype(int)
    for metric in (Deletion(), Completeness()):
        called = metric(model, x, y, IntegratedGradients(steps=4))
        place = list(last.names).index(metric.name)
        np.testing.assert_allclose(last.values[:, place], called.values, rtol=1e-4)
        assert last.units[place] == called.unit
    # Grad-CAM adds up to nothing.
    assert "Completeness" not in run.record("trust/GradCAM/conv", 5).names
    (problem,) = [p for p in run.record("status", 5).problems if "Completeness" in p.kind]
    assert problem.left_out
    assert "expected values that add up" in problem.message
    mean = np.nanmean(last.values[:, list(last.names).index("Completeness")])
    told = history["explain/IntegratedGradients/Completeness"]
    assert told[5] == pytest.approx(mean)
    assert np.isnan(told[2])
    assert np.isfinite(history["explain/GradCAM/start_similarity"]).all()


def test_the_curves_of_a_metric_are_logged_beside_its_number(log) -> None:
    log_dir, model, _ = log
    run = read_run(log_dir)
    assert not run.record("trust/GradCAM/conv", 2).curves
    last, samples = run.record("trust/IntegratedGradients/input", 5), run.record("samples", 0)
    x, y = X[samples.rows], samples.labels.astype(int)
    called = Deletion()(model, x, y, IntegratedGradients(steps=4))
    found = {one.order: one for one in last.curves}
    assert found.keys() == {"map", "chance", "edges"}
    for order, one in found.items():
        assert one.metric == "Deletion"
        np.testing.assert_array_equal(one.shares, called.shares)
        # As float16 of the largest score.
        np.testing.assert_allclose(one.values, called.curves[order], atol=1e-3)
    table = tfexplain.read(log_dir.parent)["run"].trust_curves
    own = (table["explainer"] == "IntegratedGradients") & (table["epoch"] == 5)
    own &= (table["order"] == "edges") & (table["sample"] == 3)
    np.testing.assert_array_equal(table["share"][own], called.shares)
    np.testing.assert_array_equal(table["score"][own], found["edges"].values[3])


def test_the_reader_has_a_row_for_each_number(log) -> None:
    table = tfexplain.read(log[0].parent)["run"].trust
    run = read_run(log[0])
    assert len(table["value"]) == 8 * (2 * 6 + 4 * (1 + 2))
    rows = list(zip(*(table[name] for name in table), strict=True))
    row = dict(zip(table, rows[-1], strict=True))
    record = run.record(f"trust/{row['explainer']}/{row['layer']}", 5)
    place = list(record.names).index(row["metric"])
    assert row["value"] == record.values[row["sample"], place]
    assert row["epoch"] == 5


def test_an_edge_detector_is_like_the_start_and_zeros_are_like_nothing(tmp_path: Path) -> None:
    drawn = Custom("Edges", lambda model, x, targets: edges(np.asarray(x), 3))
    zeros = Custom("Zeros", lambda model, x, targets: np.zeros(np.shape(x)[:3], "f4"))
    fit(tmp_path, [drawn, zeros, IntegratedGradients(steps=4)], small_cnn(seed=3))
    run = read_run(tmp_path)
    values = {
        name: run.record(f"trust/{name}/input", 1).values[:, 0]
        for name in ("Edges", "Zeros", "IntegratedGradients")
    }
    np.testing.assert_allclose(values["Edges"], 1)
    assert np.isnan(values["Zeros"]).all()
    assert (values["IntegratedGradients"] < 1).all()


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_training_is_the_same_to_the_bit_with_metrics(tmp_path: Path, library: Any) -> None:
    weights = []
    for quality in ((), [Deletion(), MaxSensitivity(draws=2)]):
        model = small_cnn(library)
        fit(tmp_path / str(len(quality)), GradCAM(), model, epochs=1, quality=quality)
        weights.append(model.get_weights())
    assert same_bits(*weights)


def test_the_start_holds_over_fits_and_restarts(tmp_path: Path) -> None:
    model, explainers = small_cnn(), [GradCAM(relu=False)]
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    callback = Explain(
        *((X, Y),), log_dir=tmp_path, explainers=explainers, write_images=False, verbose=False
    )
    for first in (0, 1):
        model.fit(*(X, Y), epochs=first + 1, initial_epoch=first, verbose=0, callbacks=[callback])
    start = start_of(read_run(tmp_path), "GradCAM", "conv")
    # In a new process, as it were: another callback and a model that goes on.
    again = Explain(
        *((X, Y),), log_dir=tmp_path, explainers=explainers, write_images=False, verbose=False
    )
    model.fit(X, Y, epochs=3, initial_epoch=2, verbose=0, callbacks=[again])
    run = read_run(tmp_path)
    written = [
        tag
        for file in sorted((tmp_path / "explain").glob("*tfevents*"))
        for tag in re.findall(rb"start/GradCAM/conv", file.read_bytes())
    ]
    assert len(written) == 1
    for epoch in (1, 2):
        maps = np.stack([m.values for m in run.maps("GradCAM", "conv", epoch)])
        expected = ranked(maps.astype(np.float64), start, np.ones(maps.shape, bool))
        found = run.record("trust/GradCAM/conv", epoch).values[:, 0]
        np.testing.assert_allclose(found, expected, atol=2e-2)
        assert (found < 0.9).any()


def test_what_cannot_be_measured_is_said_before_the_first_batch(tmp_path: Path) -> None:
    model = small_cnn()
    before = [array.copy() for array in model.get_weights()]
    with pytest.raises(TfexplainError, match="re-draws weights, and these are in training"):
        fit(tmp_path, GradCAM(), model, quality=[ModelRandomisation()])
    with pytest.raises(TfexplainError, match=r"expected metrics such as .*Deletion\(\); got 3"):
        fit(tmp_path, GradCAM(), model, quality=[3])
    with pytest.raises(TfexplainError, match=r"each metric once.* got Deletion 2 times"):
        fit(tmp_path, GradCAM(), model, quality=[Deletion(), Deletion(steps=5)])
    with pytest.raises(TfexplainError, match=r"Completeness fits none of the explainers; .*add up"):
        fit(tmp_path, GradCAM(), model, quality=[Completeness()])
    assert same_bits(before, model.get_weights())
    table = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    table.compile("sgd", "sparse_categorical_crossentropy")
    data = np.ones((8, 4), "f4"), np.arange(8) % 3
    callback = Explain(
        data, log_dir=tmp_path / "t", explainers=[KernelSHAP()], quality=[ROAD()], on_error="raise"
    )
    with pytest.raises(TfexplainError, match=r"ROAD fits none of the explainers; .*pictures"):
        table.fit(*data, verbose=0, callbacks=[callback])


def test_the_noise_of_the_method_itself_is_logged(tmp_path: Path) -> None:
    """Another seed in the first epoch and the last, the estimated error, and what is but zero."""
    rounding = Custom(
        "Rounding",
        lambda model, x, targets: 1e-12 * np.random.default_rng(0).random(np.shape(x)[:3]),
        unit="logit",
    )
    model, smooth = small_cnn(), SmoothGrad(copies=3)
    explainers = [smooth, IntegratedGradients(steps=16, tolerance=0.02), rounding]
    fit(tmp_path, explainers, model, epochs=3, reference=None)
    run = read_run(tmp_path)
    drawn = [run.record("trust/SmoothGrad/input", epoch) for epoch in range(3)]
    assert ["seed similarity" in record.names for record in drawn] == [True, False, True]
    samples = run.record("samples", 0)
    x, y = X[samples.rows], samples.labels.astype(int)
    own, other = (SmoothGrad(copies=3, seed=seed)(model, x, y).maps for seed in (0, 1))
    place = list(drawn[2].names).index("seed similarity")
    everywhere = np.ones((8, 64), bool)
    expected = ranked(own.reshape(8, 64), other.reshape(8, 64), everywhere)
    np.testing.assert_allclose(drawn[2].values[:, place], expected, atol=1e-5)
    chance = ranked(own.reshape(8, 64), np.roll(other, 1, 0).reshape(8, 64), everywhere)
    np.testing.assert_allclose(drawn[2].chance[:, place], chance, atol=1e-5)
    assert [record.passes for record in drawn] == [3 * 8, 0, 3 * 8]
    path = run.record("trust/IntegratedGradients/input", 2)
    place = list(path.names).index("estimated error")
    error = [record.error for record in run.maps("IntegratedGradients", "input", 2)]
    np.testing.assert_allclose(path.values[:, place], error, rtol=1e-6)
    nothing = run.record("trust/Rounding/input", 2)
    named = dict(zip(nothing.names, nothing.values.T, strict=True))
    assert named["numerically zero"].tolist() == [1] * 8
    assert np.isnan(named[START]).all()
    assert "numerically zero" not in path.names
