"""What nobody asked for by name ends no training: it is left out, told once, and on the page."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.failing import Failing
from support.faults import fit
from support.models import digits, same_bits, small_cnn
from support.read import read_run

from tfexplain import Compression, Explain, GradCAM, Saliency
from tfexplain.errors import ExplainWarning, plain
from tfexplain.runlog import plan

layers = keras.layers
X, Y = digits()
TABLE = X.reshape(len(X), -1)[:, :6]


class NoLayers(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.kernel = self.add_weight(shape=(6, 10), name="kernel")

    def call(self, x: Any) -> Any:
        return tf.nn.softmax(x @ self.kernel)


def without_weights() -> Any:
    return keras.Sequential([keras.Input((6,)), layers.Activation("softmax")])


class Unbuilt(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.head = layers.Dense(10, activation="softmax")

    def call(self, x: Any) -> Any:
        return self.head(x)


class OnlyATrainingStep(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.head = layers.Dense(4), layers.Dense(3)

    def train_step(self, data: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.head(self.encoder(data[0])) ** 2)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return {"loss": loss}


class OnlyForTraining(Unbuilt):
    def call(self, x: Any, training: bool = False) -> Any:
        if not training:
            raise RuntimeError("made for training")
        return self.head(x)


def of_strings() -> Any:
    kinds = keras.Input((1,), dtype="string")
    lookup = layers.StringLookup(output_mode="one_hot", vocabulary=["a", "b"])
    return keras.Model(kinds, layers.Dense(10, activation="softmax")(lookup(kinds)))


def of_dictionaries() -> Any:
    x = keras.Input((6,))
    return keras.Model(x, {"kind": layers.Dense(10, activation="softmax")(x)})


class Unreadable(keras.utils.PyDataset):  # type: ignore[misc]
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        raise OSError("the disk is gone")


@dataclass
class Odd:
    """A training that runs by itself, and what is told of it with the callbacks of defaults."""

    make: Callable[[], Any]
    x: Any = field(default_factory=lambda: TABLE)
    val: Any = None
    y: Any = field(default_factory=lambda: Y)
    explaining: str = ""
    activity: str = ""
    compression: str = ""


STRINGS = tf.constant(np.array([["a"], ["b"]] * 48))
ODD = {
    "no layers": Odd(NoLayers),
    "no weights": Odd(
        without_weights, y=Y % 6, compression="expected a layer with a kernel; it has none"
    ),
    "unbuilt": Odd(Unbuilt),
    "dictionaries": Odd(of_dictionaries, y={"kind": Y}),
    "strings": Odd(of_strings, x=STRINGS),
    "a training step alone": Odd(
        OnlyATrainingStep, explaining="does not have a `call", activity="does not have a `call"
    ),
    "never at inference": Odd(
        OnlyForTraining, explaining="made for training", activity="made for training"
    ),
    "another shape": Odd(
        Unbuilt, val=TABLE[:, :3], explaining="could not be called", activity="shape (None, 3)"
    ),
    "NaN": Odd(
        Unbuilt, val=TABLE * np.nan, explaining="holds NaN", activity="Clean the validation data"
    ),
    "unreadable": Odd(
        Unbuilt, val=Unreadable(4), explaining="the disk is gone", activity="the disk is gone"
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_defaults_end_no_training(case: str, tmp_path: Path) -> None:
    odd = ODD[case]
    val = (odd.x, odd.y) if odd.val is None else odd.val

    def trained(callbacks: list[Any]) -> tuple[Any, list[str]]:
        keras.utils.set_random_seed(3)
        model = odd.make()
        model.compile("sgd", "sparse_categorical_crossentropy")
        model, told = fit(callbacks, 2, model, odd.x, odd.y)
        return model, [str(w.message) for w in told]

    plain_one, _ = trained([])
    model, told = trained(
        [
            Explain(val, log_dir=tmp_path, verbose=False),
            Compression(log_dir=tmp_path, validation_data=val, verbose=False),
        ]
    )
    assert same_bits(plain_one.get_weights(), model.get_weights())
    for room, parts in {
        "explain": ["explaining"],
        "compression": ["activity", "compression"],
    }.items():
        run = read_run(tmp_path, room)
        assert sorted(run.values["metrics"]) == [0, 1]
        problems = (
            {p.kind: p for p in run.record("status").problems} if "status" in run.values else {}
        )
        for part in parts:
            reason = getattr(odd, part)
            said = [text for text in told if text.startswith(f"tfexplain: {part} is left out: ")]
            if case != "strings" or part != "explaining":
                assert len(said) == bool(reason)
            if reason:
                assert reason in said[0]
                assert said[0].endswith(" Training goes on without it.")
                assert reason in problems[part].message
                assert "\x1b" not in said[0] + problems[part].message


def test_of_the_defaults_the_one_that_fails_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the first try already; one that is named is an error there."""
    failing = Failing(lambda call: True)
    monkeypatch.setattr(plan, "fitting", lambda passes: (GradCAM(), failing))
    _, told = fit([Explain((X, Y), log_dir=tmp_path / "default", verbose=False)], epochs=2)
    assert [str(w.message) for w in told] == [
        "tfexplain: Failing is left out: RuntimeError: out of luck. Pass explainers= those that "
        "are wanted; what is named is an error before training. Training goes on without it."
    ]
    run = read_run(tmp_path / "default")
    assert sorted(run.values["map/GradCAM/conv/0"]) == [0, 1]
    (problem,) = run.record("status").problems
    assert (problem.kind, problem.count, problem.left_out) == ("Failing", 1, True)
    assert len(failing.calls) == 2  # with the others, alone, and never again
    with pytest.raises(RuntimeError, match="out of luck"):
        fit(
            [
                Explain(
                    (X, Y),
                    explainers=[GradCAM(), failing],
                    log_dir=tmp_path / "named",
                    verbose=False,
                )
            ]
        )
    with pytest.raises(RuntimeError, match="out of luck"):  # for tests
        fit([Explain((X, Y), log_dir=tmp_path / "raise", on_error="raise", verbose=False)])


def test_targets_asked_for_by_name_are_not_left_out(tmp_path: Path) -> None:
    def wrong(outputs: Any) -> Any:
        raise KeyError("logits")

    with pytest.raises(KeyError, match="logits"):
        fit([Explain((X, Y), targets=wrong, log_dir=tmp_path, verbose=False)])


def test_a_reference_asked_for_by_name_is_not_left_out(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.BatchNormalization()])
    logging = Compression(log_dir=tmp_path, reference=model, verbose=False)
    with pytest.raises(ValueError, match="reference"):
        fit([logging], model=small_cnn())


def test_messages_have_no_colour_codes() -> None:
    assert plain("\x1b[1mInput 0\x1b[0m: \x1b[38;5;34m3\x1b[0m") == "Input 0: 3"


def test_choices_that_cannot_be_printed_end_no_training(tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).random((8, 4)).astype("f4"), np.arange(8) % 2
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    log_dir = tmp_path / "\u043b\u043e\u0433"
    callbacks = [
        Explain((x, y), explainers=Saliency(), log_dir=log_dir),
        Compression(log_dir=log_dir),
    ]
    with (
        contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="ascii")),
        pytest.warns(ExplainWarning, match="choices: UnicodeEncodeError"),
    ):
        model.fit(x, y, epochs=1, verbose=0, callbacks=callbacks)
    run = read_run(log_dir)
    assert len(run.record("samples").rows) == 8
    assert len(run.maps("Saliency", "input")) == 8
