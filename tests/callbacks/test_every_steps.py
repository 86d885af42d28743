"""Trainings of one long epoch: measured within it, and resumed in its middle."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.models import digits, same_bits, small_cnn
from support.read import read_run
from support.stateful import LIBRARIES

import tfexplain
from tfexplain import Compression, Explain, GradCAM, Health, Predictions
from tfexplain.errors import ExplainWarning, TfexplainError
from tfexplain.wire.clock import FINE, epoch_text, step_of

X, Y = digits(96)  # 12 steps of 8
STEPS = 12
QUIET: dict[str, Any] = {"on_error": "raise", "verbose": 0}
PARTS = [-0.583333, -0.166667, 0]  # after 5 and 10 of 12 steps, and at the end


def ours(log_dir: Path, **given: Any) -> list[Any]:
    explain = Explain(
        (X, Y), explainers=GradCAM(), log_dir=log_dir, write_images=False, **QUIET, **given
    )
    return [
        explain,
        Health((X, Y), log_dir=log_dir, write_histograms=False, **QUIET, **given),
        Compression(log_dir=log_dir, write_histograms=False, **QUIET, **given),
        Predictions((X, Y), log_dir=log_dir, **QUIET, **given),
    ]


def fit(model: Any, callbacks: list[Any], epochs: int = 1, **options: Any) -> Any:
    given = {"epochs": epochs, "batch_size": 8, "shuffle": False, "verbose": 0, **options}
    return model.fit(X, Y, callbacks=callbacks, **given)


def keeper(library: Any, batch: int) -> Any:
    """A callback that keeps the weights after a batch."""

    class Keep(library.callbacks.Callback):  # type: ignore[misc, name-defined]
        weights: Any = None

        def on_train_batch_end(self, at: int, logs: Any = None) -> None:
            if at == batch:
                self.weights = self.model.get_weights()

    return Keep()


@pytest.mark.parametrize("library", LIBRARIES)
def test_one_epoch_is_measured_after_so_many_steps(library: str, tmp_path: Path) -> None:
    lib = LIBRARIES[library]
    plain, model, keep = small_cnn(lib), small_cnn(lib), keeper(lib, 4)
    started = model.get_weights()
    history = fit(plain, [])
    watched = fit(model, [keep, *ours(tmp_path, every_steps=5)])
    assert same_bits(plain.get_weights(), model.get_weights())
    assert history.history == watched.history
    (run,) = tfexplain.read(tmp_path).values()
    assert run["GradCAM"].epochs == PARTS
    for table in (run.metrics, run.predictions, run.kernels, run.health):
        assert sorted(set(table["epoch"])) == PARTS
    # Of the weights after five steps, and of no others.
    model.set_weights(keep.weights)
    rows = np.asarray(run.samples["row"])
    expected = model.predict(X[rows], verbose=0).argmax(1)
    first = run.predictions["epoch"] == PARTS[0]
    assert run.predictions["predicted"][first].tolist() == expected.tolist()
    assert set(run.predictions["weights"][first]) == {PARTS[0]}
    moved = [a - b for a, b in zip(keep.weights[:2], started[:2], strict=True)]
    norm = np.sqrt(sum(float((m.astype(float) ** 2).sum()) for m in moved))
    assert run.health["update_norm"][0] == pytest.approx(norm, rel=1e-5)
    assert np.asarray(run.health_totals["steps"]).tolist() == [5, 5, 2]
    # What `fit` reports so far: the mean loss of five steps is not that of twelve.
    assert run.metrics["loss"][-1] == pytest.approx(history.history["loss"][0])
    assert run.metrics["loss"][0] != run.metrics["loss"][-1]
    assert run["GradCAM"].maps(epoch=-0.583333).shape == (8, 8, 8)
    assert run.evaluated(epoch=PARTS[0]).outputs.epochs == 1
    assert run.evaluated().outputs.epochs == 3
    # TensorBoard's own tabs count training steps.
    assert sorted(read_run(tmp_path, "health").values["health/gradient_norm"]) == [5, 10, 12]


@pytest.mark.parametrize("library", LIBRARIES)
def test_several_steps_at_once_are_measured_at_the_end_of_an_execution(
    library: str, tmp_path: Path, capsys: Any
) -> None:
    model = small_cnn(LIBRARIES[library])
    model.compile("adam", "sparse_categorical_crossentropy", steps_per_execution=4)
    health = Health((X, Y), log_dir=tmp_path, every_steps=5, on_error="raise")
    fit(model, [health])
    (run,) = tfexplain.read(tmp_path).values()
    assert sorted(set(run.health["epoch"])) == [-0.333333, 0]
    assert np.asarray(run.health_totals["steps"]).tolist() == [8, 4]
    assert capsys.readouterr().out.count("at the end of an execution, which is 4 steps") == 1


class Killed(Exception):
    pass


def killer(batch: int) -> Any:
    class Kill(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, at: int, logs: Any = None) -> None:
            if at == batch:
                raise Killed

    return Kill()


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, which saves weights
def test_an_epoch_that_was_interrupted_is_replaced_where_it_is_trained_again(
    tmp_path: Path,
) -> None:
    log_dir, backup = tmp_path / "run", str(tmp_path / "backup")
    saved = partial(keras.callbacks.BackupAndRestore, backup, save_freq=3)
    with pytest.raises(Killed):
        fit(small_cnn(), [*ours(log_dir, every_steps=5), saved(), killer(10)])
    before = read_run(log_dir, "health").written["health"]
    assert [step_of(step) for step in before] == PARTS[:2]
    model = small_cnn()
    fit(model, [*ours(log_dir, every_steps=5), saved()])
    for room in ("explain", "health", "compression", "predictions"):
        written = read_run(log_dir, room).written["metrics"]
        assert [step_of(step) for step in written] == PARTS[:2] + PARTS
    (run,) = tfexplain.read(log_dir).values()
    assert run["GradCAM"].epochs == PARTS
    assert np.asarray(run.health_totals["epoch"]).tolist() == PARTS
    last = run.predictions["epoch"] == 0
    rows = np.asarray(run.samples["row"])
    predicted = model.predict(X[rows], verbose=0).argmax(1)
    assert run.predictions["predicted"][last].tolist() == predicted.tolist()
    # What was interrupted counts no more.
    assert run.evaluated().outputs.epochs == 3
    assert not list(log_dir.glob("training-*"))


def test_a_training_that_begins_anew_does_not_replace_one_that_was_interrupted(
    tmp_path: Path,
) -> None:
    with pytest.raises(Killed):
        fit(small_cnn(), [*ours(tmp_path, every_steps=5), killer(10)])
    with pytest.warns(ExplainWarning, match="training-2"):
        fit(small_cnn(), ours(tmp_path, every_steps=5))
    assert set(tfexplain.read(tmp_path)) == {tmp_path.name, "training-2"}


def test_epochs_of_a_log_with_fractions_go_on_behind_them(tmp_path: Path) -> None:
    model = small_cnn()
    fit(model, ours(tmp_path, every_steps=6))
    fit(model, ours(tmp_path))
    (run,) = tfexplain.read(tmp_path).values()
    assert run["GradCAM"].epochs == [-0.5, 0, 1]
    assert run.health_totals["epoch"].tolist() == [-0.5, 0, 1]
    written = read_run(tmp_path, "health").written
    assert min(written["health"]) > FINE
    assert written["health/gradient_norm"] == [6, 12, 24]


def test_only_who_measures_within_epochs_looks_at_batches(tmp_path: Path) -> None:
    for callback in ours(tmp_path):
        callback.set_model(small_cnn())
        assert callback.async_safe
        assert not callback._implements_train_batch_hooks()
    for callback in ours(tmp_path, every_steps=5):
        callback.set_model(small_cnn())
        assert not callback.async_safe
        assert callback._implements_train_batch_hooks()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda **g: Explain((X, Y), every_steps=0, **g), "every_steps=0: expected"),
        (lambda **g: Explain((X, Y), every_steps=5, every=2, **g), "no other choice .*every=2"),
        (lambda **g: Explain((X, Y), every_steps=5, epochs=(1,), **g), r"epochs=\(1,\)"),
        (lambda **g: Health((X, Y), every_steps=5, every=2, **g), "no other choice .*every=2"),
        (lambda **g: Compression(every_steps=5, every=3, **g), "no other choice .*every=3"),
        (lambda **g: Predictions((X, Y), every_steps=5, every=3, **g), "no other .*every=3"),
    ],
)
def test_what_cannot_stand_together_is_told_before_training(
    make: Callable[..., Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(TfexplainError, match=message):
        fit(small_cnn(), [make(log_dir=tmp_path)])


def test_an_epoch_of_unknown_length_is_refused_with_what_to_do(tmp_path: Path) -> None:
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8).filter(lambda x, y: True)
    (_, health, *_) = ours(tmp_path, every_steps=5)
    with pytest.raises(TfexplainError, match="steps_per_epoch= to fit, or a data set of known"):
        small_cnn().fit(data, shuffle=False, verbose=0, callbacks=[health])
    known = data.apply(tf.data.experimental.assert_cardinality(STEPS))
    small_cnn().fit(known, shuffle=False, verbose=0, callbacks=[health])
    (run,) = tfexplain.read(tmp_path).values()
    assert run.health_totals["epoch"].tolist() == PARTS


def test_a_report_and_findings_name_parts_of_epochs(tmp_path: Path) -> None:
    model = small_cnn()
    kernel, bias = model.get_layer("conv").get_weights()
    model.get_layer("conv").set_weights([kernel, bias - 100])
    _, health, *_ = ours(tmp_path / "log", every_steps=5)
    fit(model, [health])
    log = tfexplain.read(tmp_path / "log")
    (finding,) = [f for f in tfexplain.findings(tmp_path / "log") if f.kind == "dead"]
    assert f"half of them since epoch {epoch_text(PARTS[0])} or before" in finding.text
    assert finding.text in log.save_report(tmp_path / "s.html", summary=True).read_text("utf-8")
