"""Maps of all stages: which layers, from how many passes, and that they are those of each layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.golden import load
from support.transformers import no_class_token
from support.twin import gap_to

from tfexplain import GradCAM, HiResCAM, LayerCAM
from tfexplain.explainers.run import explanations
from tfexplain.model.call_batch import as_batch
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.layer_calls import LayerError
from tfexplain.model.trace_model import trace_model

layers = keras.layers
METHODS = [GradCAM, LayerCAM, HiResCAM]


def conv(filters: int, name: str, **options: Any) -> Any:
    settings = {"padding": "same", "activation": "relu", "name": name} | options
    return layers.Conv2D(filters, 3, **settings)


def residual() -> Any:
    """Blocks at three resolutions; those that halve it have a second way past their layers."""
    x = inputs = keras.Input((16, 16, 1))
    for i, filters in enumerate((4, 6, 8)):
        if i:
            short = layers.Conv2D(filters, 1, strides=2, name=f"short{i}")(x)
            x = conv(filters, f"wide{i}")(x)
            x = layers.Add(name=f"down{i}")([short, conv(filters, f"narrow{i}", strides=2)(x)])
        else:
            x = conv(filters, "stem")(x)
        x = layers.Add(name=f"sum{i}")([x, conv(filters, f"branch{i}")(x)])
    return keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))


def nested() -> Any:
    backbone = residual()
    inner = keras.Model(backbone.input, backbone.get_layer("sum2").output, name="backbone")
    parts = [keras.Input((16, 16, 1)), inner, layers.Flatten(), layers.Dense(3)]
    return keras.Sequential(parts)


def chain() -> Any:
    """Two resolutions only: a convolution is a stage, with what follows it at its resolution."""
    parts = [conv(4, "one", padding="valid"), layers.BatchNormalization(name="norm")]
    parts += [conv(4, "two"), layers.MaxPooling2D(name="pool"), conv(4, "three")]
    return keras.Sequential([keras.Input((16, 16, 1)), *parts, layers.Flatten(), layers.Dense(3)])


def deep() -> Any:
    parts = [conv(2, f"conv{i}") for i in range(20)]
    return keras.Sequential([keras.Input((16, 16, 1)), *parts, layers.Flatten(), layers.Dense(3)])


def images(model: Any) -> Any:
    return np.random.default_rng(0).random((3, *model.input_shape[1:]), np.float32)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (residual, ["sum0", "sum1", "sum2"]),
        (nested, ["backbone/sum0", "backbone/sum1", "backbone/sum2"]),
        (chain, ["norm", "two", "three"]),
        (deep, [f"conv{i}" for i in range(1, 20, 2)]),
    ],
)
def test_a_stage_is_a_resolution_or_what_follows_a_product(
    make: Callable[[], Any], expected: list[str]
) -> None:
    model = make()
    assert trace(model) == expected


def trace(model: Any) -> list[str]:
    opened = trace_model(model, as_batch(images(model)))
    return list(GradCAM("stages").plan(opened, 1).paths)


def test_blocks_of_a_transformer_are_its_sums() -> None:
    kind = no_class_token(keras)
    paths = GradCAM("stages").plan(KerasModel(kind.model, kind.inputs), 1).paths
    assert paths == ("flat", "add1_0", "add2_0", "add1_1", "norm")


def test_all_stages_share_one_forward_and_one_backward_pass() -> None:
    """Counted in the compiled graph, and equal to a pass of each layer by itself."""
    model = residual()
    x = images(model)
    opened = KerasModel(model, tf.constant(x))
    methods = [method("stages", relu=False) for method in METHODS]
    found = explanations(model, methods, x, 1, traced_model=opened)
    counted = Counter(op.type for f in opened.compiled.values() for op in f.graph.get_operations())
    assert len(opened.compiled) == 1
    assert counted["Conv2D"] == 10
    # Down to the output of the first stage: all but its own two, for `short` and `wide` read it.
    assert counted["Conv2DBackpropInput"] == 8
    for method, explanation in zip(METHODS, found, strict=True):
        assert list(explanation.attributions) == ["sum0", "sum1", "sum2"]
        for path, attribution in explanation.attributions.items():
            alone = method(path, relu=False)(model, x, 1)
            assert np.abs(alone.values).max() > 0
            np.testing.assert_allclose(attribution.values, alone.values, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("case", "stages"),
    [("plain_cnn", ["conv1", "conv2"]), ("nested_cnn", ["backbone/stem", "backbone/body_relu"])],
)
def test_stages_of_the_golden_cases(case: str, stages: list[str]) -> None:
    model, given, expected = load(case)
    found = GradCAM("stages")(model, given["x"], given["target"])
    assert list(found) == stages
    for path, attribution in found.items():
        assert gap_to(expected["grad_cam:" + path.replace("/", "__")], attribution.values) < 1e-5


def test_a_layer_dominates_where_no_gradient_passes_it_by() -> None:
    """Against the model itself: no gradient is left where the layer's output passes none on."""
    keras.utils.set_random_seed(0)
    model = residual()
    x = tf.constant(images(model))
    opened = KerasModel(model, x)
    left: dict[str, bool] = {}

    def without(batch: Any, path: str) -> None:
        outputs, _ = opened.forward(batch, {path}, lambda _, tensor: tf.stop_gradient(tensor))
        left[path] = tf.gradients(outputs, batch)[0] is not None

    for call in opened.layer_calls:
        tf.function(without, autograph=False).get_concrete_function(x, call.path)
    assert left == {call.path: not call.dominates for call in opened.layer_calls}


def test_one_call_names_each_stage() -> None:
    found = GradCAM("stages")(chain(), np.ones((2, 16, 16, 1), np.float32), 1)
    assert {path: a.values.shape for path, a in found.items()} == {
        "norm": (2, 14, 14),
        "two": (2, 14, 14),
        "three": (2, 7, 7),
    }


def test_a_layer_called_stages_is_named_in_a_list() -> None:
    parts = [conv(4, "stages"), conv(4, "last"), layers.Flatten(), layers.Dense(3)]
    model = keras.Sequential([keras.Input((8, 8, 1)), *parts])
    assert list(GradCAM(["stages"])(model, images(model), 1)) == ["stages"]
    assert trace(model) == ["stages", "last"]


def test_a_model_without_positions_has_no_stages() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    with pytest.raises(LayerError, match="layer='stages': No layer of this model has a spatial"):
        GradCAM("stages")(model, np.ones((2, 4), np.float32), 1)
    with pytest.raises(LayerError, match="layer='stages': a function"):
        GradCAM("stages")(lambda x: x, np.ones((2, 4), np.float32), 1)
