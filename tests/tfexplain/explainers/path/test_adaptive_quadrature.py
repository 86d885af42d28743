"""Integrated Gradients that take as many nodes as each sample needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.golden import load
from support.twin import gap_to

from tfexplain import IntegratedGradients
from tfexplain.explainers.path.adaptive_quadrature import AT_ONCE, FIRST
from tfexplain.explainers.run import explanations
from tfexplain.model.call_batch import as_batch
from tfexplain.model.keras_model import KerasModel

layers = keras.layers
RNG = np.random.default_rng(11)


def kinks(places: Any, heights: Any) -> Any:
    """One input; the score's slope jumps by `heights` at `places`."""
    inputs = keras.Input((1,))
    hidden, total = layers.Dense(len(places), activation="relu"), layers.Dense(1)
    model = keras.Model(inputs, total(hidden(inputs)))
    hidden.set_weights([np.ones((1, len(places)), "f4"), -np.asarray(places, "f4")])
    total.set_weights([np.asarray(heights, "f4")[:, None], np.zeros(1, "f4")])
    return model


def errors(found: Any, exact: Any) -> Any:
    count = len(exact)
    off = np.abs(found.values - exact).reshape(count, -1).max(axis=1)
    return off / np.abs(exact).reshape(count, -1).max(axis=1)


@pytest.mark.parametrize("tolerance", [0.05, 0.02, 0.005])
@pytest.mark.parametrize("case", ["plain_cnn", "nested_cnn", "tabular_mlp"])
def test_the_true_error_is_within_the_estimate_and_the_tolerance(
    case: str, tolerance: float
) -> None:
    model, given, expected = load(case)
    method = IntegratedGradients(tolerance=tolerance, steps=400, baseline=given["baseline"])
    found = method(model, given["x"], given["target"])
    true = errors(found, expected["ig_exact"])
    assert found.error is not None
    assert found.passes is not None
    # 1e-4 is how exact the exact one is.
    assert (true <= found.error + 1e-4).all()
    assert (found.error <= tolerance).all()
    assert (found.passes < 400).all()


def test_easy_samples_take_fewer_passes_than_hard_ones() -> None:
    model = kinks([0.3, 1.7], [1, 2])
    found = IntegratedGradients(tolerance=0.001, steps=500)(model, np.array([[0.2], [1.0], [2.0]]))
    assert found.passes is not None
    assert found.passes[0] == FIRST  # no kink on its path
    assert found.passes[0] < found.passes[1]
    assert np.allclose(found.values[:, 0], [0, 0.7, 2.3], atol=0.003)
    assert np.allclose(found.completeness_gap, found.values[:, 0] - [0, 0.7, 2.3], atol=1e-5)


def test_a_kink_is_found_with_far_fewer_nodes_than_equal_steps_need() -> None:
    """Bisection halves the error with each `AT_ONCE` nodes, equal steps with twice as many."""
    model = kinks([0.61803], [1])
    found = IntegratedGradients(tolerance=1e-4, steps=500)(model, np.array([[1.0]]))
    assert found.passes is not None
    assert found.passes[0] <= FIRST + 14 * AT_ONCE
    fixed = IntegratedGradients(steps=int(found.passes[0]))(model, np.array([[1.0]]))
    assert abs(found.values[0, 0] - 0.38197) < 1e-4 < abs(fixed.values[0, 0] - 0.38197)


def test_a_linear_model_takes_the_least_and_has_no_error() -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    x = RNG.normal(size=(4, 3)).astype("f4")
    found = IntegratedGradients(baseline=0.5)(model, x)
    assert np.allclose(found.values, model.get_weights()[0][:, 0] * (x - 0.5), atol=1e-6)
    assert found.passes.tolist() == [FIRST] * 4
    assert (found.error < 1e-6).all()


def test_a_sample_that_is_its_baseline_has_a_map_of_zeros_without_error() -> None:
    model, given, _ = load("plain_cnn")
    x = np.concatenate([given["x"][:1], given["baseline"]])
    found = IntegratedGradients(baseline=given["baseline"])(model, x, 1)
    assert not found.values[1].any()
    assert (found.error[1], found.passes[1], found.completeness_gap[1]) == (0, FIRST, 0)
    assert found.error[0] > 0


def test_maps_that_are_not_finite_stop_at_once_and_have_no_known_error() -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    x = np.array([[1.0, np.nan], [1.0, 2.0]], "f4")
    found = IntegratedGradients(tolerance=0.01, steps=50)(model, x)
    assert np.isnan(found.error).tolist() == [True, False]
    assert found.passes.tolist() == [FIRST] * 2


