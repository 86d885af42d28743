"""Hidden units as what is explained, against the same layers called by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.models import digits, small_cnn
from support.read import read_run

from tfexplain import (
    Explain,
    FeatureMaps,
    GradCAM,
    IntegratedGradients,
    Occlusion,
    Saliency,
    SmoothGrad,
    Unit,
)
from tfexplain.explainers.run import explanations
from tfexplain.model.layer_calls import LayerError

LIBRARIES = pytest.mark.parametrize("library", [keras, tf_keras])


def cnn(library: Any = keras) -> Any:
    library.utils.set_random_seed(2)
    layers = library.layers
    return library.Sequential(
        [
            layers.Input((6, 5, 2)),
            layers.Conv2D(3, 3, padding="same", activation="tanh", name="one"),
            layers.Conv2D(4, 3, activation="tanh", name="two"),
            layers.Flatten(),
            layers.Dense(7, activation="tanh", name="hidden"),
            layers.Dense(3, name="top"),
        ]
    )


X = np.random.default_rng(1).normal(size=(3, 6, 5, 2)).astype("float32")


def by_hand(model: Any, depth: int, pick: Any) -> tuple[Any, Any]:
    """(scores, their gradient at the input) of what `pick` takes of layer number `depth`."""
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        values = x
        for layer in model.layers[:depth]:
            values = layer(values)
        scores = pick(values)
    return scores.numpy(), tape.gradient(scores, x).numpy()


@LIBRARIES
@pytest.mark.parametrize(
    ("unit", "depth", "pick"),
    [
        (Unit("hidden", 5), 4, lambda a: a[:, 5]),
        (Unit("hidden", -1), 4, lambda a: a[:, 6]),
        (Unit("two", 3), 2, lambda a: tf.reduce_mean(a[..., 3], (1, 2))),
        (Unit("two", 1, position=(2, 0)), 2, lambda a: a[:, 2, 0, 1]),
        (Unit("top", 2), 5, lambda a: a[:, 2]),
    ],
)
def test_the_gradient_of_a_unit(library: Any, unit: Unit, depth: int, pick: Any) -> None:
    model = cnn(library)
    scores, slopes = by_hand(model, depth, pick)
    found = Saliency()(model, X, unit)
    assert np.allclose(found.values, slopes, atol=1e-6)
    assert np.allclose(found.scores, scores, atol=1e-6)
    assert found.unit == "activation per unit of input"
    assert found.targets.tolist() == [-1] * 3
    path = IntegratedGradients()(model, X, unit)
    assert path.unit == "activation"
    start = pick(_run(model, depth, np.zeros_like(X))).numpy()
    total = path.values.reshape(3, -1).sum(1)
    assert np.allclose(total - path.completeness_gap, scores - start, atol=1e-5)
    assert np.abs(path.completeness_gap).max() < 0.02 * np.abs(scores - start).max()


def _run(model: Any, depth: int, values: Any) -> Any:
    for layer in model.layers[:depth]:
        values = layer(values)
    return values


def test_grad_cam_of_a_unit_at_an_earlier_layer_and_not_at_a_later_one() -> None:
    model = cnn()
    found = GradCAM(layer="one", relu=False)(model, X, Unit("two", 1))
    one = model.get_layer("one")(X)
    with tf.GradientTape() as tape:
        tape.watch(one)
        scores = tf.reduce_mean(model.get_layer("two")(one)[..., 1], (1, 2))
    weights = tape.gradient(scores, one).numpy().mean((1, 2), keepdims=True)
    assert np.allclose(found.values, (weights * one.numpy()).sum(-1), atol=1e-6)
    assert np.allclose(found.scores, scores, atol=1e-6)
    with pytest.raises(LayerError, match="layer='two': the explained number does not depend on it"):
        GradCAM(layer="two")(model, X, Unit("one", 0))


def test_explainers_of_a_unit_share_one_pass() -> None:
    model, unit = cnn(), Unit("two", 0)
    together = explanations(
        model, [FeatureMaps(layer=["two"]), GradCAM(layer="one"), Saliency()], X, unit
    )
    maps, cam, slopes = (next(iter(one.attributions.values())) for one in together)
    assert np.allclose(maps.scores, maps.values[..., 0].mean((1, 2)), atol=1e-6)
    assert np.array_equal(slopes.values, Saliency()(model, X, unit).values)
    assert np.array_equal(cam.values, GradCAM(layer="one")(model, X, unit).values)


def test_a_call_of_a_layer_that_is_called_twice() -> None:
    conv = keras.layers.Conv2D(2, 3, padding="same", activation="tanh", name="conv")
    inputs = keras.Input((6, 5, 2))
    out = keras.layers.GlobalAveragePooling2D()(conv(conv(inputs)))
    model = keras.Model(inputs, out)
    for call, values in ((0, conv(X)), (1, conv(conv(X)))):
        found = Saliency()(model, X, Unit(f"conv@{call}", 1))
        assert np.allclose(found.scores, values.numpy()[..., 1].mean((1, 2)), atol=1e-6)
    with pytest.raises(LayerError, match="targets='conv': more than one: conv@0, conv@1"):
        Saliency()(model, X, Unit("conv", 1))


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        (Unit("none", 0), "targets='none': no such layer"),
        (Unit("two", 4), r"expected channel= a channel in 0..3; layer 'two' gives \[N, 4, 3, 4\]"),
        (Unit("two", 0, position=(4, 0)), r"expected position= a place in \[4, 3\]"),
        (Unit("hidden", 0, position=1), r"expected position= a place in \[\]"),
    ],
)
def test_units_that_are_not_there(unit: Unit, message: str) -> None:
    with pytest.raises(LayerError, match=message):
        Saliency()(cnn(), X, unit)


def test_while_training(tmp_path: Path) -> None:
    x, y = digits(24)
    model = small_cnn()
    callback = Explain(
        (x, y),
        explainers=[Saliency()],
        log_dir=tmp_path,
        targets=Unit("conv", 2),
        samples=2,
        on_error="raise",
    )
    model.fit(x, y, epochs=1, callbacks=[callback], verbose=0)
    run = read_run(tmp_path)
    rows = run.record("samples").rows
    expected = model.get_layer("conv")(x[rows]).numpy()[..., 2].mean((1, 2))
    found = [run.record(f"map/Saliency/input/{sample}") for sample in range(2)]
    assert np.allclose([record.score for record in found], expected, atol=1e-5)
    assert [record.target for record in found] == [-1, -1]
    content = run.content("map/Saliency/input/0")
    assert (content.unit, content.score_unit) == ("activation per unit of input", "activation")
    assert "channel 2 of conv, explained as activation" in run.record("samples").settings["target"]


def test_by_methods_with_passes_of_their_own() -> None:
    """A unit of a linear layer: noise changes no gradient, and hiding a pixel takes its product
    with the gradient away."""
    keras.utils.set_random_seed(1)
    conv = keras.layers.Conv2D(3, 3, name="conv")
    model = keras.Sequential([keras.Input((5, 5, 1)), conv, keras.layers.Flatten()])
    x, unit = np.random.default_rng(2).normal(size=(2, 5, 5, 1)).astype("float32"), Unit("conv", 1)
    slopes = Saliency()(model, x, unit)
    smooth = SmoothGrad(copies=3)(model, x, unit)
    hidden = Occlusion(window=1, stride=1)(model, x, unit)
    assert np.allclose(smooth.values, slopes.values, atol=1e-6)
    assert np.allclose(hidden.values, (x * slopes.values)[..., 0], atol=1e-5)
    assert np.abs(slopes.values).max() > 0.01
