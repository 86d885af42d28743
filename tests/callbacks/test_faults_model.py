"""Models and data that fail, and users who interrupt: training goes on or ends as it should."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.failing import Failing
from support.faults import at_epoch, fit, kinds
from support.models import digits, same_bits, small_cnn
from support.read import read_run

from tfexplain import Compression, Explain, FeatureMaps, GradCAM, IntegratedGradients, Saliency
from tfexplain.data.validation import blocks
from tfexplain.explainers.run import explanations
from tfexplain.model.tap import layers_by_path

X, Y = digits()


def diverging() -> tuple[Any, list[Any]]:
    """A model, and what makes its second epoch end in NaN for good."""
    model = small_cnn()
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return model, [at_epoch(1, lambda: model.optimizer.learning_rate.assign(1e30))]


def test_weights_that_become_nan_are_logged_as_such(tmp_path: Path) -> None:
    plain, blows_up = diverging()
    fit(blows_up, epochs=3, model=plain)
    assert all(np.isnan(weights).all() for weights in plain.get_weights())
    explainers = [FeatureMaps(), GradCAM(), Saliency(), IntegratedGradients()]
    model, blows_up = diverging()
    logs = [
        Explain((X, Y), explainers=explainers, log_dir=tmp_path, verbose=False, on_error="raise"),
        Compression(log_dir=tmp_path, validation_data=X, verbose=False, on_error="raise"),
    ]
    fit([*blows_up, *logs], epochs=3, model=model)
    assert same_bits(plain.get_weights(), model.get_weights())
    run = read_run(tmp_path)
    maps = [tag for tag in run.values if tag.startswith("map/")]
    assert len(maps) == 3 * 8
    for tag in maps:
        assert np.isfinite(run.record(tag, 0).values).all()
        for step in (1, 2):
            assert np.isnan(run.record(tag, step).values).all()
            assert np.isnan(run.record(tag, step).score)
    path = run.record("map/IntegratedGradients/input/0", 2)
    assert np.isnan([path.error, path.gap]).all()
    assert run.record("predictions", 2).predicted.tolist() == [-1] * 8
    for name in ("GradCAM/conv", "Saliency/input", "IntegratedGradients/input"):
        assert np.isnan(run.record(f"drift/{name}", 2).values).all()
    assert {tag for tag in run.values if tag.startswith("tfexplain/")} == {
        f"tfexplain/{explainer.name}" for explainer in explainers
    }
    run = read_run(tmp_path, "compression")
    kernels = run.record("kernels", 2)
    found = dict(zip(kernels.metrics, kernels.values[1], strict=True))
    counted = {"weights": 60, "nonzeros": 60, "nonfinite": 60, "sparsity": 0, "dead_share": 0}
    assert {name: found[name] for name in counted} == counted
    assert np.isnan([found[name] for name in ("mean", "std", "low", "high")]).all()
    assert (found["size_stored"], found["size_dense"]) == (240, 240)
    kernel = run.record("kernel/head", 2)
    assert (kernel.counts.sum(), kernel.nonfinite, kernel.dead.any()) == (0, 60, False)


class Moody(keras.layers.Layer):  # type: ignore[misc]
    """Draws noise and counts its calls, and where it does not train, raises: after four steps of
    training on everything, after six on samples that are nearly black."""

    def build(self, shape: Any) -> None:
        self.seed = keras.random.SeedGenerator(7)
        weight = {"shape": (), "initializer": "zeros", "trainable": False}
        self.calls, self.steps = self.add_weight(**weight), self.add_weight(**weight)

    def call(self, inputs: Any, training: bool = False) -> Any:
        self.calls.assign_add(1.0)
        noisy = inputs + 0.01 * keras.random.normal(keras.ops.shape(inputs), seed=self.seed)
        if training:
            self.steps.assign_add(1.0)
            return noisy
        least = tf.reduce_min(tf.reduce_mean(noisy, axis=[1, 2, 3]))
        refused = (self.steps.value == 4.0) | ((self.steps.value == 6.0) & (least < 0.05))
        with tf.control_dependencies([tf.debugging.Assert(~refused, ["not today"])]):
            return tf.identity(noisy)


def moody() -> Any:
    keras.utils.set_random_seed(4)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(6, 3, padding="same", name="before"),
            Moody(name="moody"),
            layers.Conv2D(6, 3, activation="relu", name="conv"),
            layers.Dropout(0.2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.layers[0].set_weights([np.eye(9)[4].reshape(3, 3, 1, 1).repeat(6, 3), np.zeros(6)])
    model.layers[0].trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def test_a_model_that_raises_for_a_while_is_explained_again_when_it_no_longer_does(
    tmp_path: Path,
) -> None:
    logs = [
        Explain((X, Y), log_dir=tmp_path, every=1, verbose=False),
        Compression(log_dir=tmp_path, validation_data=X, verbose=False),
    ]
    model, told = fit(logs, model=moody())
    names = ("FeatureMaps", "GradCAM", "IntegratedGradients")
    wrong = "InvalidArgumentError"
    assert kinds(told) == {f"{name}: {wrong}" for name in (*names, "activity")}
    assert len(told) == 4
    plain, _ = fit([], model=moody())
    assert same_bits(everything(plain), everything(model))
    assert not tapped(model)
    run = read_run(tmp_path)
    counts = {p.kind: p.count for p in run.record("status").problems}
    assert counts == {f"{n}: {wrong}": 1 + n.startswith("Integrated") for n in names}
    assert sorted(run.values["metrics"]) == [0, 1, 2, 3, 4]
    assert sorted(run.values["map/GradCAM/conv/0"]) == [0, 2, 3, 4]
    assert sorted(run.values["map/IntegratedGradients/input/0"]) == [0, 3, 4]
    kernels = read_run(tmp_path, "compression").values["kernels"]
    assert sorted(kernels) == [0, 1, 2, 3, 4]


def everything(model: Any) -> list[Any]:
    seeds = [seed.state for layer in model.layers for seed in layer._seed_generators]
    return [v.numpy() for v in (*model.variables, *model.optimizer.variables, *seeds)]


def tapped(model: Any) -> list[str]:
    return [path for path, layer in layers_by_path(model).items() if "call" in vars(layer)]


def test_a_model_that_cannot_be_traced_is_left_as_it_was() -> None:
    class Broken(keras.layers.Layer):  # type: ignore[misc]
        broken = False

        def call(self, inputs: Any) -> Any:
            if self.broken:
                raise RuntimeError("broken")
            return inputs

    convolutions = [keras.layers.Conv2D(4, 3), keras.layers.Conv2D(4, 3)]
    model = keras.Sequential([keras.Input((8, 8, 1)), *convolutions, Broken()])
    explanations(model, [FeatureMaps()], X[:2])
    model.layers[2].broken = True
    for batch in (X[:3], np.zeros((2, 9, 9, 1), "f4")):  # another size, another shape
        with pytest.raises((RuntimeError, ValueError), match="broken"):
            explanations(model, [FeatureMaps()], batch)
    assert not tapped(model)


class Unreadable(keras.utils.PyDataset):  # type: ignore[misc]
    """Its second batch cannot be had."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        if index:
            raise OSError("the disk is gone")
        return X[:8], Y[:8]