def test_the_greatest_number_of_passes_holds_and_the_error_says_so() -> None:
    model, given, _ = load("plain_cnn")
    for most in (FIRST, 22):
        method = IntegratedGradients(tolerance=1e-6, steps=most, baseline=given["baseline"])
        found = method(model, given["x"], given["target"])
        assert found.passes.tolist() == [most] * 6
        assert (found.error > 1e-3).all()


class Ramp(keras.Model):  # type: ignore[misc]
    """From 0 to 1 where the first value goes from 0.55 to 0.56: no first node has a gradient."""

    def call(self, x: Any) -> Any:
        first = x[:, :1]
        return tf.nn.relu(100 * (first - 0.55)) - tf.nn.relu(100 * (first - 0.56))


def test_what_no_first_node_sees_is_found_by_the_score() -> None:
    model, x = Ramp(), np.ones((1, 40), "float32")
    model(x)
    found = IntegratedGradients(tolerance=0.1)(model, x)
    assert abs(found.values[0, 0] - 1) <= found.error[0] <= 0.1
    assert np.all(found.values[0, 1:] == 0)


def test_a_map_that_misses_the_score_never_claims_to_be_right() -> None:
    model, x = Ramp(), np.ones((1, 2), "float32")
    model(x)
    found = IntegratedGradients(tolerance=0.1, steps=9)(model, x)
    assert np.all(found.values == 0)
    assert np.isinf(found.error[0])
    assert found.completeness_gap[0] == -1


def test_a_gradient_that_is_stopped_is_told_as_an_error() -> None:
    inputs = keras.Input((2,))
    outputs = keras.ops.sum(inputs, 1, keepdims=True) + keras.ops.stop_gradient(inputs[:, :1])
    found = IntegratedGradients()(keras.Model(inputs, outputs), np.ones((1, 2), "float32"))
    assert np.allclose(found.values, 1)
    assert np.allclose(found.error, 0.5)  # a third of the score is missing: 1 beside 2
    assert found.passes[0] == 64


def test_fixed_nodes_tell_their_passes_and_no_error() -> None:
    model = kinks([0.5], [1])
    found = IntegratedGradients(steps=7, baseline=[0.0, 0.25])(model, np.array([[1.0]]))
    assert found.error is None
    assert found.passes.tolist() == [14]


