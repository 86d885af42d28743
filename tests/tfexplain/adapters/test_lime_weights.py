"""LIME by `adapt`: closed forms of its local models, pictures, and the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.models import digits, same_bits, small_cnn

import tfexplain
from tfexplain import Explain, TfexplainError
from tfexplain.adapters import adapt

pytest.importorskip("lime")

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(40, 4)).astype("f4")


def tabular(**settings: Any) -> Any:
    from lime.lime_tabular import LimeTabularExplainer

    return LimeTabularExplainer(ROWS, **settings)


def pictures() -> Any:
    from lime.lime_image import LimeImageExplainer

    return LimeImageExplainer()


def halves(picture: Any) -> Any:
    """The left half is segment 0, the right one segment 1."""
    found = np.zeros(picture.shape[:2], int)
    found[:, picture.shape[1] // 2 :] = 1
    return found


def linear() -> tuple[Any, Any]:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    weights = RNG.normal(size=(4, 3)).astype("f4")
    model.set_weights([weights, np.ones(3, "f4")])
    return model, weights


@pytest.mark.parametrize("mode", ["classification", "regression"])
def test_of_a_linear_model_it_is_the_weights_in_its_own_units(mode: str) -> None:
    """Undiscretized, LIME fits by features divided by the standard deviation of its data."""
    from sklearn.linear_model import LinearRegression

    model, weights = linear()
    own = tabular(mode=mode, discretize_continuous=False)
    found = adapt(own, model_regressor=LinearRegression())(model, ROWS[:3], [0, 1, 2])
    np.testing.assert_allclose(found.values, weights.T * ROWS.std(axis=0), rtol=1e-3)
    assert (found.explainer, found.unit) == ("LimeTabularExplainer(lime)", "output")


def test_draws_are_the_same_and_the_user_s_object_is_left() -> None:
    model, _ = linear()
    own = tabular(random_state=3)
    state = own.random_state.get_state()[1].copy()
    explain = adapt(own, num_samples=200)
    first = explain(model, ROWS[:3], 1).values
    assert np.array_equal(explain(model, ROWS[1:3], 1).values, first[1:])
    assert not np.array_equal(adapt(own, num_samples=200, seed=1)(model, ROWS[:3], 1).values, first)
    assert np.array_equal(own.random_state.get_state()[1], state)


def test_of_a_sum_of_pixels_each_half_weighs_what_hiding_it_takes(capfd: Any) -> None:
    from sklearn.linear_model import LinearRegression

    x, _ = digits(3)
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    weights = RNG.normal(size=(64, 2)).astype("f4")
    model.set_weights([weights, np.zeros(2, "f4")])
    options = {"segmentation_fn": halves, "hide_color": 0, "num_samples": 40}
    found = adapt(pictures(), model_regressor=LinearRegression(), **options)(model, x, 1)
    each = (x[..., 0] * weights[:, 1].reshape(8, 8)).reshape(3, 8, 2, 4).sum(axis=(1, 3))
    np.testing.assert_allclose(found.values[:, 0, 0], each[:, 0], rtol=1e-3)
    np.testing.assert_allclose(found.values[:, 0, 7], each[:, 1], rtol=1e-3)
    assert (found.values == found.values[:, :1]).all()
    assert "it/s" not in capfd.readouterr().err


def test_the_weights_of_now_are_explained() -> None:
    model, _ = linear()
    explain = adapt(tabular(), num_samples=100)
    before = explain(model, ROWS[:2], 1).values
    model.layers[-1].kernel.assign(-2 * model.layers[-1].kernel)
    np.testing.assert_allclose(
        explain(model, ROWS[:2], 1).values, -2 * before, rtol=1e-3, atol=1e-5
    )


def test_it_is_logged_and_training_stays_the_same(tmp_path: Path) -> None:
    x, y = digits(16)
    plain, explained = small_cnn(), small_cnn()
    keras.utils.set_random_seed(4)
    plain.fit(x, y, epochs=2, verbose=0)
    explain = adapt(pictures(), segmentation_fn=halves, num_samples=20)
    callback = Explain(
        (x, y), log_dir=tmp_path, explainers=explain, samples=3, on_error="raise", verbose=0
    )
    keras.utils.set_random_seed(4)
    explained.fit(x, y, epochs=2, verbose=0, callbacks=[callback])
    assert same_bits(plain.get_weights(), explained.get_weights())
    (run,) = tfexplain.read(tmp_path).values()
    maps = run["LimeImageExplainer(lime)", "input"].maps(1)
    assert maps.shape == (3, 8, 8)
    assert [len(np.unique(one)) for one in maps] == [2, 2, 2]
    assert "lime 0." in str(run.settings)


def test_what_it_cannot_do_is_said_in_our_words() -> None:
    from lime.lime_tabular import LimeTabularExplainer
    from lime.lime_text import LimeTextExplainer

    with pytest.raises(TfexplainError, match="expected an object such as LimeTabularExplainer"):
        adapt(LimeTabularExplainer)
    with pytest.raises(TfexplainError, match="For words use LIME of tfexplain"):
        adapt(LimeTextExplainer())
    with pytest.raises(TfexplainError, match=r"expected pictures .* got samples shaped \[4\]"):
        adapt(pictures())(linear()[0], ROWS)
    with pytest.raises(TfexplainError, match=r"expected rows of features; .* \[8, 8, 1\]"):
        adapt(tabular())(small_cnn(), digits(2)[0])
