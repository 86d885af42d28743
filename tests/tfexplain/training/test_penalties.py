"""What is added to the loss: closed forms, and finite differences of what a tape says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfexplain.training import InputGradientPenalty, Penalty, RightReasons, penalise

LIBRARIES = [keras, tf_keras]
RATE = 0.5
# Traced steps take seconds to build; tests of `penalise` hold them against eager ones.
EAGER = {"run_eagerly": True}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 5, 5, 1))
Y = np.arange(6) % 3
MASK = np.zeros((5, 5), bool)
MASK[:, 2:] = True


@pytest.fixture(params=LIBRARIES, ids=["keras", "tf_keras"])
def library(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Each library, computing in float64."""

    def compute_in(dtype: str) -> None:
        for one in LIBRARIES:
            one.backend.set_floatx(dtype)
        # Which Keras 3 reads once, and tf_keras never again where any test has set it.
        keras.config.set_dtype_policy(dtype)
        tf_keras.mixed_precision.set_global_policy(dtype)

    compute_in("float64")
    yield request.param
    compute_in("float32")


def linear(library: Any, weights: list[float]) -> Any:
    """A linear model of these weights."""
    dense = library.layers.Dense(1, use_bias=False)
    model = library.Sequential([library.Input((len(weights),)), dense])
    model.set_weights([np.array(weights)[:, None]])
    model.compile(library.optimizers.SGD(RATE), "mse", **EAGER)
    return model


def smooth_cnn(library: Any) -> Any:
    """A small network without corners, that differences can be taken of."""
    layers = library.layers
    model = library.Sequential(
        [
            library.Input((5, 5, 1)),
            layers.Conv2D(2, 3, activation="tanh", name="conv"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape, scale=0.5) for w in model.get_weights()])
    model.compile(library.optimizers.SGD(RATE), "sparse_categorical_crossentropy", **EAGER)
    return model


def step(model: Any, *data: Any) -> list[Any]:
    """The gradient that one step of gradient descent follows, for each weight."""
    before = model.get_weights()
    model.train_on_batch(*data)
    return [(b - a) / RATE for a, b in zip(model.get_weights(), before, strict=True)]


def logits(model: Any, x: Any) -> Any:
    """What the network of `smooth_cnn` says before its softmax."""
    kernel, bias = model.layers[-1].weights
    for layer in model.layers[:-1]:
        x = layer(x)
    return tf.matmul(x, tf.convert_to_tensor(kernel)) + tf.convert_to_tensor(bias)


def squared_loss_gradient(model: Any) -> Any:
    """The mean over rows of |gradient of the cross-entropy at the input|^2."""
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        shares = tf.nn.log_softmax(logits(model, x))
        losses = -tf.gather(shares, Y, axis=1, batch_dims=1)
    return tf.reduce_sum(tape.gradient(losses, x) ** 2) / len(X)


def squared_outside(model: Any) -> Any:
    """The mean over rows of the squared gradient of all log-probabilities outside of MASK."""
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        shares = tf.nn.log_softmax(logits(model, x))
    outside = tape.gradient(shares, x).numpy()[:, ~MASK]
    return (outside**2).sum() / len(X)


def cam_outside(model: Any) -> Any:
    """The mean over rows of squares of Grad-CAM outside of MASK, each map divided by its top."""
    activation = model.layers[0](tf.constant(X))
    kernel = model.layers[-1].get_weights()[0].reshape(3, 3, 2, 3)
    scores = logits(model, tf.constant(X)).numpy()
    # The network is linear behind the layer: the gradient is the kernel of the predicted class.
    alphas = np.moveaxis(kernel.mean((0, 1)), -1, 0)[scores.argmax(1)]
    maps = np.maximum(np.einsum("nhwc,nc->nhw", activation.numpy(), alphas), 0)
    maps /= maps.max((1, 2), keepdims=True)
    # Columns of five pixels at three places of 5/3 each: two left columns are outside.
    outside = np.array([1.0, 0.2, 0.0])
    return ((outside * maps) ** 2).sum() / len(X)


def difference(of: Callable[[Any], Any], model: Any, weight: int, place: int) -> float:
    """The central difference of a number along one value of one weight."""
    before = model.get_weights()
    found = []
    for sign in (1, -1):
        moved = [value.copy() for value in before]
        moved[weight].flat[place] += sign * 1e-5
        model.set_weights(moved)
        found.append(float(of(model)))
    model.set_weights(before)
    return (found[0] - found[1]) / 2e-5


