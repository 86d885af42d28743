"""What explaining costs a training: counted before it, told after its first explained epoch."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import given
from hypothesis import strategies as st
from support.models import digits, same_bits, small_cnn
from support.read import read_run
from support.tracing import Counting, Noting

from tfexplain import Explain, GradCAM, IntegratedGradients
from tfexplain.callbacks.cost_line import cost_line
from tfexplain.callbacks.counted_passes import LEAST_NODES, nodes_and_every
from tfexplain.callbacks.fit_frame import Rows, rows_of_an_epoch

X, Y = digits()
IG = ("map", "IntegratedGradients", "input")
DEFAULTS = ("FeatureMaps", "GradCAM", "IntegratedGradients")

# Rows of an epoch, explained rows, nodes by default, other passes a row -> nodes, every.
COUNTED: dict[str, tuple[tuple[int, int, int, float], tuple[int, int]]] = {
    "MNIST": ((60_000, 8, 64, 0), (64, 1)),
    "just enough": ((5120, 8, 64, 0), (64, 1)),  # 8 * 64 = 512
    "a row too few": ((5119, 8, 64, 0), (63, 1)),
    "digits": ((1440, 8, 64, 0), (18, 1)),
    "the fewest nodes": ((1360, 8, 64, 0), (17, 1)),  # 8 * 17 = 136
    "then fewer epochs": ((1359, 8, 64, 0), (17, 2)),
    "twenty steps of eight": ((160, 8, 64, 0), (17, 9)),
    "more samples": ((60_000, 200, 64, 0), (30, 1)),
    "large pictures have fewer": ((160, 8, 9, 0), (9, 5)),
    "beside Kernel SHAP": ((60_000, 8, 64, 512.0), (64, 1)),
    "which is not reduced": ((6_000, 8, 64, 512.0), (17, 8)),
    "no path": ((1000, 8, 0, 50.0), (0, 4)),
    "one row": ((1, 1, 64, 0), (17, 170)),
}


@pytest.mark.parametrize("case", COUNTED)
def test_the_rule(case: str) -> None:
    given, wanted = COUNTED[case]
    assert nodes_and_every(*given) == wanted


@given(st.integers(1, 10**7), st.integers(1, 500), st.integers(9, 64), st.floats(0, 1024))
def test_a_tenth_is_kept_wherever_something_can_be_reduced(
    trained: int, samples: int, most: int, others: float
) -> None:
    nodes, every = nodes_and_every(trained, samples, most, others)
    assert min(most, LEAST_NODES) <= nodes <= most
    assert samples * (nodes + others) / every <= trained / 10 * (1 + 1e-9)
    if every > 1:  # nodes first
        assert nodes == min(most, LEAST_NODES)
        assert samples * (nodes + others) / (every - 1) > trained / 10 * (1 - 1e-9)
    elif nodes < most:
        assert samples * (nodes + 1 + others) > trained / 10 * (1 - 1e-9)


class Asking(keras.callbacks.Callback):  # type: ignore[misc]
    def on_train_begin(self, logs: Any = None) -> None:
        self.found = rows_of_an_epoch(self.params)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> Any:
        return X[16 * index :][:16], Y[16 * index :][:16]


def generator() -> Any:
    while True:
        yield X[:16], Y[:16]


def batched(**options: Any) -> Any:
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(16, **options)


FITS: dict[str, tuple[Any, dict[str, Any], Rows | None]] = {
    "arrays": ((X, Y), {"batch_size": 48}, Rows(2, 48)),
    "Keras' own batch": ((X, Y), {}, Rows(3, 32)),
    "a dataset of whole batches": ((batched(drop_remainder=True),), {}, Rows(6, 16)),
    "a dataset": ((batched(),), {}, Rows(6, 32, assumed=True)),
    "a PyDataset": ((Batches(),), {}, Rows(6, 32, assumed=True)),
    "an endless generator": ((generator(),), {"steps_per_epoch": 5}, Rows(5, 32, assumed=True)),
    "an endless dataset": ((batched().repeat(),), {"steps_per_epoch": 4}, Rows(4, 32, True)),
    "a dataset of unknown length": ((batched().filter(lambda x, y: True),), {}, None),
}


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # of unknown length
@pytest.mark.parametrize("form", FITS)
def test_what_an_epoch_trains_on(form: str) -> None:
    data, options, wanted = FITS[form]
    asking = Asking()
    # Keras warns where it is to shuffle a dataset.
    options = {"shuffle": len(data) == 2, **options}
    small_cnn().fit(*data, verbose=0, callbacks=[asking], **options)
    assert asking.found == wanted


def test_what_an_epoch_of_tf_keras_trains_on() -> None:
    class Old(tf_keras.callbacks.Callback):  # type: ignore[misc]
        on_train_begin = Asking.on_train_begin

    asking = Old()
    small_cnn(tf_keras).fit(X, Y, batch_size=48, verbose=0, callbacks=[asking])
    assert asking.found == Rows(2, 48)


def test_by_hand_nothing_is_known() -> None:
    assert rows_of_an_epoch(None) is None
    assert rows_of_an_epoch({"steps": None}) is None
    assert rows_of_an_epoch({"steps": 3}) == Rows(3, 32, assumed=True)


def fit(log_dir: Path, count: int = 1, rows: int = 96, model: Any = None, **options: Any) -> Any:
    callback = Explain((X, Y), log_dir=log_dir, **{"on_error": "raise", "verbose": 0, **options})
    x, y = np.resize(X, (rows, 8, 8, 1)), np.resize(Y, rows)
    model = model or small_cnn()
    model.fit(x, y, epochs=count, batch_size=32, verbose=0, callbacks=[callback])
    return model


def steps(log: Any, *names: str) -> list[int]:
    return sorted(log.values["/".join([*names, "0"])])


def test_an_expensive_default_takes_fewer_nodes_then_fewer_epochs(
    tmp_path: Path, capsys: Any
) -> None:
    fit(tmp_path, 8, rows=256, verbose=1)  # 8 * 17 = 136 of 25.6
    log = read_run(tmp_path)
    assert steps(log, *IG) == [0, 6, 7]
    assert steps(log, "map", "GradCAM", "conv") == list(range(8))
    assert steps(log, "channels", "FeatureMaps", "conv") == list(range(8))
    assert sorted(log.values["status"]) == list(range(8))
    for record in log.maps("IntegratedGradients", "input"):
        assert record.passes is not None
        assert 9 <= record.passes <= LEAST_NODES
        assert record.error is not None
    said = (
        "IntegratedGradients takes at most 17 nodes in place of 64; IntegratedGradients every 6 "
        "epochs, the first and the last, to stay at 10% of the passes of training: 256 rows an "
        "epoch (8 steps of 32)"
    )
    assert log.record("samples").settings["fewer passes"] == said
    assert capsys.readouterr().out.count(said) == 1


def test_a_training_that_is_large_enough_changes_nothing(tmp_path: Path) -> None:
    fit(tmp_path, rows=5120, samples=8)
    log = read_run(tmp_path)
    assert "fewer passes" not in log.record("samples").settings
    assert log.content("/".join([*IG, "0"])).settings["steps"] == "at most 64"


LEFT_ALONE: dict[str, tuple[dict[str, Any], str, list[int]]] = {
    "named explainers": ({"explainers": IntegratedGradients()}, "at most 64", [0, 1, 2, 3]),
    "their nodes": ({"explainers": IntegratedGradients(steps=12)}, "12", [0, 1, 2, 3]),
    "every": ({"every": 1}, "at most 17", [0, 1, 2, 3]),
    "every other": ({"every": 2}, "at most 17", [0, 2, 3]),
    "epochs": ({"epochs": (1, 2)}, "at most 17", [1, 2, 3]),
    "a budget": ({"budget": 1.0}, "at most 64", [0, 1, 2, 3]),
    "an epoch that drift is measured from": ({"reference": 1}, "at most 17", [0, 1, 3]),
}


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_what_the_user_chose_is_left_alone(case: str, tmp_path: Path) -> None:
    options, nodes, wanted = LEFT_ALONE[case]
    fit(tmp_path, 4, **options)
    log = read_run(tmp_path)
    assert log.content("/".join([*IG, "0"])).settings["steps"] == nodes
    assert steps(log, *IG) == wanted


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # of unknown length
def test_nothing_is_reduced_where_the_steps_are_not_known(tmp_path: Path) -> None:
    callback = Explain((X, Y), log_dir=tmp_path, on_error="raise", verbose=0)
    data = batched().filter(lambda x, y: True)
    small_cnn().fit(data, epochs=3, verbose=0, shuffle=False, callbacks=[callback])
    log = read_run(tmp_path)
    assert steps(log, *IG) == [0, 1, 2]
    assert log.content("/".join([*IG, "0"])).settings["steps"] == "at most 64"


def test_no_clock_decides(tmp_path: Path, monkeypatch: Any) -> None:
    fit(tmp_path / "plain", 3)
    clock = time.perf_counter
    monkeypatch.setattr(time, "perf_counter", lambda: 1000 * clock())
    fit(tmp_path / "slow", 3)
    plain, slow = (read_run(tmp_path / name) for name in ("plain", "slow"))
    assert steps(plain, *IG) == steps(slow, *IG) == [0, 2]
    assert plain.record("samples").settings == slow.record("samples").settings


def test_a_reduced_default_leaves_training_as_it_was(tmp_path: Path) -> None:
    watched = fit(tmp_path, 4)
    plain = small_cnn()
    plain.fit(X, Y, epochs=4, batch_size=32, verbose=0)
    assert same_bits(plain.get_weights(), watched.get_weights())


LINE = re.compile(
    r"^tfexplain: explaining took [\d.e+-]+ s of the [\d.e+-]+ s of epoch (\d+) "
    r"\([\d.e+]+%(; training compiled in it)?\)(, and [\d.e+-]+ s once before training)?\. "
    r"Most of it: (\w+) \([\d.e+-]+ s\)\. Lower it with (.*)\.$",
    re.MULTILINE,
)


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (1, 1), (2, 1)])
def test_the_cost_is_told_once(tmp_path: Path, capsys: Any, verbose: int, lines: int) -> None:
    fit(tmp_path, 3, verbose=verbose)
    printed = capsys.readouterr().out
    told = LINE.findall(printed)
    assert len(told) == printed.count("explaining took") == lines
    for epoch, compiled, before, dearest, _ in told:
        assert epoch == "0"
        assert compiled
        assert before
        assert dearest in {*DEFAULTS, "drift", "trust", "overlays", "Exchange"}


def test_it_is_told_between_the_bars_of_two_epochs(tmp_path: Path, capsys: Any) -> None:
    callback = Explain((X, Y), explainers=GradCAM(), log_dir=tmp_path)
    model = small_cnn()
    model.fit(X, Y, epochs=3, callbacks=[callback])
    printed = capsys.readouterr().out
    before, found, after = re.split(r"(tfexplain: explaining took .*\n)", printed)
    assert LINE.match(found.rstrip())
    assert re.search(r"accuracy: [\d.]+ - loss: [\d.]+\s*\n$", before)
    assert after.startswith("Epoch 2/3\n")
    model.fit(X, Y, epochs=3, callbacks=[callback])  # the same training goes on
    assert "explaining took" not in capsys.readouterr().out


def test_a_training_of_one_epoch_is_told_at_its_end(tmp_path: Path, capsys: Any) -> None:
    fit(tmp_path, 1, verbose=1)
    assert len(LINE.findall(capsys.readouterr().out)) == 1


def test_a_later_epoch_that_is_the_first_explained(tmp_path: Path, capsys: Any) -> None:
    callback = Explain((X, Y), log_dir=tmp_path, epochs=(1,), on_error="raise")
    small_cnn().fit(X, Y, epochs=3, verbose=0, callbacks=[callback])
    ((epoch, compiled, before, _, _),) = LINE.findall(capsys.readouterr().out)
    assert (epoch, compiled, before) == ("1", "", "")


ADVICE: dict[str, tuple[dict[str, float], str, str]] = {
    "an explainer among others": (
        {"GradCAM": 0.1, "IntegratedGradients": 2.0, "overlays": 0.2},
        "every=",
        "Lower it with every= or explainers= without IntegratedGradients.",
    ),
    "alone": ({"GradCAM": 1.0, "drift": 0.1}, "every=", "Lower it with every= or samples=."),
    "pictures": ({"GradCAM": 0.1, "overlays": 0.2}, "every=", "every= or write_images=False."),
    "drift": (
        {"GradCAM": 0.1, "drift": 0.2},
        "every_steps=",
        "with every_steps= or reference=None.",
    ),
    "under a budget": (
        {"GradCAM": 0.1, "LIME": 0.2},
        "budget=",
        "budget= or explainers= without LIME.",
    ),
    "nothing succeeded": ({}, "every=", "s of epoch 3 (25%). Lower it with every=."),
}


@pytest.mark.parametrize("case", ADVICE)
def test_the_argument_that_lowers_it_is_told(case: str) -> None:
    parts, by, wanted = ADVICE[case]
    line = cost_line("epoch 3", 1.0, 4.0, None, parts, by)
    assert line.startswith("tfexplain: explaining took 1 s of the 4 s of epoch 3 (25%).")
    assert line.endswith(wanted)


def test_the_first_epoch_says_what_it_also_holds() -> None:
    line = cost_line("epoch 0", 0.8, 4.1, 2.34, {"GradCAM": 0.5})
    assert line == (
        "tfexplain: explaining took 0.8 s of the 4.1 s of epoch 0 (20%; training compiled in it), "
        "and 2.3 s once before training. Most of it: GradCAM (0.5 s). Lower it with every= or "
        "samples=."
    )


def test_what_runs_between_expensive_epochs_is_compiled_before_training(tmp_path: Path) -> None:
    layers = keras.layers
    stack = [
        layers.Conv2D(4, 3, name="conv"),
        Counting(name="count"),
        layers.GlobalAveragePooling2D(),
    ]
    model = keras.Sequential([keras.Input((8, 8, 1)), *stack, layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    noting = Noting()
    explain = Explain((X, Y), log_dir=tmp_path, verbose=0)
    model.fit(X[:96], Y[:96], epochs=5, verbose=0, callbacks=[explain, noting])
    run = read_run(tmp_path)
    steps = [list(run.values[f"{kind}/0"]) for kind in ("map/GradCAM/count", "/".join(IG))]
    assert len(steps[0]) == 5
    assert len(steps[1]) < 5
    assert len(set(noting.counts)) == 1
