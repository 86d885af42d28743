"""Clusters of maps in the log of a training: once, at the end or at an epoch, as the function finds
them; bad input ends before the first batch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from support.clusters_log import linear_model, two_places

from tfexplain import Explain, InputXGradient, SpRAy, clusters, read
from tfexplain.errors import TfexplainError
from tfexplain.report.summary import summary
from tfexplain.usage import Clusters
from tfexplain.wire import schema

X, Y, _ = two_places()


def explain(log_dir: Path, wanted: Any, data: Any = (X, Y), **settings: Any) -> Explain:
    own = {"explainers": [InputXGradient()], "class_names": ["no", "yes"], "verbose": 0}
    own |= {"write_images": False, "on_error": "raise", **settings}
    return Explain(data, log_dir=log_dir, clusters=wanted, **own)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    log_dir = tmp_path_factory.mktemp("clusters")
    network = linear_model()
    stop = keras.callbacks.EarlyStopping("loss", patience=1, min_delta=10)
    end = explain(log_dir / "end", 600, every=2)
    once = explain(log_dir / "once", SpRAy(at=0, explainer=InputXGradient()))
    network.fit(X, Y, epochs=9, verbose=0, callbacks=[stop, end, once])
    return log_dir, network


def test_the_log_holds_once_what_the_function_finds(trained: tuple[Path, Any]) -> None:
    log_dir, network = trained
    run = read(log_dir)["end"]
    ((step, record),) = run.records(schema.Clusters)[schema.Tag("clusters", layer="input")].items()
    assert (step, record.weights) == (1, 1)  # training ended before its last epoch
    own = clusters(network, (X, Y))
    assert isinstance(own, Clusters)
    np.testing.assert_array_equal(record.clusters, own.of)
    np.testing.assert_array_equal(record.rows, own.rows)
    np.testing.assert_allclose(record.positions, own.positions, rtol=1e-3)
    np.testing.assert_allclose(record.means[0], own.clusters[0].mean, atol=1e-6)
    assert record.pictures.shape == (len(own.clusters), 8, 8, 1)
    assert run.clusters()["input"].passes == record.passes == 240 * 16
    with pytest.raises(TfexplainError, match=r"epoch=7: .*Explain\(clusters=1000\)"):
        run.clusters(epoch=7)
    assert "240 of 240 rows" in run.settings["clusters"]
    told = summary("title", {"end": run}, "command")
    assert "Rows that are explained alike" in told
    for number in range(len(record.whose)):
        assert f">{(record.clusters == number).sum()}</td>" in told


def test_another_epoch_and_method_can_be_named(trained: tuple[Path, Any]) -> None:
    run = read(trained[0])["once"]
    (series,) = run.records(schema.Clusters).values()
    assert [(step, record.explainer) for step, record in series.items()] == [(0, "InputXGradient")]
    assert "once, after epoch 0" in run.settings["clusters"]


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (100, r"rows=100: expected a whole number of at least 500"),
        ("all", r"clusters='all': expected a number of rows, at least 500, or SpRAy\(\)"),
        (1000, r"expected at least 100 rows, for clusters of fewer are chance; got 60"),
    ],
)
def test_what_cannot_work_ends_before_the_first_batch(
    tmp_path: Path, wanted: Any, why: str
) -> None:
    network = linear_model()
    before = network.get_weights()

    def fit() -> None:
        own = explain(tmp_path, wanted, (X[:60], Y[:60]), on_error="warn")
        network.fit(X, Y, verbose=0, callbacks=[own])

    with pytest.raises(TfexplainError, match=why):
        fit()
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_without_scikit_learn_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    with pytest.raises(TfexplainError, match=r"scikit-learn: expected it.*\[simple\]"):
        linear_model().fit(X, Y, verbose=0, callbacks=[explain(tmp_path, 500)])
