"""`Health` in real fits: every kind of model, bad input, restarts, and training left as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support import zoo
from support.models import digits, same_bits, small_cnn
from support.read import Run, read_run
from support.stateful import recurrent

import tfexplain
from tfexplain import Compression, Explain, GradCAM, Health
from tfexplain.errors import ExplainWarning, TfexplainError
from tfexplain.health.updates import KeptWeights
from tfexplain.wire import schema

X, Y = digits()
QUIET: dict[str, Any] = {"verbose": 0}


def logged(log_dir: Path) -> Run:
    return read_run(log_dir, "health")


def column(record: schema.Health, metric: str) -> dict[str, float]:
    place = list(record.metrics).index(metric)
    values = record.values[:, place].tolist()
    return {row["path"]: value for row, value in zip(record.rows, values, strict=True)}


def test_each_epoch_has_its_updates_and_its_steps(tmp_path: Path) -> None:
    model, kept = small_cnn(), []
    before = [w.numpy() for w in model.trainable_variables]

    class Keep(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            kept.append([w.numpy() for w in self.model.trainable_variables])

    health = Health((X, Y), log_dir=tmp_path, on_error="raise", **QUIET)
    model.fit(X, Y, epochs=3, batch_size=16, callbacks=[Keep(), health], **QUIET)
    run = logged(tmp_path)
    for epoch, after in enumerate(kept):
        record = run.record("health", epoch)
        assert (record.steps, record.weights) == (6, epoch)
        change, size = (
            np.sqrt(sum((w.astype(float) ** 2).sum() for w in some[:2]))
            for some in ([a - b for a, b in zip(after, before, strict=True)], before)
        )
        assert column(record, "update_ratio")["conv"] == pytest.approx(change / size, rel=1e-5)
        assert column(record, "weight_norm")["conv"] == pytest.approx(size, rel=1e-5)
        before = after
    (read,) = tfexplain.read(tmp_path).values()
    table, totals = read.health, read.health_totals
    last = (table["epoch"] == 2) & (table["path"] == "conv")
    assert table["update_ratio"][last].tolist() == [column(record, "update_ratio")["conv"]]
    assert totals["gradient_norm"][2] == record.totals["gradient_norm"]
    assert totals["steps"].tolist() == [6, 6, 6]


def test_kept_weights_of_a_large_model_are_a_sample() -> None:
    variable = keras.Variable(np.zeros((50, 20), np.float32))
    kept = KeptWeights([variable], 100)
    assert kept.every == 10
    variable.assign(np.full((50, 20), 3.0))
    (change,), (size,), *_ = kept.moved()
    assert (change, size) == (30.0, 0.0)  # of 100 weights
    (change,), (size,), *_ = kept.moved()
    assert (change, size) == (0.0, 30.0)


# ------------------------------------------------------------------------ training as it was


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras", "tf_keras"])
def test_training_ends_with_the_same_bits(library: Any, tmp_path: Path) -> None:
    def trained(callbacks: list[Any]) -> Any:
        layers = library.layers
        library.utils.set_random_seed(3)
        model = library.Sequential(
            [
                layers.Input((8, 8, 1)),
                layers.GaussianNoise(0.1),
                layers.Conv2D(4, 3, activation="relu", activity_regularizer="l2"),
                layers.BatchNormalization(),
                layers.SpatialDropout2D(0.2),
                layers.GlobalAveragePooling2D(),
                layers.Dropout(0.3),
                layers.Dense(10, activation="softmax", kernel_regularizer="l2"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        options = {"epochs": 3, "batch_size": 16, "validation_data": (X[:32], Y[:32]), **QUIET}
        history = model.fit(X, Y, callbacks=callbacks, **options)
        states = [*model.variables, *model.optimizer.variables]
        return [np.asarray(v) for v in states], history.history

    plain, history = trained([])
    health = Health((X, Y), log_dir=tmp_path, on_error="raise", **QUIET)
    measured, its_history = trained([health])
    assert same_bits(plain, measured)
    assert history == its_history
    assert len(logged(tmp_path).values["health"]) == 3


def test_beside_the_other_callbacks_each_has_its_room(tmp_path: Path) -> None:
    options = {"log_dir": tmp_path, "on_error": "raise", **QUIET}
    three = [Explain((X, Y), **options), Compression((X, Y), **options), Health((X, Y), **options)]
    small_cnn().fit(X, Y, epochs=2, callbacks=three, **QUIET)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [
        "compression",
        "explain",
        "health",
    ]


# ---------------------------------------------------------------------------- kinds of models

KINDS = [
    *(zoo.sequential, zoo.functional, zoo.subclassed, zoo.lists, zoo.nested, zoo.residual),
    *(zoo.shared, zoo.train_step, zoo.tf_function, zoo.remat_scope, zoo.channels_first),
    *(zoo.several_inputs, zoo.several_outputs, zoo.time_distributed, zoo.bidirectional),
    *(zoo.recurrent, zoo.words, zoo.line, zoo.volume, zoo.looked_up),
]


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras", "tf_keras"])
@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_kinds_of_models(make: Callable[[Any], zoo.Specimen], library: Any, tmp_path: Path) -> None:
    specimen = make(library)
    model, x = specimen.model, specimen.inputs
    outputs = model(x)
    y = keras.tree.map_structure(lambda z: np.zeros(z.shape, np.float32), outputs)
    y = keras.tree.flatten(y) if isinstance(outputs, (list, tuple)) else y
    loss = ["mse"] * len(y) if isinstance(y, list) else "mse"
    model.compile("sgd", loss, jit_compile=False)
    health = Health((x, y), log_dir=tmp_path, on_error="raise", **QUIET)
    model.fit(x, y, epochs=1, callbacks=[health], **QUIET)
    record = logged(tmp_path).record("health")
    norms = column(record, "gradient_norm")
    trained = [row["path"] for row in record.rows if row["state"] == "trainable"]
    assert trained
    assert all(np.isfinite(norms[path]) for path in trained)
    assert max(norms[path] for path in trained) > 0
    assert record.totals["gradient_norm"] == pytest.approx(
        np.linalg.norm([norms[path] for path in trained])
    )
    assert len(record.weights_of) == len(model.trainable_variables)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(policy: str, tmp_path: Path) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        model = small_cnn()
    finally:
        keras.config.set_dtype_policy("float32")
    health = Health((X, Y), log_dir=tmp_path, on_error="raise", **QUIET)
    model.fit(X, Y, epochs=2, callbacks=[health], **QUIET)
    record = logged(tmp_path).record("health")
    exact = small_cnn()
    exact.set_weights(model.get_weights())
    other = Health((X, Y), log_dir=tmp_path / "exact", on_error="raise", **QUIET)
    exact.optimizer.learning_rate = 0.0
    exact.fit(X, Y, epochs=1, callbacks=[other], **QUIET)
    reference = logged(tmp_path / "exact").record("health")
    norms, exact_norms = (column(r, "gradient_norm") for r in (record, reference))
    for path, norm in exact_norms.items():
        assert norms[path] == pytest.approx(norm, rel=0.05)
    assert ("loss_scale" in record.totals) == (policy == "mixed_float16")


def test_a_model_of_fixed_rows_gets_as_many(tmp_path: Path) -> None:
    model = recurrent(keras)
    rows = model.inputs[0].shape[0]
    x = np.random.default_rng(0).normal(size=(rows, *model.inputs[0].shape[1:])).astype("float32")
    y = np.zeros((rows, *model.outputs[0].shape[1:]), np.float32)
    model.compile("sgd", "mse")
    health = Health((x, y), log_dir=tmp_path, on_error="raise", **QUIET)
    model.fit(x, y, batch_size=rows, shuffle=False, callbacks=[health], **QUIET)
    assert logged(tmp_path).record("health").totals["gradient_norm"] > 0


class Counted(keras.utils.PyDataset):  # type: ignore[misc]
    """Counts how often its batches are read."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    def __len__(self) -> int:
        return 4

    def __getitem__(self, batch: int) -> tuple[Any, Any]:
        self.read += 1
        return X[batch::4], Y[batch::4]


