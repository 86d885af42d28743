"""Finding layers and reading their outputs in any model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfexplain.model import tap
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.layer_calls import LayerError, worth_a_map
from tfexplain.model.outputs import choose_output

LIBRARIES = [keras, tf_keras]


def nested(library: Any) -> Any:
    layers = library.layers
    backbone = library.Sequential(
        [
            layers.Input((16, 16, 3)),
            layers.Rescaling(2.0, name="scaled"),
            layers.Conv2D(4, 3, name="stem"),
            layers.Dropout(0.1),
            layers.Conv2D(5, 3, name="body"),
        ],
        name="backbone",
    )
    head = layers.Dense(3, activation="softmax", name="head")
    return library.Sequential(
        [
            layers.Input((16, 16, 3)),
            layers.RandomFlip(),
            backbone,
            layers.GlobalMaxPooling2D(),
            head,
        ]
    )


def traced(model: Any, shape: tuple[int, ...] = (16, 16, 3)) -> KerasModel:
    return KerasModel(model, np.zeros((1, *shape), np.float32))


@pytest.mark.parametrize("library", LIBRARIES)
def test_paths_and_shapes_of_a_nested_model(library: Any) -> None:
    calls = {s.path: s for s in traced(nested(library)).layer_calls}
    assert calls["backbone/stem"].shape == (14, 14, 4)
    assert calls["backbone/body"].channels == 5
    assert calls["backbone"].container
    assert calls["head"].shape == (3,)
    assert not calls["backbone/scaled"].after_weights
    assert [s.path for s in worth_a_map(list(calls.values()))] == [
        "backbone/stem",
        "backbone/body",
    ]


@pytest.mark.parametrize("library", LIBRARIES)
def test_tapped_outputs_are_the_real_ones_and_nothing_is_left(library: Any) -> None:
    model = nested(library)
    x = tf.random.stateless_normal((2, 16, 16, 3), (1, 2))
    found = tap.layers_by_path(model)
    before = {path: dict(vars(layer)) for path, layer in found.items()}

    @tf.function
    def run(inputs: Any) -> Any:
        seen = {}
        with tap.tap(found, lambda path, tensor: seen.update({path: tensor})):
            return model(inputs, training=False), seen

    outputs, seen = run(x)
    assert np.array_equal(outputs, model(x, training=False))
    stem, body = found["backbone/stem"], found["backbone/body"]
    assert np.allclose(seen["backbone/stem"], stem(2 * x), atol=1e-6)
    assert np.allclose(seen["backbone/body"], body(stem(2 * x)), atol=1e-6)
    assert all("call" not in vars(layer) for layer in found.values())
    assert {p: set(vars(layer)) for p, layer in found.items()} == {
        p: set(v) for p, v in before.items()
    }


def test_a_tap_is_taken_away_when_the_pass_fails() -> None:
    layer = keras.layers.Dense(2)

    def fail() -> None:
        with tap.tap({"dense": layer}, lambda path, tensor: None):
            assert "call" in vars(layer)
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        fail()
    assert "call" not in vars(layer)


def test_a_call_of_the_users_own_on_the_instance_comes_back() -> None:
    layer = keras.layers.Dense(2)
    own = layer.call
    object.__setattr__(layer, "call", own)
    with tap.tap({"dense": layer}, lambda path, tensor: None):
        pass
    assert vars(layer)["call"] is own


def test_a_shared_layer_is_addressed_by_call() -> None:
    inputs = keras.Input((8, 8, 2))
    shared = keras.layers.Conv2D(2, 3, padding="same", name="shared")
    outputs = keras.layers.Dense(1)(keras.layers.Flatten()(shared(shared(inputs))))
    opened = traced(keras.Model(inputs, outputs), (8, 8, 2))
    assert {"shared@0", "shared@1"} <= {s.path for s in opened.layer_calls}
    assert opened.last_spatial_call(choose_output(opened.model_outputs, None)).path == "shared@1"
    with pytest.raises(LayerError, match="more than one: shared@0, shared@1"):
        opened.spatial_call("shared")


def test_the_end_of_a_path_is_enough_where_it_is_unambiguous() -> None:
    opened = traced(nested(keras))
    assert opened.spatial_call("stem").path == "backbone/stem"
    with pytest.raises(LayerError, match=r"layer='tem': no such layer\. .*: backbone/stem, "):
        opened.spatial_call("tem")


def test_layers_of_one_name_are_told_apart() -> None:
    class Twins(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.one = keras.layers.Conv2D(2, 3, name="conv")
            self.two = keras.layers.Conv2D(2, 3, name="conv")

        def call(self, inputs: Any) -> Any:
            return self.two(self.one(inputs))

    model = Twins()
    model(np.zeros((1, 8, 8, 1)))
    assert [s.path for s in traced(model, (8, 8, 1)).layer_calls] == ["conv", "conv#2"]


def test_models_without_layers_say_so() -> None:
    class Bare(keras.Model):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return keras.ops.mean(inputs, axis=(1, 2))

    model = Bare()
    model(np.zeros((1, 8, 8, 1)))
    with pytest.raises(LayerError, match="No layer of this model is called as a Keras layer"):
        traced(model, (8, 8, 1)).spatial_calls()


def test_cells_inside_recurrent_loops_are_not_offered() -> None:
    recurrent = keras.layers.RNN(keras.layers.LSTMCell(4, name="cell"), name="loop")
    model = keras.Sequential([keras.Input((5, 3)), recurrent, keras.layers.Dense(1, name="head")])
    assert "loop/cell" in tap.layers_by_path(model)
    assert [s.path for s in traced(model, (5, 3)).layer_calls] == ["loop", "head"]


def test_inputs_a_layer_depends_on() -> None:
    left, right = keras.Input((8, 8, 1)), keras.Input((8, 8, 1))
    one, two = keras.layers.Conv2D(2, 3, name="one"), keras.layers.Conv2D(2, 3, name="two")
    both = keras.layers.Add(name="both")([one(left), two(right)])
    opened = KerasModel(keras.Model([left, right], both), [np.zeros((1, 8, 8, 1), np.float32)] * 2)
    assert {s.path: s.inputs for s in opened.layer_calls} == {
        "one": (0,),
        "two": (1,),
        "both": (0, 1),
    }


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_first_layer_worth_choosing_is_the_first_that_learns(library: Any) -> None:
    layers = library.layers
    conv = layers.Conv2D(2, 3, name="conv")
    conv.trainable = False
    first = layers.Normalization(mean=0.5, variance=2.0)
    model = library.Sequential([layers.Input((8, 8, 1)), first, layers.ReLU(), conv])
    assert [s.path for s in worth_a_map(traced(model, (8, 8, 1)).layer_calls)] == ["conv"]


def test_channels_first_is_inherited_by_layers_without_a_format() -> None:
    model = keras.Sequential(
        [
            keras.Input((3, 8, 6)),
            keras.layers.Conv2D(4, 3, padding="same", data_format="channels_first"),
            keras.layers.ReLU(name="relu"),
        ]
    )
    call = traced(model, (3, 8, 6)).spatial_call("relu")
    assert (str(call.grid), call.channels) == ("8 x 6", 4)
