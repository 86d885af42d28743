"""SHAP by `adapt`: closed forms, and ours within the noise of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.models import digits, same_bits, small_cnn

import tfexplain
from tfexplain import ExpectedGradients, Explain, KernelSHAP, TfexplainError
from tfexplain.adapters import adapt

shap: Any = pytest.importorskip("shap")

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(7, 4)).astype("f4")
BACKGROUND = RNG.normal(size=(5, 4)).astype("f4")
NAMES = ["GradientExplainer", "KernelExplainer", "PartitionExplainer"]


def table(seed: int = 1) -> Any:
    keras.utils.set_random_seed(seed)
    hidden = keras.layers.Dense(8, activation="tanh", name="hidden")
    model = keras.Sequential([keras.Input((4,)), hidden, keras.layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def method(name: str, **settings: Any) -> Any:
    return adapt(getattr(shap, name), background=BACKGROUND, **settings)


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_gradients_come_whatever_tf_s_keras_is(library: Any, monkeypatch: Any) -> None:
    model = table()
    monkeypatch.setattr(tf, "keras", library)
    found = method("GradientExplainer")(model, ROWS, 1)
    monkeypatch.undo()
    again = method("GradientExplainer")(model, ROWS, 1)
    np.testing.assert_allclose(found.values, again.values, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_of_a_linear_model_each_value_is_known(name: str) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    weights = RNG.normal(size=(4, 3)).astype("f4")
    model.set_weights([weights, np.ones(3, "f4")])
    classes = np.arange(7) % 3
    found = method(name)(model, ROWS, classes)
    assert (found.explainer, found.unit) == (f"{name}(shap)", "output")
    exact = weights[:, classes].T * (ROWS - BACKGROUND.mean(axis=0))
    if name != "GradientExplainer":
        np.testing.assert_allclose(found.values, exact, atol=1e-4)
        return
    # It draws the background at random, each value of which is a draw's within its spread.
    spread = np.abs(weights[:, classes].T) * BACKGROUND.std(axis=0) / np.sqrt(200)
    assert (np.abs(found.values - exact) < 5 * spread).all()
    np.testing.assert_allclose(
        found.values / weights[:, classes].T, exact / weights[:, classes].T, atol=0.4
    )


@pytest.mark.parametrize("score", ["logit", "probability"])
def test_shapley_values_are_ours(score: Any) -> None:
    model = table()
    ours = [
        KernelSHAP(baseline=row[None], score=score)(model, ROWS).values.astype("f8")
        for row in BACKGROUND
    ]
    expected = np.mean(ours, axis=0)
    found = method("KernelExplainer", l1_reg=False, score=score)(model, ROWS)
    np.testing.assert_allclose(found.values, expected, atol=1e-4)
    assert found.unit == score


def test_gradients_along_paths_are_ours_within_noise() -> None:
    model = table()
    exact = ExpectedGradients(background=BACKGROUND, draws=2000)(model, ROWS).values
    draws = [
        method("GradientExplainer", seed=s, nsamples=100)(model, ROWS).values for s in range(8)
    ]
    error, spread = np.mean(draws, axis=0) - exact, np.std(draws, axis=0, ddof=1) / np.sqrt(8)
    assert np.abs(error).max() < 6 * spread.max()
    assert np.abs(error).max() < 0.2 * np.abs(exact).max()


def test_the_tree_s_values_add_up_to_the_score() -> None:
    model = table()
    found = method("PartitionExplainer")(model, ROWS)
    kernel, bias = model.layers[-1].get_weights()
    own, other = (model.get_layer("hidden")(x).numpy() @ kernel + bias for x in (ROWS, BACKGROUND))
    expected = own[np.arange(7), found.targets] - other.mean(axis=0)[found.targets]
    np.testing.assert_allclose(found.values.sum(axis=1), expected, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_map_depends_on_no_other_sample(name: str) -> None:
    model, explain = table(), method(name, nsamples=8) if name != NAMES[2] else method(name)
    whole = explain(model, ROWS, 1).values
    np.testing.assert_allclose(explain(model, ROWS[3:4], 1).values[0], whole[3], atol=1e-6)
    np.testing.assert_allclose(explain(model, ROWS, 1, batch_size=2).values, whole, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_of_now_are_explained(name: str) -> None:
    model, explain = table(), method(name)
    before = explain(model, ROWS, 0).values
    last = model.layers[-1]
    last.kernel.assign(2 * last.kernel)
    np.testing.assert_allclose(explain(model, ROWS, 0).values, 2 * before, rtol=1e-3, atol=1e-5)


def test_pictures_and_nested_models_are_explained() -> None:
    x, y = digits(3)
    inner = small_cnn()
    model = keras.Sequential([keras.Input((8, 8, 1)), inner])
    explain = adapt(shap.GradientExplainer, background=x, nsamples=20)
    np.testing.assert_allclose(explain(model, x, y).values, explain(inner, x, y).values, atol=1e-6)
    masker = shap.maskers.Image(np.zeros((8, 8, 1), "f4"), (8, 8, 1))
    found = adapt(shap.PartitionExplainer, masker=masker, max_evals=64)(model, x, y)
    assert found.values.shape == (3, 8, 8, 1)
    blank = adapt(shap.KernelExplainer, background=np.zeros((1, 8, 8, 1)), nsamples=100)
    total = blank(model, x, y).values.sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found.values.sum(axis=(1, 2, 3)), total, atol=1e-4)


def test_it_is_logged_and_training_stays_the_same(tmp_path: Path) -> None:
    labels = np.arange(7) % 3
    plain, explained = table(), table()
    keras.utils.set_random_seed(4)
    plain.fit(ROWS, labels, epochs=2, verbose=0)
    methods = [adapt(getattr(shap, name)) for name in NAMES]  # the samples are the background
    callback = Explain(
        (ROWS, labels), log_dir=tmp_path, explainers=methods, samples=3, on_error="raise", verbose=0
    )
    keras.utils.set_random_seed(4)
    explained.fit(ROWS, labels, epochs=2, verbose=0, callbacks=[callback])
    assert same_bits(plain.get_weights(), explained.get_weights())
    (run,) = tfexplain.read(tmp_path).values()
    kernel, tree = (run[f"{name}(shap)"].maps(1) for name in NAMES[1:])
    assert kernel.shape == (3, 4)
    np.testing.assert_allclose(kernel.sum(axis=1), tree.sum(axis=1), atol=1e-2)
    assert f"shap {shap.__version__}" in str(run.settings)


def test_what_it_cannot_do_is_said_in_our_words() -> None:
    with pytest.raises(TfexplainError, match="expected one of the classes GradientExplainer"):
        adapt(shap.DeepExplainer)
    with pytest.raises(TfexplainError, match="masker=3: KernelExplainer takes none"):
        adapt(shap.KernelExplainer, masker=3)
    with pytest.raises(TfexplainError, match=r"background: expected samples shaped \[4\]; got"):
        adapt(shap.KernelExplainer, background=np.zeros((2, 3)))(table(), ROWS)
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    model = keras.Model([a, b], keras.layers.Dense(2)(keras.layers.Concatenate()([a, b])))
    with pytest.raises(TfexplainError, match="a model of one input; got a, b"):
        adapt(shap.KernelExplainer)(model, [ROWS, ROWS])
    words = keras.Sequential([keras.Input((4,), dtype="int32"), keras.layers.Embedding(9, 2)])
    words.add(keras.layers.Flatten())
    words.add(keras.layers.Dense(2))
    with pytest.raises(TfexplainError, match="floating-point numbers; got int32"):
        adapt(shap.GradientExplainer)(words, np.ones((2, 4), "int32"))