def test_no_node_is_computed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Points that reach the model, counted where they are computed."""
    seen: list[tuple[int, float]] = []
    run = KerasModel.run

    def counting(self: KerasModel, key: Any, make: Any, *arguments: Any, **options: Any) -> Any:
        if key[0] == "points":
            rows, along = (np.asarray(a) for a in arguments[-2:])
            seen.extend(zip(rows.tolist(), along.tolist(), strict=True))
        return run(self, key, make, *arguments, **options)

    monkeypatch.setattr(KerasModel, "run", counting)
    model, given, _ = load("plain_cnn")
    method = IntegratedGradients(baseline=given["baseline"], batch_size=8)
    found = method(model, given["x"], given["target"])
    filled = [(0, 0.0)] * (len(seen) - int(found.passes.sum()))
    assert len(filled) < 8 * 15  # of the last chunks, when few samples are left
    for point in filled:
        seen.remove(point)
    assert len(set(seen)) == len(seen) == found.passes.sum()
    for sample in range(6):
        assert sum(row == sample for row, _ in seen) == found.passes[sample]


def test_neighbours_and_chunks_change_nothing() -> None:
    model, given, _ = load("plain_cnn")
    x, targets = given["x"], given["target"]
    method = IntegratedGradients(baseline=given["baseline"])
    together = method(model, x, targets)
    for size in (1, 5, 200):
        found = replace(method, batch_size=size)(model, x, targets)
        assert found.passes.tolist() == together.passes.tolist()
        assert gap_to(together.values, found.values) < 1e-5
    for chosen in ([3], [5, 0, 2]):
        alone = method(model, x[chosen], targets[chosen])
        assert alone.passes.tolist() == together.passes[chosen].tolist()
        assert gap_to(together.values[chosen], alone.values) < 1e-5


def test_a_bound_on_what_is_held_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model, given, _ = load("plain_cnn")
    method = IntegratedGradients(steps=64, tolerance=0.02, baseline=given["baseline"])
    free = method(model, given["x"], given["target"])
    monkeypatch.setattr("tfexplain.explainers.path.adaptive_quadrature.HELD", 1)
    one_by_one = method(model, given["x"], given["target"])
    assert one_by_one.passes.tolist() == free.passes.tolist()
    assert gap_to(free.values, one_by_one.values) < 1e-5


def test_inputs_of_a_million_values_take_no_more_nodes_than_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, given, _ = load("plain_cnn")
    method = IntegratedGradients(tolerance=1e-9, baseline=given["baseline"])
    for nodes, taken in ((12, 12), (3, 9), (1000, 64)):
        held = nodes * 4 * given["x"][0].size
        monkeypatch.setattr("tfexplain.explainers.path.adaptive_quadrature.HELD", held)
        found = method(model, given["x"], given["target"])
        assert found.passes.tolist() == [taken] * len(given["x"])


def test_several_baselines_share_a_samples_tolerance() -> None:
    model, given, _ = load("tabular_mlp")
    bases = [given["baseline"], given["x"].mean(axis=0)]
    method = IntegratedGradients(tolerance=0.01, steps=200, baseline=bases)
    found = method(model, given["x"], given["target"])
    exact = IntegratedGradients(steps=4000, quadrature="midpoint", baseline=bases, batch_size=2048)
    true = errors(found, exact(model, given["x"], given["target"]).values)
    assert (true <= found.error + 1e-4).all()
    assert (found.error <= 0.01).all()
    assert np.abs(found.completeness_gap).max() < 0.05


def test_several_inputs_share_their_sum_and_their_error() -> None:
    one, other = keras.Input((2,), name="one"), keras.Input((3,), name="other")
    joined = layers.Dense(16, activation="relu")(layers.Concatenate()([one, other]))
    model = keras.Model([one, other], layers.Dense(1)(joined))
    x = [RNG.normal(size=(4, 2)).astype("f4"), RNG.normal(size=(4, 3)).astype("f4")]
    method = IntegratedGradients(tolerance=0.005, steps=300, baseline=[-1.0])
    exact = IntegratedGradients(steps=4000, baseline=[-1.0], quadrature="midpoint", batch_size=2048)
    found, truth = method.each(model, x), exact.each(model, x)
    whole = np.concatenate([truth[name].values for name in truth], axis=1)
    mine = np.concatenate([found[name].values for name in truth], axis=1)
    off = np.abs(mine - whole).max(axis=1) / np.abs(whole).max(axis=1)
    first, second = found.values()
    assert np.array_equal(first.error, second.error)
    assert (off <= first.error + 1e-4).all()
    assert (first.error <= 0.005).all()


def test_a_function_of_the_outputs_in_mixed_precision() -> None:
    inputs = keras.Input((6,))
    hidden = layers.Dense(32, activation="relu", dtype="mixed_float16")(inputs)
    model = keras.Model(inputs, layers.Dense(3, dtype="mixed_float16")(hidden))
    x = RNG.normal(size=(5, 6)).astype("f4")

    def margin(outputs: Any) -> Any:
        return outputs[:, 0] - outputs[:, 1]

    found = IntegratedGradients(steps=200, tolerance=0.02)(model, x, margin)
    exact = IntegratedGradients(steps=3000, quadrature="midpoint", batch_size=1024)(
        model, x, margin
    )
    assert (errors(found, exact.values) < 0.03).all()  # float16 has a thousandth of its own
    assert found.unit == "output"
    assert (found.error <= 0.02).all()


def test_epochs_never_compile_again_whatever_each_sample_takes() -> None:
    model, given, _ = load("plain_cnn")
    method = IntegratedGradients(baseline=given["baseline"])
    x = given["x"]
    method(model, x, given["target"])
    traced_model = KerasModel(model, as_batch(x))
    traces = []
    for scale in (1.0, 0.5, 3.0):
        model.set_weights([scale * w for w in model.get_weights()])
        explanations(model, [method], x, given["target"], traced_model=traced_model)
        traces.append(traced_model.traces)
    assert traces == [2, 2, 2]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: IntegratedGradients(tolerance=0), "tolerance=0: expected a number above 0"),
        (lambda: IntegratedGradients(tolerance=float("nan")), "tolerance=nan: expected"),
        (
            lambda: IntegratedGradients(tolerance=0.1, steps=8),
            "steps=8: expected a whole number of at least 9",
        ),
        (lambda: IntegratedGradients(quadrature="midpoint"), "expected steps= and no tolerance="),
        (
            lambda: IntegratedGradients(quadrature="midpoint", steps=9, tolerance=0.1),
            "quadrature='midpoint': expected steps= and no tolerance=",
        ),
    ],
)
def test_settings_that_contradict_each_other(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_settings_say_what_stands_for_the_defaults() -> None:
    adaptive = IntegratedGradients().settings()
    assert (adaptive["tolerance"], adaptive["steps"]) == ("0.02", "at most 64")
    fixed = IntegratedGradients(steps=50).settings()
    assert (fixed["steps"], fixed["quadrature"]) == ("50", "gauss_legendre")
    assert "tolerance" not in fixed
