"""Exchanged windows while a model trains: when, what is logged, and training as without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tfexplain import Exchange, Explain, GradCAM, Saliency, findings, read
from tfexplain.errors import ExplainWarning
from tfexplain.runlog.exchange_plan import affordable_epochs, exchange_epochs
from tfexplain.wire import schema

RNG = np.random.default_rng(0)
LABELS = RNG.integers(3, size=120)
PICTURES = RNG.uniform(0, 0.3, (120, 8, 8, 1)).astype("f4")
PICTURES[:, 2:6, 2:6, 0] += LABELS[:, None, None] / 2


def network(seed: int = 0) -> Any:
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    return model


def logged(log_dir: Path) -> dict[int, schema.Exchange]:
    records = read(log_dir)[log_dir.name].every_record
    return {
        step: record for _, series in records.series(schema.Exchange) for step, record in series
    }


def fit(log_dir: Path, epochs: int, explainers: Any, **settings: Any) -> Any:
    model = network()
    callbacks = []
    if explainers is not False:
        explain = Explain(
            (PICTURES, LABELS),
            log_dir=log_dir,
            explainers=explainers,
            **({"verbose": 0, "on_error": "raise"} | settings),
        )
        callbacks.append(explain)
    model.fit(PICTURES, LABELS, epochs=epochs, verbose=0, callbacks=callbacks)
    return model


def test_windows_are_exchanged_in_at_most_five_epochs_and_training_is_the_same(
    tmp_path: Path,
) -> None:
    model = fit(tmp_path / "run", 12, [GradCAM(), Exchange(pairs=60)])
    records = logged(tmp_path / "run")
    assert set(records) <= {0, 1, 2, 5, 11}
    assert {5, 11} <= set(records)
    last = records[11]
    assert last.pairs == 60
    assert last.sides == (8, 8)
    assert last.mean.shape == (8, 8, 1)
    # The middle says the class.
    assert last.shares[3:5, 3:5].min() > last.shares[0, 0] + 0.2
    # The record is what the function returns for the trained model and the same rows.
    found = Exchange(pairs=60)(model, PICTURES, LABELS)
    (result,) = found.values()
    assert abs(last.share - result.strongest.share) < 0.15
    plain = fit(tmp_path / "none", 12, False)
    for a, b in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_volumes_are_logged_with_the_most_of_any_slice(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=120)
    volumes = rng.uniform(0, 0.3, (120, 4, 8, 10, 1)).astype("f4")
    volumes[:, 3, 2:6, :3, 0] += labels[:, None, None] / 2
    layers = keras.layers
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((4, 8, 10, 1)), layers.Flatten(), layers.Dense(2, activation="softmax")]
    )
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    explainers = [Saliency(), Exchange(window=(2, 4, 4), stride=(1, 2, 2), pairs=60)]
    explain = Explain(
        (volumes, labels),
        log_dir=tmp_path / "run",
        explainers=explainers,
        verbose=0,
        on_error="raise",
    )
    model.fit(volumes, labels, epochs=3, verbose=0, callbacks=[explain])
    record = logged(tmp_path / "run")[2]
    # The same rows, in another order, are all that are there: one draw of pairs or another.
    (found,) = explainers[1](model, volumes, labels).values()
    assert record.sides == (8, 10)
    assert record.corner == (2, 0)
    assert record.size == (4, 4)
    np.testing.assert_allclose(record.shares, found.shares.max(axis=0), atol=0.15)
    assert record.shares.max() > 0.5
    assert record.by_window.shape == (3, 4)
    assert record.mean.shape == (8, 10, 1)
    (finding,) = (one for one in findings(tmp_path) if one.kind == "place")
    assert finding.box == ((2, 4), (0, 4))
    assert "the left edge" in finding.text


def test_epochs_that_are_not_explained_pass_their_turn_on(tmp_path: Path) -> None:
    fit(tmp_path / "run", 9, [Exchange(pairs=60)], every=4)
    assert {4, 8} <= set(logged(tmp_path / "run")) <= {0, 4, 8}


def test_an_expensive_default_is_left_out_and_says_how_to_have_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(tmp_path / "run", 2, None, verbose=1)
    assert logged(tmp_path / "run") == {}
    said = capsys.readouterr().out
    assert "15,000 passes each time are too many here" in said
    assert "Pass explainers=[..., Exchange()] to have it." in said


def test_a_default_that_is_cheap_enough_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfexplain.callbacks.exchange_run.affordable_epochs", lambda *_: 2)
    fit(tmp_path / "run", 4, None)
    assert {3} <= set(logged(tmp_path / "run")) <= {0, 3}


def test_explainers_that_were_named_have_no_exchange_beside_them(tmp_path: Path) -> None:
    fit(tmp_path / "run", 2, [Saliency()])
    assert logged(tmp_path / "run") == {}


def test_an_exchange_that_was_named_and_cannot_work_is_an_error_before_training(
    tmp_path: Path,
) -> None:
    explain = Explain(PICTURES, log_dir=tmp_path, explainers=[Exchange()], verbose=0)
    with pytest.raises(ValueError, match="labels: expected classes"):
        network().fit(PICTURES, LABELS, verbose=0, callbacks=[explain])


def test_two_exchanges_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at most one Exchange; got 2"):
        Explain(PICTURES, log_dir=tmp_path, explainers=[Exchange(), Exchange(pairs=60)])


@pytest.mark.parametrize(
    ("epochs", "count", "expected"),
    [
        (1, 5, [0]),
        (2, 5, [0, 1]),
        (5, 5, [0, 1, 2, 3, 4]),
        (1000, 5, [0, 5, 31, 177, 999]),
        (50, 2, [0, 49]),
        (50, 1, [49]),
    ],
)
def test_epochs_are_spread_by_even_factors(epochs: int, count: int, expected: list[int]) -> None:
    found = exchange_epochs(epochs, count)
    assert found == expected or (epochs == 5 and set(found) <= set(expected))
    assert len(found) <= count
    assert found[-1] == epochs - 1


def test_passes_are_counted_never_timed() -> None:
    # 5% of 30,000 trained rows are 1,500 passes; 1,000 rows forward are 500 of them.
    assert affordable_epochs(30_000, 1_000) == 3
    assert affordable_epochs(9_999, 1_000) == 0
    assert affordable_epochs(10**9, 1_000) == 5


def test_a_default_that_fails_takes_nothing_else_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> int:
        raise RuntimeError("no such op")

    monkeypatch.setattr(Exchange, "passes", fail)
    with pytest.warns(ExplainWarning, match="Exchange is left out: RuntimeError: no such op"):
        fit(tmp_path / "run", 2, None, on_error="warn")
    assert logged(tmp_path / "run") == {}
    records = read(tmp_path / "run")["run"].every_record
    assert len(list(records.series(schema.Map))) > 0


def test_under_a_budget_only_what_was_named_is_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counted: list[int] = []

    def none(trained: int, _: int) -> int:
        counted.append(trained)
        return 0

    monkeypatch.setattr("tfexplain.callbacks.exchange_run.affordable_epochs", none)
    fit(tmp_path / "run", 2, None, budget=0.5, verbose=1)
    assert counted == [0]
    assert "with nothing known to count them against. Pass" in capsys.readouterr().out