def test_beside_explain_validation_data_are_read_once(tmp_path: Path) -> None:
    data, records = Counted(), {}
    quiet: dict[str, Any] = {"on_error": "raise", **QUIET}
    explain = Explain(data, log_dir=tmp_path / "both", explainers=[GradCAM()], **quiet)
    for name, callbacks in {"both": [explain], "alone": []}.items():
        health = Health(data, log_dir=tmp_path / name, **quiet)
        small_cnn().fit(X, Y, callbacks=[*callbacks, health], **QUIET)
        records[name] = logged(tmp_path / name).record("health")
        assert data.read == 4
        data.read = 0
    np.testing.assert_array_equal(records["both"].values, records["alone"].values)


# ---------------------------------------------------------- bad input, said before training


def test_without_labels_gradients_are_left_out_and_said(tmp_path: Path) -> None:
    health = Health(X, log_dir=tmp_path, **QUIET)
    with pytest.warns(ExplainWarning, match="gradients is left out.*expected labels, which"):
        small_cnn().fit(X, Y, epochs=2, callbacks=[health], **QUIET)
    record = logged(tmp_path).record("health")
    assert "gradient_norm" not in record.metrics
    assert {"update_ratio", "activation_std"} <= set(record.metrics)


def test_weights_of_zero_are_told(tmp_path: Path) -> None:
    health = Health((X, Y, np.zeros(len(X))), log_dir=tmp_path, **QUIET)
    with pytest.warns(ExplainWarning, match="weights of all 32 rows are zero"):
        small_cnn().fit(X, Y, callbacks=[health], **QUIET)
    assert logged(tmp_path).record("health").totals["gradient_norm"] == 0


