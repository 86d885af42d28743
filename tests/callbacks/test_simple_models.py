"""Simple models and robustness in the log of a training: what is measured, and what left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tfexplain import Explain, read, robustness, simple_models
from tfexplain.errors import TfexplainError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3)).astype("f4")
Y = (X[:, 0] > 0).astype(int)
NAMES = ["age", "a", "b"]
layers = keras.layers


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    log_dir = tmp_path_factory.mktemp("general") / "run"
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, activation="softmax")])
    model.compile(keras.optimizers.Adam(0.1), "sparse_categorical_crossentropy")
    explain = Explain(
        (X, Y),
        log_dir=log_dir,
        explainers=[],
        importance=100,
        feature_names=NAMES,
        class_names=["no", "yes"],
        verbose=0,
        on_error="raise",
    )
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[explain])
    return log_dir, model


def test_the_log_holds_what_the_functions_say_of_the_trained_network(
    trained: tuple[Path, Any],
) -> None:
    log_dir, model = trained
    run = read(log_dir.parent)["run"]
    simple = run.simple_models()
    own = simple_models(model, (X, Y), rows=100, feature_names=NAMES, class_names=["no", "yes"])
    assert simple.rules == own.rules
    assert simple.weights == 1
    np.testing.assert_allclose(simple.fidelity[1], own.fidelity["tree"])
    np.testing.assert_allclose(simple.coefficients, own.coefficients, rtol=1e-5)
    firm, measured = run.robustness(), robustness(model, (X, Y), rows=100)
    np.testing.assert_allclose(firm.steps, measured.steps, rtol=1e-3)
    np.testing.assert_array_equal(firm.rows, measured.rows)
    np.testing.assert_array_equal(firm.hashes, measured.hashes)
    assert run.robustness(epoch=0).weights == 0
    with pytest.raises(TfexplainError, match=r"epoch=5: nothing of .robustness. was logged"):
        run.robustness(epoch=5)


def test_what_does_not_fit_is_left_out_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "sklearn.tree", None)
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            layers.Embedding(9, 2),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    ids = RNG.integers(1, 9, size=(60, 4))
    explain = Explain(
        (ids, ids[:, 0] % 2), log_dir=tmp_path / "run", explainers=[], importance=60, verbose=0
    )
    model.fit(ids, ids[:, 0] % 2, epochs=1, verbose=0, callbacks=[explain])
    run = read(tmp_path)["run"]
    told = run.settings["importance"]
    assert "simple models left out: scikit-learn: expected it to be installed" in told
    assert "have no small steps" in told
    assert {"simple", "robustness"}.isdisjoint(run.series["kind"])
