"""How a penalty gets into training: every way to train gives the same weights, and nothing else of
the model changes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfexplain import TfexplainError
from tfexplain.training import InputGradientPenalty, RightReasons, WithRegions, penalise
from tfexplain.trust import Avoid

# Each way to train is traced, and compiled.
pytestmark = pytest.mark.slow
LIBRARIES = pytest.mark.parametrize("library", [keras, tf_keras])
RNG = np.random.default_rng(0)
X = RNG.random((24, 6, 6, 1), np.float32)
Y = np.arange(24) % 3
MASK = np.zeros((6, 6), bool)
MASK[2:, 1:5] = True
LAMBDA = 300.0  # with it the penalty is about as large as the loss
NAMES = {"base_loss", "penalty", "penalty_weight"}


def stack(library: Any, dtype: str = "float32") -> list[Any]:
    layers = library.layers
    return [
        layers.Conv2D(3, 3, activation="relu", padding="same", name="conv", dtype=dtype),
        layers.BatchNormalization(name="norm", dtype=dtype),
        layers.GlobalAveragePooling2D(name="pooled", dtype=dtype),
        layers.Dense(3, activation="softmax", dtype="float32", name="head"),
    ]


def sequential(library: Any) -> Any:
    return library.Sequential([library.Input((6, 6, 1)), *stack(library)])


def functional(library: Any) -> Any:
    inputs = output = library.Input((6, 6, 1))
    for layer in stack(library):
        output = layer(output)
    return library.Model(inputs, output)


def subclassed(library: Any) -> Any:
    class Own(library.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.stack = stack(library)

        def call(self, x: Any, training: bool = False) -> Any:
            for layer in self.stack:
                x = layer(x, training=training) if layer.name == "norm" else layer(x)
            return x

    return Own()


def compiled(model: Any, library: Any, **settings: Any) -> Any:
    """The model with the same weights as every other, compiled; eager unless it is said how."""
    settings = settings or {"run_eagerly": True}
    model(X[:1])
    rng = np.random.default_rng(2)
    for variable in weights(model):
        values = rng.uniform(-3, 3, variable.shape)
        variable.assign(np.abs(values) if "variance" in variable.name else values)
    optimizer = settings.pop("optimizer", library.optimizers.SGD(0.05))
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], **settings)
    return model


def fit(model: Any, x: Any = X, y: Any = Y, **options: Any) -> dict[str, list[float]]:
    options = {"epochs": 2, "batch_size": 8, "shuffle": False, "verbose": 0, **options}
    history: dict[str, list[float]] = model.fit(x, y, **options).history
    return history


def weights(model: Any) -> list[Any]:
    """Of a subclassed model tf_keras lists them in another order."""
    return sorted(model.weights, key=lambda v: getattr(v, "path", v.name).split("/")[-2:])


def assert_alike(model: Any, other: Any, **tolerance: float) -> None:
    for one, two in zip(weights(model), weights(other), strict=True):
        one, two = (np.asarray(tf.convert_to_tensor(variable)) for variable in (one, two))
        np.testing.assert_allclose(one, two, **{"rtol": 1e-4, "atol": 1e-5, **tolerance})


@pytest.fixture(scope="module")
def eager() -> Callable[[Any], tuple[Any, dict[str, list[float]]]]:
    """A model that was trained step by step as plain Python, and its history, of each library."""
    known: dict[Any, Any] = {}

    def trained(library: Any) -> Any:
        if library not in known:
            model = compiled(sequential(library), library)
            known[library] = model, fit(penalise(model, RightReasons(MASK, LAMBDA)))
        return known[library]

    return trained


@pytest.mark.parametrize(
    ("library", "make", "settings"),
    [
        (keras, sequential, {"steps_per_execution": 2}),
        (keras, subclassed, {"jit_compile": True}),
        (tf_keras, sequential, {"jit_compile": True}),
        (tf_keras, functional, {"steps_per_execution": 2}),
        (tf_keras, subclassed, {"run_eagerly": True}),
        (keras, functional, {"run_eagerly": True}),
    ],
)
def test_every_kind_of_model_and_way_to_run_it_trains_the_same(
    library: Any, make: Callable[[Any], Any], settings: Any, eager: Any
) -> None:
    model = compiled(make(library), library, **settings)
    history = fit(penalise(model, RightReasons(MASK, LAMBDA)))
    other, expected = eager(library)
    assert_alike(model, other)
    assert set(history) == {"loss", "accuracy"} | NAMES
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-3, err_msg=name)
    total = np.array(history["base_loss"]) + LAMBDA * np.array(history["penalty"])
    np.testing.assert_allclose(history["loss"], total, rtol=1e-5)
    assert history["penalty_weight"] == [LAMBDA, LAMBDA]
    assert min(history["penalty"]) > 1e-4


@LIBRARIES
def test_regions_come_from_a_function_or_with_the_labels(library: Any, eager: Any) -> None:
    masks = np.repeat(MASK[None], len(X), 0)
    by_row = WithRegions(Y, masks)
    outside = tf.constant(~MASK[None])
    function = RightReasons(Avoid(lambda x, y: tf.repeat(outside, tf.shape(y)[0], 0)), LAMBDA)
    pairs = tf.data.Dataset.from_tensor_slices((X, by_row)).batch(8)
    for penalty, data, batch in (
        (function, (X, Y), 8),
        (RightReasons(None, LAMBDA), (X, by_row), 8),
        (RightReasons(None, LAMBDA), (pairs, None), None),
    ):
        model = penalise(compiled(sequential(library), library, jit_compile=False), penalty)
        held_out = {"validation_data": pairs} if batch is None else {}
        history = fit(model, *data, batch_size=batch, **held_out)
        assert_alike(model, eager(library)[0])
    assert not {f"val_{name}" for name in NAMES} & set(history)
    plain = penalise(model, None).evaluate(X, Y, verbose=0)
    np.testing.assert_allclose(plain, [history["val_loss"][-1], history["val_accuracy"][-1]], 1e-4)


@LIBRARIES
def test_rows_without_a_region_are_not_penalised(library: Any) -> None:
    empty = WithRegions(Y, np.zeros((24, 6, 6), bool))
    model = penalise(compiled(sequential(library), library), RightReasons(None, LAMBDA))
    assert fit(model, y=empty, epochs=1)["penalty"] == [0.0]


@LIBRARIES
def test_half_precision_trains_as_single(library: Any) -> None:
    """With a weight whose gradients, times the first loss scale, float16 holds."""
    model = library.Sequential([library.Input((6, 6, 1)), *stack(library, "mixed_float16")])
    single = compiled(sequential(library), library)
    optimizer = library.mixed_precision.LossScaleOptimizer(library.optimizers.SGD(0.05))
    compiled(model, library, optimizer=optimizer, jit_compile=False)
    plain = compiled(sequential(library), library)
    for one in (model, single):
        fit(penalise(one, RightReasons(MASK, 30.0)), epochs=1)
    assert_alike(model, single, rtol=0, atol=1e-3)
    fit(plain, epochs=1)
    with pytest.raises(AssertionError):
        assert_alike(model, plain, rtol=0, atol=1e-3)


# Keras writes its variables' files so.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@LIBRARIES
def test_nothing_else_of_the_model_changes(library: Any, tmp_path: Path) -> None:
    model, plain = (compiled(sequential(library), library) for _ in range(2))
    penalise(model, InputGradientPenalty(0.5))
    assert type(model) is type(plain)
    np.testing.assert_allclose(model.evaluate(X, Y, verbose=0), plain.evaluate(X, Y, verbose=0))
    assert set(model.get_metrics_result()) == set(plain.get_metrics_result())
    fit(model, epochs=1)
    assert not NAMES & {metric.name for metric in model.metrics}
    model.save(tmp_path / "model.keras")
    loaded = library.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(plain)
    assert_alike(loaded, model)
    assert set(fit(loaded, epochs=1)) == {"loss", "accuracy"}
    copied = library.models.clone_model(model)
    assert "train_step" not in vars(copied)
    model.save_weights(tmp_path / "own.weights.h5")
    plain.load_weights(tmp_path / "own.weights.h5")
    assert_alike(plain, model)


@LIBRARIES
def test_a_penalty_is_replaced_and_taken_off(library: Any) -> None:
    model, plain = (compiled(sequential(library), library) for _ in range(2))
    begin = model.get_weights()
    held = set(vars(model))
    penalise(penalise(model, InputGradientPenalty(9.0)), RightReasons(MASK, LAMBDA))
    assert fit(model, epochs=1)["penalty_weight"] == [LAMBDA]
    penalise(model, None)
    assert not {"train_step", "compute_loss"} & (set(vars(model)) - held)
    model.set_weights(begin)
    fit(model), fit(plain)
    assert_alike(model, plain)


@LIBRARIES
def test_a_train_step_of_one_s_own_is_kept(library: Any) -> None:
    class Own(library.Sequential):  # type: ignore[misc]
        calls = True

        def train_step(self, data: Any) -> Any:
            x, y = data
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = tf.reduce_mean(y_pred)
                if self.calls:
                    loss = self.compute_loss(x=x, y=y, y_pred=y_pred)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            return {**self.compute_metrics(x, y, y_pred, None), "own": loss}

    model = compiled(Own([library.Input((6, 6, 1)), *stack(library)]), library)
    other = compiled(sequential(library), library)
    assert set(fit(penalise(model, RightReasons(MASK, LAMBDA)))) >= {"own"}
    fit(penalise(other, RightReasons(MASK, LAMBDA)))
    assert_alike(model, other)
    model.calls = False
    with pytest.raises(TfexplainError, match=r"a train_step that calls self\.compute_loss"):
        fit(penalise(model, RightReasons(MASK, LAMBDA)))


@LIBRARIES
@pytest.mark.parametrize(
    ("penalty", "message"),
    [
        (RightReasons(np.ones((4, 4)), 1.0), r"regions: expected masks of shape \[1, 6, 6\]"),
        (
            RightReasons(lambda x, y: x[:, :4, :, 0] > 0, 1.0),
            r"mask .*; got \[8, 4, 6\]",
        ),
        (RightReasons(None, 1.0), r"Pass WithRegions\(y, masks\)"),
        (RightReasons(MASK, 1.0, layer="pooled"), r"layer='pooled': expected a layer whose output"),
        (RightReasons(MASK, 1.0, layer="head"), "layer='head': expected .* logits depend on"),
        (InputGradientPenalty(1.0), "operation ResizeBicubicGrad has no second derivative"),
    ],
)
def test_what_does_not_fit_ends_before_a_weight_changes(
    library: Any, penalty: Any, message: str
) -> None:
    model = sequential(library)
    if isinstance(penalty, InputGradientPenalty):
        wide = library.layers.UpSampling2D(interpolation="bicubic")
        model = library.Sequential([library.Input((6, 6, 1)), wide, *stack(library)])
    begin = compiled(model, library, jit_compile=False).get_weights()
    with pytest.raises(TfexplainError, match=message):
        fit(penalise(model, penalty))
    assert all(map(np.array_equal, begin, model.get_weights()))


@LIBRARIES
def test_layers_that_cudnn_computes_are_refused(
    library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def model(layer: Any) -> Any:
        return library.Sequential([library.Input((4, 2)), layer, library.layers.Dense(1)])

    layers = library.layers
    cells = layers.RNN(layers.LSTMCell(3))
    assert penalise(model(layers.LSTM(3)), InputGradientPenalty(1.0))  # no GPU here
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["GPU:0"])
    both = layers.Bidirectional(layers.GRU(3, name="gru"))
    with pytest.raises(TfexplainError, match=r"layers .*gru.* computed by cuDNN"):
        penalise(model(both), InputGradientPenalty(1.0))
    recurrent = penalise(model(cells), InputGradientPenalty(1.0))
    monkeypatch.undo()
    recurrent.compile("sgd", "mse", run_eagerly=True)
    assert fit(recurrent, X[:, :4, :2, 0], Y, epochs=1)["penalty"][0] > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: penalise(len, None), "expected a Keras model"),
        (lambda: penalise(sequential(keras), 3.0), "penalty=3.0: expected InputGradientPenalty"),
        (lambda: RightReasons(MASK, -1.0), "weight=-1.0: expected a number of at least 0"),
        (lambda: InputGradientPenalty(1.0, "rough"), "kind='rough': expected 'smooth' or 'sparse'"),
        (
            lambda: penalise(sequential(keras), RightReasons(MASK, 1.0, layer="none")),
            "layer='none': no such layer. Layers: .*conv, ",
        ),
    ],
)
def test_settings_are_checked_at_once(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(TfexplainError, match=message):
        call()


REPLICAS = """
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
one = tf.config.LogicalDeviceConfiguration()
tf.config.set_logical_device_configuration(cpu, [one, one])
import keras, tf_keras
import test_penalise as own
for library in (keras, tf_keras):
    found = []
    for devices in (["CPU:0"], ["CPU:0", "CPU:1"]):
        with tf.distribute.MirroredStrategy(devices).scope():
            model = own.sequential(library)
            model.layers[1].trainable = False  # batch statistics are each replica's own
            own.compiled(model, library, jit_compile=False)
        own.penalise(model, own.RightReasons(own.MASK, own.LAMBDA, layer="conv"))
        found.append((model, own.fit(model)))
    (model, history), (other, expected) = found
    own.assert_alike(model, other)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-4, err_msg=name)
    assert not {"call", "quantized_call"} & set(vars(model.layers[0])), "a tap"
print("alike")
"""


def test_replicas_train_as_one_device() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REPLICAS],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
    )
    assert done.stdout.strip().endswith("alike"), done.stderr[-2000:]