def test_one_row_has_no_dead_units(tmp_path: Path) -> None:
    health = Health((X[:1], Y[:1]), log_dir=tmp_path, on_error="raise", **QUIET)
    small_cnn().fit(X, Y, callbacks=[health], **QUIET)
    run = logged(tmp_path)
    assert "dead_share" not in run.record("health").metrics
    assert run.content("health").settings["dead units"] == "not counted on fewer than 8 rows"


def test_one_row_that_batch_normalization_makes_zeros_of_has_no_gradients(tmp_path: Path) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((2,)), layers.Dense(3), layers.BatchNormalization(), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    x = np.ones((4, 2), np.float32)
    health = Health((x[:1], x[:1, :1]), log_dir=tmp_path, **QUIET)
    with pytest.warns(ExplainWarning, match="expected two rows or more, for batch normalization"):
        model.fit(x, x[:, :1], callbacks=[health], **QUIET)
    assert "gradient_norm" not in logged(tmp_path).record("health").metrics


def test_labels_that_the_loss_refuses_are_said_in_its_words(tmp_path: Path) -> None:
    health = Health((X, Y + 90), log_dir=tmp_path, **QUIET)
    with pytest.warns(ExplainWarning, match="gradients is left out: .{0,40}label value of"):
        small_cnn().fit(X, Y, callbacks=[health], **QUIET)


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras", "tf_keras"])
def test_a_loss_that_layers_add_needs_no_labels(library: Any, tmp_path: Path) -> None:
    class Squares(library.layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, inputs: Any) -> Any:
            self.add_loss(tf.reduce_mean(inputs**2))
            return inputs

    inputs = library.Input((2,))
    model = library.Model(inputs, Squares()(library.layers.Dense(3)(inputs)))
    model.compile("sgd")
    x = np.ones((8, 2), np.float32)
    kernel = model.layers[1].get_weights()[0].astype(float)
    health = Health(x, log_dir=tmp_path, on_error="raise", **QUIET)
    model.fit(x, epochs=1, batch_size=8, callbacks=[health], **QUIET)
    # The mean of the squares of 3 outputs, each the sum of a column: 2/3 of that sum.
    after = model.layers[1].get_weights()
    slope = 2 / 3 * (after[0].astype(float).sum(0) + after[1])
    norm = np.sqrt((slope**2).sum() * 3)  # of two rows of the kernel, and of the bias
    record = logged(tmp_path).record("health")
    assert record.totals["gradient_norm"] == pytest.approx(norm, rel=1e-4)
    assert not np.allclose(kernel, after[0])


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_a_model_without_layers_to_measure_is_left_out(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Flatten()])
    model.compile("sgd", "mse")
    x = np.ones((4, 2), np.float32)
    with pytest.warns(ExplainWarning, match="health is left out: model: expected a layer with"):
        model.fit(x, x, callbacks=[Health((x, x), log_dir=tmp_path, **QUIET)], **QUIET)


