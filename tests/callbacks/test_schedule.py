"""`every`, `at` and `budget`: the rule on made-up clocks, and what a real `fit` does with it."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.models import digits, small_cnn
from support.read import read_run

from tfexplain import Explain, GradCAM
from tfexplain.callbacks.schedule import Schedule, Scheduler
from tfexplain.explainers import Explainer
from tfexplain.model.shared_pass import LayerReads

X, Y = digits()
costs = st.floats(0, 20)


class Training:
    """Fits of one callback whose epochs and explanations take the seconds they are given."""

    def __init__(self, budget: float, every: int = 1, required: int | None = None) -> None:
        self.now = 100.0
        self.scheduler = Scheduler(Schedule(every, None, budget), required, lambda: self.now)
        self.explained: list[int] = []
        self.step = -1

    def fit(self, epochs: Sequence[float], cost: Sequence[float], *, known: bool = True) -> None:
        """`cost[i]` is what explaining takes at epoch i, if it is explained."""
        self.now += 1000  # what lies between fits is nobody's time
        self.scheduler.begin(self.step + len(epochs) if known else None)
        for i, seconds in enumerate(epochs):
            self.step += 1
            self.now += seconds
            self._end(cost[i], lambda i=i: self.scheduler.due(i, self.step))
        if self.explained[-1:] != [self.step]:
            self._end(cost[-1], self.scheduler.due_at_end, epochs=0)

    def _end(self, cost: float, due: Callable[[], bool], epochs: int = 1) -> None:
        with self.scheduler.charged(epochs):
            if due():
                self.scheduler.explains()
                self.explained.append(self.step)
                self.now += cost

    @property
    def owed(self) -> float:
        """Seconds over the budget."""
        spent = self.scheduler.spending
        return spent.explaining - (self.scheduler.when.budget or 1) * spent.training

    @property
    def gaps(self) -> list[int]:
        return [b - a for a, b in itertools.pairwise(self.explained)]


def run(budget: float, epochs: Sequence[float], cost: Sequence[float], **how: Any) -> Training:
    training = Training(budget)
    training.fit(epochs, cost, **how)
    return training


def test_fourteen_of_forty() -> None:
    training = run(0.05, [1.0] * 40, [0.15] * 40)
    assert training.explained == list(range(0, 40, 3))
    assert training.scheduler.spending.explaining == pytest.approx(14 * 0.15)
    assert training.scheduler.spending.training == pytest.approx(40 + 14 * 0.15)
    assert training.scheduler.text == (
        "explained 14 of 40 epochs to stay under 5% of training time; took 4.99%"
    )


@given(st.integers(1, 200), st.floats(1e-3, 20), st.floats(0.01, 1))
def test_costs_that_stay_the_same_fill_the_budget_evenly(
    epochs: int, cost: float, budget: float
) -> None:
    training = run(budget, [1.0] * epochs, [cost] * epochs)
    explained = len(training.explained)
    room = epochs if budget == 1 else budget * epochs / (1 - budget) / cost
    assert abs(explained - min(epochs, max(2, math.floor(room)))) <= 1
    assert {0, epochs - 1} <= set(training.explained)
    assert training.owed <= 1e-9 or explained <= 2
    assert not training.gaps or max(training.gaps) <= 2 * min(training.gaps)


@given(
    st.lists(st.tuples(st.floats(0, 10), costs), min_size=1, max_size=60),
    st.floats(0.01, 1),
    st.booleans(),
)
@example([(0.0, 0.5)] * 20, 0.05, True)  # epochs that take no time
@example([(1.0, 0.1 * i) for i in range(40)], 0.05, True)  # costs that grow
@example([(0.01, 5.0)] * 40, 0.05, True)  # one costs more than the training
@example([(1.0, 0.0)] * 9, 0.05, True)
def test_whatever_it_costs_little_more_than_the_budget_is_spent(
    seconds: list[tuple[float, float]], budget: float, known: bool
) -> None:
    epochs, cost = zip(*seconds, strict=True)
    training = Training(budget)
    end = training._end

    def checked(*arguments: Any, **options: Any) -> None:
        end(*arguments, **options)
        at_end = training.step == len(epochs) - 1
        assert training.owed <= (2 if at_end else 1) * max(cost) + 1e-9

    training._end = checked  # type: ignore[method-assign]
    training.fit(epochs, cost, known=known)
    assert {0, len(epochs) - 1} <= set(training.explained)


@pytest.mark.parametrize("cost", [0.1, 0.5])
def test_parts_of_one_epoch_are_spread_as_epochs_are(cost: float) -> None:
    whole, training = run(0.05, [1.0] * 40, [cost] * 40), Training(0.05)
    scheduler = training.scheduler
    scheduler.begin(0, per_epoch=40)
    for part in range(1, 41):
        training.step, training.now = part - 1, training.now + 1
        training._end(cost, lambda part=part: scheduler.due(0, part / 40 - 1, part == 40))
    assert training.explained == whole.explained
    assert scheduler.text == whole.scheduler.text


def test_a_slow_first_epoch_is_not_spent_twice() -> None:
    training = run(0.05, [60.0] + [1.0] * 39, [1.0] * 40)
    assert training.owed <= 0
    assert len(training.explained) == 5
    assert training.explained[-1] == 39


def test_a_training_that_stops_early_has_been_spread_all_the_same() -> None:
    training = Training(0.1)
    training.scheduler.begin(199)
    for i in range(50):
        training.step, training.now = i, training.now + 1
        training._end(0.5, lambda i=i: training.scheduler.due(i, i))
    assert training.owed <= 0.5
    assert set(training.gaps) <= {4, 5}
    assert training.scheduler.due_at_end()


def test_waiting_beside_epochs_that_are_not_explained_leaves_no_last_one_out() -> None:
    """A disk or another worker that is slow is no explanation that is owed."""
    training = Training(1e-9)
    training.scheduler.begin(2)
    for step in range(3):
        training.step, training.now = step, training.now + 1
        with training.scheduler.charged(1):
            if training.scheduler.due(step, step):
                training.scheduler.explains()
                training.explained.append(step)
                training.now += 0.1
            else:
                training.now += 5
    assert training.explained == [0, 2]


def test_every_is_the_least_spacing() -> None:
    training = Training(1.0, every=4)
    training.fit([1.0] * 10, [0.1] * 10)
    assert training.explained == [0, 4, 8, 9]


def test_fits_go_on_one_account() -> None:
    training = Training(0.05)
    for _ in range(100):
        training.fit([1.0], [0.5])
    assert training.scheduler.spending.training == pytest.approx(
        100 + 0.5 * len(training.explained)
    )
    assert training.explained[:3] == [0, 1, 2]
    assert set(training.gaps[3:]) <= {9, 10}
    assert training.owed <= 3 * 0.5


def test_setting_up_is_on_no_account() -> None:
    training = Training(0.5)
    with training.scheduler.set_up():
        training.now += 7
    training.scheduler.begin(None)
    training.now += 1
    with training.scheduler.charged():
        training.now += 2
        with training.scheduler.set_up():
            training.now += 30
        training.now += 3
    cost = training.scheduler.account()
    assert (cost.setup, cost.training, cost.explaining) == (37, 6, 5)


def test_the_epoch_that_drift_is_measured_from_is_explained_whatever_the_budget() -> None:
    training = Training(0.001, required=3)
    training.fit([1.0] * 9, [1.0] * 9)
    assert training.explained == [0, 3, 8]


def fit(log_dir: Path, trained: int = 6, **options: Any) -> Any:
    settings = {"on_error": "raise", "verbose": False, "write_images": False, **options}
    callback = Explain(
        (X, Y), explainers=settings.pop("explainers", GradCAM()), log_dir=log_dir, **settings
    )
    small_cnn().fit(X, Y, epochs=trained, batch_size=8, verbose=0, callbacks=[callback])
    return callback


def test_epochs_that_are_asked_for_and_the_last(tmp_path: Path) -> None:
    fit(tmp_path, epochs=(3, 1), reference=3)
    run = read_run(tmp_path)
    assert sorted(run.values["map/GradCAM/conv/0"]) == [1, 3, 5]
    assert run.record("samples").settings["epochs"] == "1, 3, and the last"
    assert run.record("drift/GradCAM/conv").reference == "epoch 3"


@dataclass(frozen=True, eq=False)
class Expensive(Explainer):
    """Takes half a second."""

    def plan(self, traced_model: Any, targets: Any = None) -> LayerReads:
        return LayerReads()

    def attributions(self, context: Any, reduced: Any) -> Any:
        time.sleep(0.5)
        return {}


def test_a_fit_keeps_the_budget_and_says_so(tmp_path: Path, capsys: Any) -> None:
    explainers = [Expensive(), GradCAM()]
    callback = fit(tmp_path, 30, explainers=explainers, budget=0.3, verbose=True)
    printed = capsys.readouterr().out
    assert "as many as 30% of training time buys, first and last" in printed
    log = read_run(tmp_path)
    explained = sorted(log.values["map/GradCAM/conv/0"])
    assert explained == sorted(log.values["status"])
    assert sorted(log.values["metrics"]) == list(range(30))
    records = [log.record("status", step) for step in explained]
    first, last = records[0].cost, records[-1].cost
    assert (last.epochs, last.explained, last.budget) == (30, len(explained), 0.3)
    assert first.setup == last.setup > 0.5
    # What the callback itself measured: whatever the machine does, the rule held by it.
    for before, after in itertools.pairwise(records[:-1]):
        assert after.cost.training > before.cost.training
        dearest = after.cost.explaining - before.cost.explaining
        assert after.cost.explaining <= 0.3 * after.cost.training + dearest
    assert last.explaining >= 0.5 * len(explained)
    assert last.explaining >= sum(sum(record.seconds.values()) for record in records)
    assert last.training > last.explaining
    assert explained[0] == 0
    assert explained[-1] == 29
    assert callback._scheduler.text in printed.splitlines()[-1]
    assert f"explained {len(explained)} of 30 epochs" in printed


def test_without_a_budget_the_cost_is_logged_all_the_same(tmp_path: Path) -> None:
    fit(tmp_path, 3, every=2, write_images=True)
    log = read_run(tmp_path)
    status = log.record("status")
    assert set(status.seconds) == {"GradCAM", "drift", "trust", "overlays"}
    assert (status.cost.epochs, status.cost.explained, status.cost.budget) == (3, 2, None)
    assert 0 < status.cost.explaining < status.cost.training


def test_a_last_epoch_that_is_not_explained_has_no_costs_of_another(tmp_path: Path) -> None:
    model = small_cnn()
    callback = Explain((X, Y), explainers=Expensive(), log_dir=tmp_path, budget=0.01, verbose=False)
    for _ in range(4):
        model.fit(X, Y, epochs=1, verbose=0, callbacks=[callback])
    log = read_run(tmp_path)
    assert log.record("predictions").explained == 1
    status = log.record("status", 3)
    assert not status.seconds
    assert (status.cost.epochs, status.cost.explained) == (4, 3)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no share": ({"budget": 5}, r"budget=5: expected a share .* Pass 0\.05 for 5%\."),
    "nothing": ({"budget": 0.0}, r"budget=0\.0: expected a share"),
    "not a number": ({"budget": float("nan")}, "budget=nan: expected a share"),
    "a flag": ({"budget": True}, "budget=True: expected a share"),
    "one epoch": (
        {"epochs": 5},
        r"epochs=5: expected epochs, .* Pass them as in epochs=\(0, 5, 20\)\.",
    ),
    "negative": ({"epochs": (0, -1)}, r"epochs=\(0, -1\): expected epochs"),
    "two choices": (
        {"epochs": (0,), "every": 2},
        r"epochs=\(0,\): expected no other choice .* every=2",
    ),
    "and a budget": (
        {"epochs": (0,), "budget": 0.1},
        r"epochs=\(0,\): expected no other .* budget=0\.1",
    ),
    "no reference": (
        {"epochs": (0, 5), "reference": 3},
        r"reference=3: expected an epoch that is explained, .* epochs=\(0, 5\)\. Add it",
    ),
    "before": ({"budget": 0.1, "reference": -1}, "reference=-1: expected an epoch"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_choices_that_cannot_be_are_refused(case: str, tmp_path: Path) -> None:
    options, message = REFUSED[case]
    callback = Explain((X, Y), log_dir=tmp_path / "run", **options)
    callback.set_model(small_cnn())
    with pytest.raises(ValueError, match=message):
        callback.on_train_begin()
    assert not (tmp_path / "run").exists()
