"""Importance while a model trains: when, what is logged, and training as without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

import tfexplain
from tfexplain import Explain, InputXGradient
from tfexplain.errors import ExplainWarning
from tfexplain.runlog import general_plan
from tfexplain.runlog.general_rows import GeneralRows, Unfit
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.usage import Importance
from tfexplain.wire import schema

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3)).astype("f4")
LABELS = (X[:, 0] + 0.5 * X[:, 1] > 0).astype(np.int64)
NAMES = ["age", "income", "noise"]


def network(library: ModuleType = keras, features: int = 3) -> Any:
    library.utils.set_random_seed(0)
    layers = library.layers
    model = library.Sequential(
        [
            library.Input((features,)),
            layers.Dense(8, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(library.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    return model


def fit(
    log_dir: Path | None, library: ModuleType = keras, length: int = 12, **settings: Any
) -> Any:
    model, callbacks = network(library), []
    if log_dir is not None:
        own = {"verbose": 0, "on_error": "raise", "importance": 64, "feature_names": NAMES}
        own |= {"explainers": [InputXGradient()], "write_images": False}
        callbacks.append(Explain((X, LABELS), log_dir=log_dir, **(own | settings)))
    model.fit(X, LABELS, epochs=length, verbose=0, callbacks=callbacks)
    return model


def logged(log_dir: Path) -> dict[float, schema.Importance]:
    run = tfexplain.read(log_dir)[log_dir.name]
    (series,) = run.records(schema.Importance).values()
    return dict(series)


def test_it_is_read_back_by_epoch_and_input(trained: Any) -> None:
    _, _, directory = trained
    run, records = tfexplain.read(directory)["run"], logged(directory)
    (last,) = run.importance().values()
    assert np.array_equal(last.values, records[11].values)
    assert list(run.importance(epoch=5)) == ["input"]
    assert np.array_equal(run.importance(epoch=5)["input"].values, records[5].values)
    with pytest.raises(tfexplain.TfexplainError, match=r"epoch=4: .*it was at: 0, 1, 2, 5, 11"):
        run.importance(epoch=4)


def test_dependence_on_the_most_important_columns_is_that_of_the_trained_model(
    trained: Any,
) -> None:
    _, model, directory = trained
    run = tfexplain.read(directory)["run"]
    (record,) = run.dependence().values()
    (ranked,) = run.importance().values()
    order = np.argsort(-ranked.values)
    assert record.features.tolist() == order.tolist()
    assert record.names == [NAMES[i] for i in order]
    assert (record.unit, record.averaged, record.weights) == ("probability", 64, 11)
    found = tfexplain.partial_dependence(model, (X, LABELS), rows=64, feature_names=NAMES)
    for place, name in enumerate(record.names):
        own = found[name]
        count = len(own.grid)
        np.testing.assert_array_equal(record.grid[place, :count], own.grid.astype("f4"))
        np.testing.assert_allclose(record.partial[place, :, :count], own.partial, atol=1e-6)
        np.testing.assert_allclose(record.single[place, :, :count], own.single, atol=1e-6)
        np.testing.assert_array_equal(record.counts[place, :count], own.counts)
        assert np.isnan(record.grid[place, count:]).all()
    assert record.single_outputs.tolist() == LABELS[record.rows].tolist()


@pytest.fixture(scope="module", params=[keras, tf_keras], ids=["keras", "tf_keras"])
def trained(request: Any, tmp_path_factory: Any) -> Any:
    """(library, model, directory) of a training with importance."""
    directory = tmp_path_factory.mktemp("importance") / "run"
    return request.param, fit(directory, request.param), directory


def test_it_is_measured_in_five_epochs_and_training_is_the_same(trained: Any) -> None:
    library, model, directory = trained
    records = logged(directory)
    assert list(records) == [0, 1, 2, 5, 11]
    assert [record.weights for record in records.values()] == [0, 1, 2, 5, 11]
    for a, b in zip(model.get_weights(), fit(None, library).get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_record_is_what_the_function_says_of_the_trained_model(trained: Any) -> None:
    _, model, directory = trained
    record = logged(directory)[11]
    found = tfexplain.importance(model, (X, LABELS), rows=64, feature_names=NAMES)
    assert isinstance(found, Importance)
    assert record.names == NAMES
    assert (record.rows, record.explainer, record.unit) == (64, "IntegratedGradients", "logit")
    assert np.allclose(record.values, found.values, atol=1e-5)
    assert np.allclose(record.low, found.low, atol=1e-5)
    assert found.permuted is not None
    assert np.allclose(record.permuted, found.permuted.values)
    assert found.hidden is not None
    assert np.allclose(record.hidden, found.hidden.hidden)
    assert np.allclose(record.random_low, found.hidden.random_low)
    assert record.passes == found.passes
    assert np.allclose(record.weights_first, found.weights_first, atol=1e-5)
    assert record.dot_features.tolist() == found.order.tolist()
    assert np.allclose(record.dots, found.attributions[:, found.order], atol=1e-5)
    assert found.row_values is not None
    assert np.allclose(record.dot_values, found.row_values[:, found.order])
    assert np.array_equal(record.row_labels, found.labels)


def test_of_named_epochs_all_are_measured_also_after_a_restart(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"epochs": (0, 3, 4), "verbose": 0, "importance": 64}
    for first, end in ((0, 2), (2, 6)):
        explain = Explain(
            (X, LABELS), log_dir=tmp_path / "run", explainers=[InputXGradient()], **settings
        )
        model = network()
        model.fit(X, LABELS, epochs=end, initial_epoch=first, verbose=0, callbacks=[explain])
    assert list(logged(tmp_path / "run")) == [0, 1, 3, 4, 5]


def test_expensive_methods_that_were_chosen_by_default_leave_it_its_own_epochs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = np.hstack([X, X, X])
    model = network(features=9)
    explain = Explain((wide, LABELS), log_dir=tmp_path / "run", importance=64)
    model.fit(wide, LABELS, epochs=4, verbose=0, callbacks=[explain])
    told = capsys.readouterr().out
    assert "KernelSHAP every" in told
    assert "Most of it: importance" in told
    assert "a smaller importance=" in told
    assert "64 of 200 rows by their hashes; importance of 9 columns of input" in told
    assert list(logged(tmp_path / "run")) == [0, 1, 2, 3]


class Broken:
    """A piece that fails each time."""

    def __init__(self, rows: GeneralRows) -> None:
        self.text = f"broken for {len(rows.chosen.rows)} rows"

    def records(self, _: Moment) -> Iterator[Any]:
        raise MemoryError("no room")


def unfit(_: GeneralRows) -> Any:
    raise Unfit("tables have no wings")


def test_a_piece_that_fails_takes_no_other_down_nor_is_any_measured_within_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = {"wings": unfit, "broken": Broken, **general_plan.PIECES}
    monkeypatch.setattr(general_plan, "PIECES", pieces)
    with pytest.warns(ExplainWarning, match="broken: MemoryError at epoch 0: no room"):
        fit(tmp_path / "run", length=2, every_steps=3, on_error="warn")
    assert list(logged(tmp_path / "run")) == [0, 1]
    run = tfexplain.read(tmp_path)["run"]
    (series,) = run.records(schema.Status).values()
    status = series[1]
    assert {"importance", "broken"} <= set(status.seconds)
    assert [(p.kind, p.count) for p in status.problems] == [("broken: MemoryError", 2)]
    assert "wings left out: tables have no wings" in run.settings["importance"]


def test_labels_that_fit_no_output_leave_the_rest(tmp_path: Path) -> None:
    wrong = (X, np.arange(200) % 4)
    model = network()
    with pytest.warns(ExplainWarning, match="label is left out"):
        model.fit(
            *(X, LABELS),
            verbose=0,
            callbacks=[
                Explain(
                    wrong,
                    log_dir=tmp_path / "run",
                    explainers=[InputXGradient()],
                    importance=64,
                    verbose=0,
                )
            ],
        )
    record = logged(tmp_path / "run")[0]
    assert np.isfinite(record.values).all()
    assert (len(record.permuted), len(record.hidden)) == (0, 0)


def test_fewer_rows_than_two_are_refused(tmp_path: Path) -> None:
    with pytest.raises(tfexplain.TfexplainError, match="importance=1: expected a whole number"):
        fit(tmp_path / "run", importance=1)
