"""Expected gradients against closed forms and Integrated Gradients from every background sample."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from support.twin import gap_to

from tfexplain import ExpectedGradients, IntegratedGradients
from tfexplain.explainers.run import explanations
from tfexplain.model.keras_model import KerasModel

layers = keras.layers
RNG = np.random.default_rng(2)
X = RNG.normal(size=(4, 3)).astype("float32")
BACKGROUND = RNG.normal(size=(6, 3)).astype("float32")
W = np.array([1.5, -2.0, 0.25])


def linear() -> Any:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, use_bias=False)])
    model.set_weights([W.astype("float32")[:, None]])
    return model


def bent() -> Any:
    keras.utils.set_random_seed(4)
    wide = keras.initializers.RandomNormal(stddev=1.0)
    return keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(16, activation="tanh", kernel_initializer=wide, name="hidden"),
            layers.Dense(2, kernel_initializer=wide),
        ]
    )


@pytest.mark.parametrize("samples", [4, 6, 9, 60])
def test_a_linear_model_is_exact_for_the_drawn_background(samples: int) -> None:
    method = ExpectedGradients(background=BACKGROUND, draws=samples)
    found = method(linear(), X)
    drawn, along = method.drawn(6)
    assert len(drawn) == len(along) == samples
    assert np.allclose(found.values, W * (X - BACKGROUND[drawn].mean(0)), atol=1e-5)
    assert np.abs(found.completeness_gap).max() < 1e-5
    assert found.passes.tolist() == [samples] * 4
    if samples % 6 == 0:
        assert np.allclose(found.values, W * (X - BACKGROUND.mean(0)), atol=1e-5)


def test_the_batch_is_the_default_background() -> None:
    found = ExpectedGradients(draws=8)(linear(), X)
    assert np.allclose(found.values, W * (X - X.mean(0)), atol=1e-5)


def test_the_batch_is_the_background_also_where_it_comes_in_portions() -> None:
    found = ExpectedGradients(draws=8)(linear(), X, batch_size=2)
    assert np.allclose(found.values, W * (X - X.mean(0)), atol=1e-5)
    found = ExpectedGradients(background=BACKGROUND, draws=6)(linear(), X, batch_size=3)
    assert np.allclose(found.values, W * (X - BACKGROUND.mean(0)), atol=1e-5)


def exact(model: Any, **options: Any) -> Any:
    rows = [row[None] for row in BACKGROUND]
    return IntegratedGradients(steps=64, baseline=rows, **options)(model, X, 1)


def test_many_samples_come_to_integrated_gradients_over_the_background() -> None:
    model, many = (
        bent(),
        ExpectedGradients(background=BACKGROUND, draws=12_000, batch_size=4096)(bent(), X, 1),
    )
    truth = exact(model)
    few = ExpectedGradients(background=BACKGROUND, draws=12)(model, X, 1)
    assert gap_to(truth.values, many.values) < 0.01 < gap_to(truth.values, few.values)
    assert np.abs(many.completeness_gap).max() < 0.01 * np.abs(truth.values).max()
    start = model(BACKGROUND).numpy()[:, 1].mean()
    total = few.values.sum(1) - (few.scores - start)
    assert np.allclose(few.completeness_gap, total, atol=1e-5)


def test_spread_draws_err_less_than_free_ones() -> None:
    model, truth, count = bent(), exact(bent()).values, 24
    rng, model_slopes = np.random.default_rng(0), _slopes(bent())
    spread, free = [], []
    for seed in range(12):
        found = ExpectedGradients(background=BACKGROUND, draws=count, seed=seed)(model, X, 1).values
        spread.append(np.square(found - truth).mean())
        start = BACKGROUND[rng.integers(0, 6, count)][:, None]
        points = start + rng.random((count, 1, 1)) * (X - start)
        free.append(np.square(((X - start) * model_slopes(points)).mean(0) - truth).mean())
    assert np.mean(spread) < 0.2 * np.mean(free)


def _slopes(model: Any) -> Any:
    """The gradient of class 1 by hand."""
    first, bias, second, _ = (np.asarray(w, np.float64) for w in model.get_weights())
    return lambda x: (1 - np.tanh(x @ first + bias) ** 2) * second[:, 1] @ first.T


def test_equal_seeds_give_equal_bits_and_others_other_maps() -> None:
    model = bent()
    one, again, other = (
        ExpectedGradients(background=BACKGROUND, draws=10, seed=seed)(model, X, 1).values
        for seed in (3, 3, 4)
    )
    assert one.tobytes() == again.tobytes()
    assert gap_to(one, other) > 1e-3


def test_neither_chunks_nor_company_change_the_result() -> None:
    model = bent()
    whole = ExpectedGradients(background=BACKGROUND, draws=10)(model, X, 1).values
    assert (
        gap_to(
            whole,
            ExpectedGradients(background=BACKGROUND, draws=10, batch_size=3)(model, X, 1).values,
        )
        < 1e-5
    )
    assert (
        gap_to(
            whole[2:3], ExpectedGradients(background=BACKGROUND, draws=10)(model, X[2:3], 1).values
        )
        < 1e-5
    )


def test_a_hidden_layer_moves_from_what_it_gives_for_the_background() -> None:
    model = bent()
    found = ExpectedGradients(background=BACKGROUND, draws=12, layer="hidden")(model, X, 1)
    hidden, weights = model.get_layer("hidden"), model.layers[-1].get_weights()[0][:, 1]
    change = hidden(X).numpy() - hidden(BACKGROUND).numpy().mean(0)
    assert np.allclose(found.values, change * weights, atol=1e-6)
    assert found.layer == "hidden"


def test_words_move_from_those_of_the_background() -> None:
    ids = RNG.integers(1, 9, (3, 5)).astype("int32")
    ids[0, 3:] = 0
    background = RNG.integers(0, 9, (4, 5))
    embed, top = layers.Embedding(9, 4, mask_zero=True), layers.Dense(2)
    total = layers.Lambda(lambda x, mask=None: keras.ops.sum(x, axis=1))
    total.supports_masking = True
    model = keras.Sequential([keras.Input((5,), dtype="int32"), embed, total, top])
    found = ExpectedGradients(background=background, draws=8)(model, ids, 1)
    table, w = embed.get_weights()[0], top.get_weights()[0][:, 1]
    change = table[ids] - table[background].mean(0)
    assert np.allclose(found.values, np.where(ids == 0, 0, change @ w), atol=1e-6)
    assert np.abs(found.completeness_gap).max() < 1e-6


def test_epochs_never_compile_again() -> None:
    model, method = bent(), ExpectedGradients(background=BACKGROUND, draws=10)
    traced_model = KerasModel(model, X)
    traces = []
    for _ in range(3):
        model.set_weights([1.1 * w for w in model.get_weights()])
        explanations(model, [method], X, 1, traced_model=traced_model)
        traces.append(traced_model.traces)
    assert len(set(traces)) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draws": 0}, "draws=0: expected a whole number of at least 1"),
        ({"batch_size": 0}, "batch_size=0: expected a whole number of at least 1"),
        ({"background": np.ones((2, 4))}, r"background: expected samples shaped \[\(3,\)\]"),
        ({"background": np.ones((0, 3))}, "background: expected samples shaped"),
    ],
)
def test_settings_that_cannot_work(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ExpectedGradients(**options)(linear(), X)
