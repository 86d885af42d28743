"""Callbacks in other hands than those of one `fit`: copied, pickled, called, shared, of a part."""

from __future__ import annotations

import copy
import pickle
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.read import read_run

from tfexplain import Compression, Explain, Saliency, TfexplainError

RNG = np.random.default_rng(0)
X, Y = RNG.random((32, 4)).astype("f4"), np.arange(32) % 2
DATA = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
LIBRARIES = {"keras": keras, "tf_keras": tf_keras}


def net(library: Any = keras) -> Any:
    layers = library.layers
    model = library.Sequential([layers.InputLayer((4,)), layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def both(log_dir: Path, val: Any, **settings: Any) -> list[Any]:
    options = {"verbose": False, "on_error": "raise", **settings}
    return [
        Explain(val, explainers=[Saliency()], log_dir=log_dir, reference="best", **options),
        Compression(log_dir=log_dir, validation_data=val, **options),
    ]


def epochs(log_dir: Path) -> list[list[int]]:
    return [
        sorted(read_run(log_dir, room).values[tag])
        for room, tag in (("explain", "map/Saliency/input/0"), ("compression", "kernels"))
    ]


@pytest.mark.parametrize("library", LIBRARIES)
def test_copies_are_as_new_and_share_their_data(library: str, tmp_path: Path) -> None:
    """Made before a training, in it, and behind it, as tuners make them."""
    callbacks, model = both(tmp_path / "run", DATA), net(LIBRARIES[library])
    made = copy.deepcopy(callbacks)
    while_training: list[Any] = []

    class Copy(LIBRARIES[library].callbacks.Callback):  # type: ignore[misc,name-defined]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            while_training[:] = copy.deepcopy(callbacks)

    model.fit(X, Y, epochs=2, verbose=0, callbacks=[*callbacks, Copy()])
    assert epochs(tmp_path / "run") == [[0, 1]] * 2
    after = [copy.copy(callback) for callback in callbacks]
    for several in (made, while_training, after):
        assert [c._validation_data for c in several] == [DATA, DATA]
        assert all(c.model is None for c in several)
        with pytest.warns(RuntimeWarning, match="it holds another training"):
            net(LIBRARIES[library]).fit(X, Y, epochs=1, verbose=0, callbacks=several)
    for number in (2, 3, 4):
        assert epochs(tmp_path / "run" / f"training-{number}") == [[0]] * 2
    # The original goes on as if nothing had been copied.
    model.fit(X, Y, epochs=1, verbose=0, callbacks=callbacks)
    assert epochs(tmp_path / "run") == [[0, 1, 2]] * 2


def test_pickled_callbacks_train_and_data_that_cannot_be_pickled_is_named(tmp_path: Path) -> None:
    callbacks = both(tmp_path, (X, Y))
    net().fit(X, Y, verbose=0, callbacks=callbacks)
    there = pickle.loads(pickle.dumps(callbacks))
    with pytest.warns(RuntimeWarning, match="it holds another training"):
        net().fit(X, Y, epochs=2, verbose=0, callbacks=there)
    assert epochs(tmp_path / "training-2") == [[0, 1]] * 2
    for callback in both(tmp_path, DATA):
        with pytest.raises(
            ValueError, match=r"validation_data: expected data that can be pickled.*Dataset"
        ):
            pickle.dumps(callback)


def test_a_loop_of_ones_own_logs_as_fit_does(tmp_path: Path) -> None:
    callbacks, model = both(tmp_path, (X, Y)), net()
    for callback in callbacks:
        with pytest.raises(
            TfexplainError, match=r"on_epoch_end: expected on_train_begin\(\) before"
        ):
            callback.on_epoch_end(0, {"loss": 1.0})
        with pytest.raises(TfexplainError, match="on_train_begin: expected a model"):
            callback.on_train_begin()
    hand = keras.callbacks.CallbackList(callbacks, model=model)
    hand.on_train_begin()
    for epoch in range(2):
        model.train_on_batch(X, Y)
        hand.on_epoch_end(epoch, {"loss": 1.0})
    hand.on_train_end()
    assert epochs(tmp_path) == [[0, 1]] * 2


def in_a_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@pytest.mark.parametrize("run", [lambda work: work(), in_a_thread], ids=["nested", "thread"])
@pytest.mark.parametrize("kind", [0, 1], ids=["Explain", "Compression"])
def test_one_callback_in_two_fits_at_once_is_refused_in_the_second(
    kind: int, run: Callable[[Callable[[], None]], None], tmp_path: Path
) -> None:
    """The first training loses nothing of its log."""
    callback = both(tmp_path, (X, Y))[kind]
    said: list[str] = []

    def second() -> None:
        try:
            net().fit(X, Y, verbose=0, callbacks=[callback])
        except TfexplainError as error:
            said.append(str(error))

    class Inner(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            run(second)

    net().fit(X, Y, epochs=2, verbose=0, callbacks=[callback, Inner()])
    assert len(said) == 2
    assert "is used by another fit, which is still running" in said[0]
    room = ("explain", "compression")[kind]
    assert sorted(read_run(tmp_path, room).values["metrics"]) == [0, 1]


class Gan(keras.Model):  # type: ignore[misc]
    """Trained by its own step; it cannot be called."""

    def __init__(self) -> None:
        super().__init__()
        layers = keras.layers
        self.generator = keras.Sequential([keras.Input((3,)), layers.Dense(4)])
        self.discriminator = keras.Sequential(
            [keras.Input((4,)), layers.Dense(5, activation="tanh"), layers.Dense(1)]
        )
        self.pair = {"critic": self.discriminator}

    def train_step(self, data: Any) -> Any:
        x = data[0] if isinstance(data, tuple) else data
        with tf.GradientTape() as tape:
            false = self.generator(tf.random.normal((tf.shape(x)[0], 3)))
            loss = tf.reduce_mean(self.discriminator(x) - self.discriminator(false))
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return {"loss": loss}


def gan() -> Any:
    model = Gan()
    model.compile("sgd")
    return model


def test_the_part_that_is_meant_is_explained_and_measured(tmp_path: Path) -> None:
    model = gan()
    model.fit(X, epochs=2, verbose=0, callbacks=both(tmp_path, X, part="discriminator"))
    assert epochs(tmp_path) == [[0, 1]] * 2
    run, kernels = read_run(tmp_path), read_run(tmp_path, "compression").record("kernels")
    rows = run.record("values/input").values
    expected = Saliency()(model.discriminator, rows.astype("f4")).values
    found = np.stack([m.values for m in run.maps("Saliency", "input")])
    assert np.allclose(found, expected, atol=1e-3 * np.abs(expected).max())
    assert [row["shape"] for row in kernels.rows] == ["4 × 5", "5 × 1"]
    assert (kernels.weights, run.record("predictions").weights) == (1, 1)
    # Nothing of the other part is measured.
    by_path = both(tmp_path / "path", X, part="pair/critic")
    gan().fit(X, verbose=0, callbacks=by_path)
    assert epochs(tmp_path / "path") == [[0]] * 2


def test_what_cannot_be_called_says_which_parts_there_are(tmp_path: Path) -> None:
    named = r"Or pass the part of the model that is meant: part='generator', part='discriminator'\."
    with pytest.raises(ValueError, match=named):
        gan().fit(X, verbose=0, callbacks=[Explain(X, explainers=Saliency(), log_dir=tmp_path)])
    callbacks = [
        Explain(X, log_dir=tmp_path),
        Compression(log_dir=tmp_path, validation_data=X, verbose=False),
    ]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gan().fit(X, verbose=0, callbacks=callbacks)
    said = [str(w.message) for w in told if "tfexplain" in str(w.message)]
    assert len(said) == 2
    assert all("part='discriminator'" in text for text in said)
    wrong = "part='critic': expected the path of a model in .* those are 'generator', 'discrimina"
    for callback in both(tmp_path, X, part="critic"):
        with pytest.raises(ValueError, match=wrong):
            gan().fit(X, verbose=0, callbacks=[callback])
