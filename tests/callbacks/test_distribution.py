"""Several devices, several processes: real strategies, in processes with a time limit."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support import distributed
from support.distributed import EXPLAINERS, LIBRARIES, X, Y, free_ports, make
from support.forks import Script
from support.read import Run, read_run

from tfexplain import compression
from tfexplain.callbacks.distribution import StrategyError, Workers
from tfexplain.evaluation import Evaluated
from tfexplain.explainers import Explainer
from tfexplain.health.batch import health_batch
from tfexplain.health.layers import health_layers
from tfexplain.health.measure import measure
from tfexplain.health.training_loss import training_loss
from tfexplain.quality import mass_accuracy

pytestmark = pytest.mark.process

# A deadlock would last for ever; a loaded machine is slow.
_PATIENCE_S = 600
PLACES = [("GradCAM", "drawing"), ("IntegratedGradients", "input")]
TRAININGS = [
    "keras MirroredStrategy",
    "tf_keras MirroredStrategy",
    "tf_keras CentralStorageStrategy",
]


def finish(out: Path, kind: str, *environments: dict[str, str]) -> None:
    """Run a process in each environment; fail if one hangs or fails, and keep what they say."""
    scripts = [
        Script(distributed.__file__, out, kind, folder=out, environment={**os.environ, **own})
        for own in environments
    ]
    try:
        done = [script.wait(_PATIENCE_S) for script in scripts]
    finally:
        for script in scripts:
            script.signal(signal.SIGKILL)
    for i, process in enumerate(done):
        (out / f"{kind}{i}.txt").write_text(process.stdout + process.stderr)
    assert not any(process.returncode for process in done), [one.stderr[-3000:] for one in done]


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("devices")
    finish(out, "devices", {})
    return out


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("workers")
    (out / "file").write_text("in the way")
    cluster = {"worker": free_ports(2)}
    tasks = [{"type": "worker", "index": i} for i in range(2)]
    configs = [json.dumps({"cluster": cluster, "task": task}) for task in tasks]
    finish(out, "workers", *({"TF_CONFIG": config} for config in configs))
    return out


def load(path: Path) -> dict[str, Any]:
    with np.load(path) as found:
        return dict(found)


def plain(library: str, weights: dict[str, Any]) -> Any:
    """A model on a single device, with the weights that were saved."""
    model = make(LIBRARIES[library])
    model.set_weights([weights[f"weight{i}"] for i in range(len(model.weights))])
    return model


def assert_same_bits(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert value.tobytes() == other[name].tobytes(), name


def assert_logged(run: Run, model: Any, step: int) -> None:
    """The log holds what the explainers find in `model`, but for float16 of the log."""
    rows = run.record("samples").rows
    for explainer, (name, layer) in zip(EXPLAINERS, PLACES, strict=True):
        assert isinstance(explainer, Explainer)
        found = explainer(model, X[rows], Y[rows])
        logged = run.maps(name, layer, step)
        assert np.allclose([m.score for m in logged], found.scores, rtol=0, atol=1e-5)
        for one, values in zip(logged, found.maps, strict=True):
            assert np.allclose(one.values, values, rtol=0, atol=1e-3 * np.abs(values).max())


def assert_measured(log_dir: Path, model: Any) -> None:
    """The log holds the kernels of `model`."""
    run = read_run(log_dir, "compression")
    for kernel in compression.read(model):
        values = kernel.effective()
        record = run.record(f"kernel/{kernel.name}")
        assert record.counts.sum() + record.zeros == values.size
        assert (record.low, record.high) == (values.min(), values.max())


def assert_healthy(log_dir: Path, model: Any, epochs: int) -> None:
    """The log holds the loss and the gradients of `model` on one device, but for what it draws."""
    run = read_run(log_dir, "health")
    assert list(run.values["health"]) == list(range(epochs))
    record, batch = run.record("health"), health_batch(model, (X, Y), 32, None)
    layers = health_layers(batch.traced_model)
    given = batch.inputs, batch.labels, batch.weights
    found = measure(batch.traced_model, layers, training_loss(model), *given)
    exact = np.linalg.norm([gradient.norm for gradient in found.gradients])
    assert np.isclose(record.totals["loss"], found.loss, rtol=0.02)
    assert np.isclose(
        record.totals["gradient_norm"], exact, rtol=0.5
    )  # of few features, dropout drops many


def assert_predicted(log_dir: Path, model: Any, epochs: int) -> None:
    """The log holds the outputs of `model` on one device."""
    run = read_run(log_dir, "predictions")
    assert list(run.values["outputs"]) == list(range(epochs))
    own = Evaluated(run.record("validation"), run.record("outputs"))
    expected = model.predict(X, verbose=0)[own.validation.rows]
    assert np.allclose(np.exp(own.log_probabilities), expected, atol=1e-5)


@pytest.mark.parametrize("training", TRAININGS)
def test_training_on_two_devices_ends_with_the_same_bits(training: str, devices: Path) -> None:
    bare, explained = (load(devices / f"{training} {form}.npz") for form in ("bare", "explained"))
    assert_same_bits(bare, explained)
    apart = [
        not np.array_equal(value, bare[name.replace("replica0", "replica1")])
        for name, value in bare.items()
        if name.endswith("replica0") and name.replace("replica0", "replica1") in bare
    ]
    # Central storage has one copy of everything.
    assert any(apart) == ("Mirrored" in training), "replicas keep nothing apart: a poor test"


@pytest.mark.parametrize("training", TRAININGS)
def test_two_devices_are_explained_like_one(training: str, devices: Path) -> None:
    model = plain(training.split()[0], load(devices / f"{training} explained.npz"))
    for explainer in EXPLAINERS:
        found = load(devices / f"{training} maps.npz")[type(explainer).__name__]
        expected = explainer(model, X[:8], Y[:8]).values
        assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
    run = read_run(devices / training)
    for name, layer in PLACES:
        assert sorted(run.values[f"map/{name}/{layer}/0"]) == [0, 1]
    maps = np.stack([one.values for one in run.maps("IntegratedGradients", "input", 1)])
    found = run.record("regions/IntegratedGradients/input", 1).mass[:, 0]
    middle = np.broadcast_to(run.record("masks/input").values[0], maps.shape)
    np.testing.assert_allclose(found, mass_accuracy(maps, middle), rtol=2e-3)
    assert_logged(run, model, 1)
    assert_measured(devices / training, model)
    assert_healthy(devices / training, model, 2)
    assert_predicted(devices / training, model, 2)


def test_weights_on_servers_are_left_out_with_the_reason(devices: Path) -> None:
    """What is asked for by name is refused; else the metrics are logged."""
    named, default = json.loads((devices / "servers.json").read_text())
    assert named.startswith("StrategyError: strategy=ParameterServerStrategy: expected none")
    assert "weights lie on other machines, and change while they are read." in named
    assert default == ""
    run = read_run(devices / "servers", "compression")
    assert list(run.values["metrics"]) == [0]
    (problem,) = run.record("status").problems
    assert (problem.kind, problem.left_out) == ("compression", True)
    assert "weights lie on other machines, and change while they are read." in problem.message


def test_one_of_two_processes_writes_and_both_train_as_without(workers: Path) -> None:
    runs = {path.name for path in (workers / "log").iterdir() if path.is_dir()}
    assert runs == {"compression", "explain", "health", "predictions"}
    for name in runs:
        assert len(list((workers / "log" / name).iterdir())) == 1
    for i in range(2):
        bare, explained = (
            load(workers / f"worker{i} {form}.npz") for form in ("bare", "explained")
        )
        assert_same_bits(bare, explained)
    chief, other = (load(workers / f"worker{i} explained.npz") for i in range(2))
    differing = [name for name in chief if not np.array_equal(chief[name], other[name])]
    assert differing, "workers keep nothing apart: a poor test"
    assert all("replica" in name for name in differing)


def test_two_processes_are_explained_like_one(workers: Path) -> None:
    weights = load(workers / "worker0 explained.npz")
    model = plain("tf_keras", weights)
    run = read_run(workers / "log")
    assert sorted(run.values["map/GradCAM/drawing/0"]) == [0, 1, 2]
    assert_logged(run, model, 2)
    assert_measured(workers / "log", model)
    assert_healthy(workers / "log", model, 3)
    assert_predicted(workers / "log", model, 3)
    logged = dict(run.record("metrics", 2).values)
    assert logged.pop("learning_rate") > 0
    assert logged == {
        name.partition(" ")[2]: values[2]
        for name, values in weights.items()
        if name.startswith("history")
    }


def test_the_chief_alone_keeps_the_budget(workers: Path) -> None:
    for i in range(2):
        bare, budget = (load(workers / f"worker{i} {form}.npz") for form in ("bare", "budget"))
        assert_same_bits(bare, budget)
    run = read_run(workers / "budget")
    assert sorted(run.values["map/GradCAM/drawing/0"]) == sorted(run.values["status"]) == [0, 2]
    assert sorted(run.values["metrics"]) == [0, 1, 2]
    cost = run.record("status").cost
    assert (cost.epochs, cost.explained, cost.budget) == (3, 2, 1e-9)
    chief, other = ((workers / f"workers{i}.txt").read_text() for i in range(2))
    assert "tfexplain: explained 2 of 3 epochs; took" in chief
    assert "tfexplain: " not in other


def test_all_workers_get_the_chief_s_numbers(workers: Path) -> None:
    one, other = (
        load(workers / f"worker{i} named.npz")["history compression nonzeros"] for i in (0, 1)
    )
    kernels = [
        v for name, v in load(workers / "worker0 named.npz").items() if name.startswith("weight")
    ]
    assert np.array_equal(one, other, equal_nan=True)
    assert np.isnan(one).tolist() == [False, True, False]
    assert one[-1] == sum(np.count_nonzero(kernel) for kernel in kernels if kernel.ndim > 1)


def test_two_processes_prune_the_same_weights_and_save_a_plain_model(workers: Path) -> None:
    masks, other = (load(workers / f"worker{i} masks.npz") for i in (0, 1))
    assert_same_bits(masks, other)
    assert sorted(masks) == ["conv", "head"]
    for i in (0, 1):
        model = tf_keras.models.load_model(workers / f"worker{i}.keras")
        assert [type(layer).__name__ for layer in model.layers] == ["Conv2D", "Flatten", "Dense"]
        for name, mask in masks.items():
            assert np.isclose(mask.mean(), 0.4, atol=0.02)
            kernel = model.get_layer(name).kernel.numpy()
            assert np.array_equal(kernel != 0, mask)


def test_a_failure_on_the_chief_hangs_nobody(workers: Path) -> None:
    chief, other = (json.loads((workers / f"worker{i}.json").read_text()) for i in range(2))
    assert "Failing: RuntimeError at epoch 0: out of luck" in chief[0]
    assert "OSError: log_dir=" in chief[1]
    refused = (
        "TfexplainError: tfexplain: another worker refused to begin; its own message says why."
    )
    assert other == [refused] * 3


def test_a_val_that_is_spread_over_workers_is_refused(workers: Path) -> None:
    for message in json.loads((workers / "worker0.json").read_text())[2:]:
        assert message == (
            "SettingError: validation_data: expected data that one worker can read alone; got a "
            "distributed "
            "dataset of several workers. Pass the tf.data.Dataset that it was made of."
        )
    assert not (workers / "none").exists()


def test_a_strategy_that_is_not_supported_is_refused_with_the_reason() -> None:
    class TPUStrategy(tf.distribute.Strategy):  # type: ignore[misc]
        """Stands in for the real one, which needs its hardware to be made."""

        extended = None

        def __init__(self) -> None:
            pass

    class Model:
        distribute_strategy = TPUStrategy()

    with pytest.raises(StrategyError, match=r"strategy=TPUStrategy: expected none.*want of a TPU"):
        Workers(Model()).check()


def test_distribution_by_keras_leaves_models_whole_on_tensorflow() -> None:
    """What `Explain` relies on when it lets `keras.distribution` pass."""
    mesh = keras.distribution.DeviceMesh((1,), ("model",), ["cpu:0"])
    layout = keras.distribution.LayoutMap(mesh)
    layout["dense.*kernel"] = (None, "model")
    keras.distribution.set_distribution(
        keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="model")
    )
    try:
        kernel = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).weights[0]
    finally:
        keras.distribution.set_distribution(None)
    assert type(kernel.value).__name__ == "ResourceVariable"