def test_class_weights_are_of_numbers_of_classes(tmp_path: Path) -> None:
    health = Health((X, Y), log_dir=tmp_path, class_weight={"a": 2.0}, **QUIET)  # type: ignore[dict-item]
    with pytest.raises(TfexplainError, match=r"class_weight={'a': 2.0}: expected"):
        small_cnn().fit(X, Y, callbacks=[health], **QUIET)


def test_class_weights_for_labels_that_are_none_are_refused(tmp_path: Path) -> None:
    health = Health(X, log_dir=tmp_path, class_weight={0: 2.0}, **QUIET)
    with pytest.raises(TfexplainError, match="class_weight: expected labels of one output"):
        small_cnn().fit(X, Y, callbacks=[health], **QUIET)


# ------------------------------------------------------------------------- over several epochs


def test_dead_units_keep_their_epoch_over_a_restart(tmp_path: Path) -> None:
    class Kill(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            kernel, bias = self.model.get_layer("conv").get_weights()
            bias[: min(epoch, 2)] = -100  # one more each epoch
            self.model.get_layer("conv").set_weights([kernel, bias])

    def train(epochs: int, initial: int = 0) -> None:
        health = Health((X, Y), log_dir=tmp_path / "log", on_error="raise", **QUIET)
        model.fit(X, Y, epochs=epochs, initial_epoch=initial, callbacks=[Kill(), health], **QUIET)

    model = small_cnn()
    train(3)
    train(5, 3)
    since = logged(tmp_path / "log").record("units/conv", 4).dead_since
    assert since[:2].tolist() == [1, 2]
    assert np.isnan(since[2:]).all()


def test_every_and_the_last_epoch_and_totals_for_logs(tmp_path: Path) -> None:
    health = Health(
        (X, Y), log_dir=tmp_path, every=2, logs=["health/gradient_norm"], on_error="raise", **QUIET
    )
    history = small_cnn().fit(X, Y, epochs=4, callbacks=[health], **QUIET).history
    run = logged(tmp_path)
    assert list(run.values["health"]) == [0, 2, 3]
    logs = history["health/gradient_norm"]
    assert np.isnan(logs[1])
    for epoch in (0, 2, 3):
        assert logs[epoch] == run.record("health", epoch).totals["gradient_norm"]
        assert run.values["health/gradient_norm"][epoch] == pytest.approx(logs[epoch], rel=1e-6)


def test_layers_that_are_frozen_on_the_way_are_told_apart_from_then_on(tmp_path: Path) -> None:
    class Freeze(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.model.get_layer("conv").trainable = epoch == 0

    health = Health((X, Y), log_dir=tmp_path, on_error="raise", **QUIET)
    model = small_cnn()
    model.fit(X, Y, epochs=3, callbacks=[Freeze(), health], **QUIET)
    run = logged(tmp_path)
    states = [
        {row["path"]: row["state"] for row in run.record("health", epoch).rows}["conv"]
        for epoch in range(3)
    ]
    assert states == ["trainable", "frozen", "frozen"]
    last = run.record("health")
    assert len(last.weights_of) == len(model.trainable_variables)
    # The others keep their own numbers, not those of the weights that stood there before.
    (head,) = {row for row, _ in last.weights_of}
    own = Health((X, Y), log_dir=tmp_path / "own", on_error="raise", **QUIET)
    model.optimizer.learning_rate = 0.0
    model.fit(X, Y, epochs=1, callbacks=[own], **QUIET)
    again = logged(tmp_path / "own").record("health")
    path = last.rows[head]["path"]
    norms = [column(record, "gradient_norm")[path] for record in (last, again)]
    assert norms[0] == pytest.approx(norms[1], rel=1e-4)