def generated() -> Any:
    for index in range(2):
        yield Unreadable()[index]


SIGNATURE = (tf.TensorSpec((None, 8, 8, 1), tf.float32), tf.TensorSpec((None,), tf.int64))


@pytest.mark.parametrize(
    "val",
    [Unreadable(), tf.data.Dataset.from_generator(generated, output_signature=SIGNATURE)],
    ids=["PyDataset", "Dataset"],
)
def test_data_that_cannot_be_read_is_an_error_before_training(tmp_path: Path, val: Any) -> None:
    model = small_cnn()
    before = model.get_weights()
    # Keras drops the cause of what `fit` raises, so the message has it as well.
    wrong = r"(?s)validation_data: expected batches that can be read; one raised .*the disk is gone"
    with pytest.raises(ValueError, match=wrong):
        fit([Explain(val, explainers=GradCAM(), log_dir=tmp_path)], model=model)
    with pytest.raises(ValueError, match=wrong) as raised:
        next(blocks(val, None))
    assert "the disk is gone" in str(raised.value.__cause__)
    assert same_bits(before, model.get_weights())
    assert not list(tmp_path.iterdir())


def test_an_address_that_lost_a_slash_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for make in (lambda at: Explain((X, Y), log_dir=at), lambda at: Compression(log_dir=at)):
        wrong = "log_dir='gs:/bucket/run': expected 'gs://bucket/run', .* Pass a string"
        with pytest.raises(ValueError, match=wrong):
            fit([make(Path("gs://bucket/run"))])
    assert not list(tmp_path.iterdir())


def test_an_interrupt_while_explaining_ends_training_and_closes_the_log(tmp_path: Path) -> None:
    # Ctrl-C while the third epoch is explained.
    interrupted = Failing(lambda call: call == 4, lambda: signal.raise_signal(signal.SIGINT))
    callback = Explain((X, Y), explainers=[GradCAM(), interrupted], log_dir=tmp_path, verbose=False)
    model = small_cnn()
    with pytest.raises(KeyboardInterrupt):
        fit([callback], model=model)
    files = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
    assert not [path for path in files if path.startswith(str(tmp_path))]
    run = read_run(tmp_path)
    assert sorted(run.values["metrics"]) == [0, 1, 2]
    assert sorted(run.values["map/GradCAM/conv/0"]) == [0, 1]
    plain, _ = fit([], epochs=3)
    assert same_bits(plain.get_weights(), model.get_weights())
    fit([callback], epochs=2, model=model)
    assert sorted(read_run(tmp_path).values["map/GradCAM/conv/0"]) == [0, 1, 3, 4]