@pytest.mark.parametrize(
    ("penalty", "number"),
    [
        (InputGradientPenalty(3.0), squared_loss_gradient),
        (RightReasons(MASK, 3.0), squared_outside),
        (RightReasons(MASK, 3.0, layer="conv"), cam_outside),
    ],
    ids=["input gradient", "right reasons", "Grad-CAM"],
)
def test_the_step_follows_the_penalty_s_gradient_by_finite_differences(
    library: Any, penalty: Penalty, number: Callable[[Any], Any]
) -> None:
    model = smooth_cnn(library)
    weights = model.get_weights()
    plain = step(model, X, Y)
    model.set_weights(weights)
    expected = {place: difference(number, model, *place) for place in [(0, 4), (1, 0), (2, 7)]}
    results = penalise(model, penalty).train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(results["penalty"], number_at(model, weights, number), rtol=1e-6)
    after = model.get_weights()
    for (weight, place), own in expected.items():
        moved = (weights[weight] - after[weight]).flat[place] / RATE
        np.testing.assert_allclose(moved - plain[weight].flat[place], 3.0 * own, rtol=1e-5)


def number_at(model: Any, weights: Any, number: Callable[[Any], Any]) -> float:
    """A number at other weights than the model's."""
    after = model.get_weights()
    model.set_weights(weights)
    found = float(number(model))
    model.set_weights(after)
    return found


def test_a_linear_model_s_penalty_has_a_closed_form(library: Any) -> None:
    w, x, y = np.array([0.5, -1.0]), np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([1.0, 0.0])
    error = x @ w - y  # a row's loss is error^2, its gradient at the input 2 error w
    base = 2 * error @ x / 2
    smooth = (8 * error[:, None] * x * (w @ w) + 8 * error[:, None] ** 2 * w).mean(0)
    magnitude = np.abs(w).sum()
    sparse = 2 * np.sign(error)[:, None] * x * magnitude
    sparse = (sparse + 2 * np.abs(error)[:, None] * np.sign(w)).mean(0)
    for kind, own in {"smooth": smooth, "sparse": sparse}.items():
        model = penalise(linear(library, [*w]), InputGradientPenalty(0.25, kind=kind))
        np.testing.assert_allclose(step(model, x, y)[0][:, 0], base + 0.25 * own, rtol=1e-6)
    # Values have no probabilities: the gradient of the output is w, and its first place outside.
    model = penalise(linear(library, [*w]), RightReasons([False, True], 0.25))
    np.testing.assert_allclose(step(model, x, y)[0][:, 0], base + 0.25 * np.array([2 * w[0], 0]))


@pytest.mark.parametrize(
    "penalty",
    [
        *(InputGradientPenalty(2.0), InputGradientPenalty(2.0, "sparse")),
        *(RightReasons(MASK, 2.0), RightReasons(MASK, 2.0, layer="conv")),
    ],
    ids=["smooth", "sparse", "right reasons", "Grad-CAM"],
)
def test_a_row_of_weight_two_is_two_rows(library: Any, penalty: Penalty) -> None:
    weighted, twice = (penalise(smooth_cnn(library), penalty) for _ in range(2))
    found = step(weighted, X[:2], Y[:2], np.array([2.0, 0.0]))
    for one, other in zip(found, step(twice, X[[0, 0]], Y[[0, 0]]), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_a_sigmoid_s_log_probabilities_are_of_both_classes(library: Any) -> None:
    """d/dx of log s(z) + log s(-z), z = w x, is (1 - 2 s(z)) w."""
    model = linear(library, [0.5, -1.0])
    model.layers[-1].activation = library.activations.sigmoid
    model.compile(library.optimizers.SGD(RATE), "binary_crossentropy", **EAGER)
    penalise(model, RightReasons([False, True], 1.0))
    found = model.train_on_batch(np.array([[1.0, 2.0]]), np.array([1.0]), return_dict=True)
    share = 1 / (1 + np.exp(1.5))
    np.testing.assert_allclose(found["penalty"], ((1 - 2 * share) * 0.5) ** 2, rtol=1e-6)


def test_token_ids_are_penalised_at_their_vectors(library: Any) -> None:
    layers = library.layers
    embedding = layers.Embedding(4, 2)
    stack = [embedding, layers.Flatten(), layers.Dense(1, use_bias=False)]
    model = library.Sequential([library.Input((3,), dtype="int32"), *stack])
    model.compile(library.optimizers.SGD(RATE), "mse", **EAGER)
    ids, y = np.array([[0, 2, 1]]), np.array([0.5])
    error = model.predict(ids, verbose=0)[0, 0] - y[0]
    kernel = model.get_weights()[-1]
    found = penalise(model, InputGradientPenalty(1.0)).train_on_batch(ids, y, return_dict=True)
    np.testing.assert_allclose(found["penalty"], 4 * error**2 * (kernel**2).sum(), rtol=1e-6)
    model.set_weights([model.get_weights()[0], kernel])
    penalise(model, RightReasons([True, False, True], 1.0))
    found = model.train_on_batch(ids, y, return_dict=True)
    np.testing.assert_allclose(found["penalty"], (kernel[2:4] ** 2).sum(), rtol=1e-6)
