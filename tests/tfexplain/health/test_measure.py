"""Gradients and activations of one pass against a tape of our own, and against differences."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.models import same_bits

from tfexplain.health.layers import health_layers
from tfexplain.health.measure import HealthPass, measure
from tfexplain.health.readings import Activation, Gradient, read_activation, read_gradient
from tfexplain.health.statistics import MOST_VALUES, of_activation, of_gradient, some_of
from tfexplain.health.training_loss import class_weights, loss_text, training_loss
from tfexplain.model.keras_model import KerasModel

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 6, 6, 1)).astype(np.float32)
Y = RNG.integers(0, 3, 12)
WEIGHTS = RNG.uniform(0, 2, 12).astype(np.float32)
LIBRARIES = [keras, tf_keras]


def network(library: Any, activation: str = "tanh") -> Any:
    layers = library.layers
    library.utils.set_random_seed(1)
    model = library.Sequential(
        [
            layers.Input((6, 6, 1)),
            layers.Conv2D(4, 3, activation=activation, name="conv", kernel_regularizer="l2"),
            layers.BatchNormalization(name="norm"),
            layers.Flatten(name="flat"),
            layers.Dense(5, activation=activation, name="hidden"),
            layers.Dense(3, activation="softmax", name="head"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def passed(model: Any, x: Any = X, y: Any = Y, weights: Any = None) -> tuple[HealthPass, list[Any]]:
    traced = KerasModel(model, tf.constant(x))
    layers = health_layers(traced)
    given = None if weights is None else tf.constant(weights)
    loss = training_loss(model)
    return measure(traced, layers, loss, tf.constant(x), tf.constant(y), given), layers


def by_hand(model: Any, x: Any, y: Any, weights: Any = None) -> tuple[float, list[Any]]:
    """The loss and its gradients, written out."""
    with tf.GradientTape() as tape:
        loss = loss_by_hand(model, x, y, weights)
    return float(loss), tape.gradient(loss, [v.value if model_is_3(v) else v for v in kept(model)])


def loss_by_hand(model: Any, x: Any, y: Any, weights: Any = None) -> tf.Tensor:
    outputs = model(x, training=True)
    rows = tf.keras.losses.sparse_categorical_crossentropy(y, outputs)
    weighed = rows if weights is None else rows * weights
    kernel = tf.convert_to_tensor(model.get_layer("conv").kernel)
    return tf.reduce_mean(weighed) + 0.01 * tf.reduce_sum(kernel**2)


def model_is_3(variable: Any) -> bool:
    return isinstance(getattr(variable, "value", None), tf.Variable)


def kept(model: Any) -> list[Any]:
    return list(model.trainable_variables)


@pytest.mark.parametrize("library", LIBRARIES, ids=["keras", "tf_keras"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighed"])
def test_gradients_are_those_of_a_tape_by_hand(library: Any, weights: Any) -> None:
    model = network(library)
    found, layers = passed(model, weights=weights)
    loss, gradients = by_hand(model, X, Y, weights)
    np.testing.assert_allclose(found.loss, loss, rtol=1e-5)
    assert [layer.path for layer in layers] == ["conv", "norm", "hidden", "head"]
    for mine, gradient in zip(found.gradients, gradients, strict=True):
        exact = gradient.numpy().astype(np.float64)
        np.testing.assert_allclose(mine.norm, np.linalg.norm(exact), rtol=1e-4, atol=1e-7)
        assert mine.zeros == np.count_nonzero(exact == 0)
        np.testing.assert_allclose(np.sort(mine.values), np.sort(exact.ravel()), atol=1e-6)


@pytest.mark.parametrize("library", LIBRARIES, ids=["keras", "tf_keras"])
def test_a_pass_leaves_all_variables_as_they_were(library: Any) -> None:
    model = network(library)
    model.fit(X, Y, verbose=0)  # metrics and the optimizer have variables now
    states = [*model.variables, *model.optimizer.variables, *own_metrics(model)]
    before = [np.asarray(v) for v in states]
    passed(model)
    assert same_bits(before, [np.asarray(v) for v in states])


def own_metrics(model: Any) -> list[Any]:
    return [v for metric in model.metrics for v in metric.variables]


def test_gradients_are_slopes_of_the_loss() -> None:
    model = network(keras)
    found, layers = passed(model)
    place = dict(layers[2].weights)["kernel"]
    variable = model.trainable_variables[place]
    value, step = variable.numpy(), 1e-2
    loss = tf.function(lambda: loss_by_hand(model, X, Y))
    slopes = []
    for i in range(value.size):
        sides = []
        for sign in (1, -1):
            moved = value.copy()
            moved.flat[i] += sign * step
            variable.assign(moved)
            sides.append(passed(model)[0].loss if i < 1 else float(loss()))
        slopes.append((sides[0] - sides[1]) / (2 * step))
    norm = np.linalg.norm(slopes)
    np.testing.assert_allclose(found.gradients[place].norm, norm, rtol=5e-3)


def test_loss_scaling_is_divided_out_again() -> None:
    model = network(keras)
    plain, _ = passed(model)
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), initial_scale=1024.0)
    model.compile(scaled, "sparse_categorical_crossentropy")
    scaled.build(model.trainable_variables)
    found, _ = passed(model)
    assert (plain.scale, found.scale) == (1.0, 1024.0)
    norms = [[float(g.norm) for g in one.gradients] for one in (plain, found)]
    np.testing.assert_allclose(*norms, rtol=1e-4)


def test_words_that_are_not_there_have_no_gradient() -> None:
    ids = np.array([[1, 1, 2], [2, 2, 2]])
    model = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            keras.layers.Embedding(9, 4),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    found, layers = passed(model, ids, np.ones((2, 1), np.float32))
    (own,) = (found.gradients[place] for _, place in layers[0].weights)
    assert own.zeros == 7 * 4
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(ids) - 1) ** 2)
    exact = tf.convert_to_tensor(tape.gradient(loss, model.trainable_variables[0].value))
    np.testing.assert_allclose(own.norm, np.linalg.norm(exact), rtol=1e-5)


def test_a_frozen_layer_is_frozen_and_has_no_gradient() -> None:
    model = network(keras)
    model.get_layer("conv").trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    _, layers = passed(model)
    assert [layer.state for layer in layers] == ["frozen", "trainable", "trainable", "trainable"]
    assert layers[0].weights == ()


def test_activations_are_those_of_the_layer_in_training() -> None:
    model = network(keras, "relu")
    kernel, bias = model.get_layer("conv").get_weights()
    model.get_layer("conv").set_weights([kernel, bias - [0, 0, 50, 0]])
    found, _ = passed(model)
    conv = model.get_layer("conv")(X).numpy()
    own = found.activations["conv"]
    np.testing.assert_allclose(np.sort(own.values), np.sort(conv.ravel()), atol=1e-5)
    assert own.dead.tolist() == [False, False, True, False] == (conv <= 0).all((0, 1, 2)).tolist()
    np.testing.assert_allclose(
        # Batch normalization takes the statistics of the batch.
        np.sort(found.activations["norm"].values),
        np.sort(model.get_layer("norm")(conv, training=True).numpy().ravel()),
        atol=1e-5,
    )


def activation(values: Any, name: str) -> Activation:
    reduced = of_activation(tf.constant(values), -1, name)
    return read_activation({key: part.numpy() for key, part in reduced.items()}, name)


def gradient(values: Any, scale: float = 1.0) -> Gradient:
    reduced = of_gradient(tf.constant(values), values.size)
    return read_gradient({key: part.numpy() for key, part in reduced.items()}, scale)


@pytest.mark.parametrize(
    ("name", "function", "slope"),
    [
        ("tanh", np.tanh, lambda y: 1 - y**2),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x)), lambda y: 4 * y * (1 - y)),
    ],
)
def test_saturated_is_where_the_slope_is_small(name: str, function: Any, slope: Any) -> None:
    values = function(np.linspace(-8, 8, 4001)).astype(np.float32)[None]
    found = activation(values, name)
    share = (slope(values.astype(np.float64)) < 0.05).mean()
    np.testing.assert_allclose(found.saturated, share, atol=1e-3)
    assert np.isnan(activation(values, "relu").saturated)


def test_values_that_are_not_finite_are_told() -> None:
    for bad in (np.nan, np.inf, -np.inf):
        values = np.ones((2, 3), np.float32)
        assert activation(values, "relu").finite
        values[1, 2] = bad
        assert not activation(values, "relu").finite
        assert gradient(values).nonfinite == 1


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_norms_of_tiny_and_huge_gradients_stay_in_range(size: float) -> None:
    found = gradient(np.float32([3.0, -4.0, 0.0]) * np.float32(size))
    np.testing.assert_allclose(found.norm, 5 * size, rtol=1e-5)
    assert found.zeros == 1


def test_of_a_large_gradient_the_norm_is_of_all_and_shares_are_of_some() -> None:
    values = RNG.normal(size=100_000).astype(np.float32)
    values[RNG.random(values.size) < 0.3] = 0
    found = gradient(values)
    assert len(found.values) == MOST_VALUES
    np.testing.assert_allclose(found.norm, np.linalg.norm(values.astype(float)), rtol=1e-6)
    np.testing.assert_allclose(found.zeros, np.count_nonzero(values == 0), rtol=0.05)
    values[::7] = np.nan
    np.testing.assert_allclose(gradient(values).nonfinite, values.size / 7, rtol=0.1)


def test_what_float16_would_lose_is_counted_after_scaling() -> None:
    values = np.float32([1e-9, 1e-4, 0.0, 2.0])
    lost = [gradient(values * np.float32(scale), scale).underflow for scale in (1.0, 1024.0)]
    expected = [
        np.count_nonzero((np.float16(values * scale) == 0) & (values != 0))
        for scale in (1.0, 1024.0)
    ]
    assert lost == expected == [1, 0]


def test_some_values_of_many_are_of_all_channels() -> None:
    values = np.arange(64 * 1024, dtype=np.float32).reshape(-1, 64)
    some = some_of(tf.constant(values), 512).numpy()
    assert len(some) == len(set(some.tolist())) == 512
    assert set((some % 64).astype(int)) == set(range(64))
    np.testing.assert_allclose(some.mean(), values.mean(), rtol=0.02)


def test_class_weights_weigh_rows_as_fit_does() -> None:
    by_class = {0: 2.0, 2: 0.5}
    own = class_weights(Y, by_class, None)
    assert own.tolist() == [by_class.get(int(y), 1.0) for y in Y]
    one_hot = np.eye(3)[Y]
    assert class_weights(one_hot, by_class, None).tolist() == own.tolist()
    np.testing.assert_allclose(class_weights(Y, by_class, WEIGHTS), own * WEIGHTS)
    model = network(keras)
    model.optimizer.learning_rate = 0.0
    logged = model.fit(X, Y, batch_size=12, class_weight=by_class, shuffle=False, verbose=0)
    np.testing.assert_allclose(
        passed(model, weights=own)[0].loss, logged.history["loss"], rtol=1e-5
    )


def test_the_loss_is_named_and_so_is_a_step_that_may_have_another() -> None:
    class Own(keras.Model):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:
            return super().train_step(data)

    inputs = keras.Input((2,))
    model = Own(inputs, keras.layers.Dense(1)(inputs))
    assert training_loss(model) is None
    model.compile("sgd", keras.losses.MeanSquaredError())
    text = loss_text(model, False, False)
    assert text == (
        "the compiled one (mean_squared_error), with regularizers, without class weights; training "
        "runs train_step of Own, whose loss may be another"
    )
