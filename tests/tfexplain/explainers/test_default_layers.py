"""Which layer stands for what is explained where nobody names one."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support import transformers

from tfexplain import FeatureMaps, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, ScoreCAM, Unit
from tfexplain.explainers.choosing import fitting
from tfexplain.model.call_batch import as_batch
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.layer_calls import LayerError
from tfexplain.model.targets import logits
from tfexplain.model.trace_model import trace_model

LIBRARIES = pytest.mark.parametrize("library", [keras, tf_keras])


def region(outputs: Any, label: int = 1) -> Any:
    """As `docs/targets.md` has it."""
    own = tf.cast(tf.argmax(outputs, axis=-1) == label, tf.float32)
    total = tf.reduce_sum(own * logits(outputs)[..., label], axis=(1, 2))
    return total / tf.maximum(tf.reduce_sum(own, axis=(1, 2)), 1.0)


def conv(library: Any, filters: int, name: str, size: int = 3, **options: Any) -> Any:
    options = {"padding": "same", "activation": "relu", "name": name} | options
    return library.layers.Conv2D(filters, size, **options)


def u_net(library: Any, *after: Any) -> tuple[Any, Any]:
    layers = library.layers
    inputs = layers.Input((8, 8, 1))
    left = conv(library, 3, "left")(inputs)
    low = conv(library, 4, "low")(layers.MaxPooling2D()(left))
    up = layers.Conv2DTranspose(3, 2, strides=2, name="up")(low)
    right = conv(library, 3, "right")(layers.Concatenate()([left, up]))
    x = conv(library, 2, "out", 1, activation=None)(right)
    for layer in after:
        x = layer(x)
    return library.Model(inputs, x), images(8)


def images(side: int) -> Any:
    return np.random.default_rng(0).normal(size=(2, side, side, 1)).astype("float32")


@LIBRARIES
def test_segmentation_is_explained_before_its_output(library: Any) -> None:
    """Whatever passes the output on: softmax, resizing, transposing, reshaping."""
    layers = library.layers
    behind = [
        [layers.Softmax()],
        [layers.UpSampling2D(2, interpolation="bilinear"), layers.Activation("softmax")],
        [layers.Permute((2, 1, 3)), layers.BatchNormalization(), layers.Dropout(0.5)],
        [layers.Reshape((64, 2)), layers.Softmax(), layers.Reshape((8, 8, 2))],
    ]
    for after in behind:
        model, x = u_net(library, *after)
        found = GradCAM(relu=False)(model, x, region)
        assert found.layer == "right", after
        maps = FeatureMaps()(model, x)
        assert "out" not in maps
        assert list(maps)[-1] == "right"
        assert [e.name for e in fitting(trace_model(model, as_batch(x)))][:2] == [
            "FeatureMaps",
            "GradCAM",
        ]


def test_the_map_of_a_region_is_written_out() -> None:
    """The documented function, by defaults, against a tape of our own."""
    keras.utils.set_random_seed(0)
    model, x = u_net(keras, keras.layers.Softmax())
    inner = keras.Model(model.inputs, [model.get_layer("right").output, model.output])
    with tf.GradientTape() as tape:
        activation, outputs = inner(tf.constant(x))
        score = tf.reduce_sum(region(outputs))
    weights = tape.gradient(score, activation).numpy().mean((1, 2))
    assert np.abs(weights).max() > 1e-4
    expected = np.einsum("nhwc,nc->nhw", activation.numpy(), weights)
    found = GradCAM(relu=False)(model, x, region)
    np.testing.assert_allclose(found.values, expected, atol=1e-6)


@pytest.mark.parametrize("method", [GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, ScoreCAM])
def test_the_layer_belongs_to_what_is_explained(method: Any) -> None:
    """Two heads behind one trunk, and functions, numbers and units that read one or both."""
    inputs = keras.Input((12, 12, 1))
    trunk = conv(keras, 4, "trunk")(inputs)
    heads = {}
    for name, units in (("box", 4), ("cls", 3)):
        mean = keras.layers.GlobalAveragePooling2D()(conv(keras, 4, f"{name}_conv")(trunk))
        heads[name] = keras.layers.Dense(units, name=name)(mean)
    model, x = keras.Model(inputs, heads), images(12)

    def explained(targets: Any, **options: Any) -> str:
        return str(method(**options)(model, x, targets).layer)

    assert explained(lambda outputs: outputs["cls"][:, 1]) == "cls_conv"
    assert explained(lambda outputs: outputs["box"][:, 1]) == "box_conv"
    assert explained(1, output="cls") == "cls_conv"
    assert explained(1, output="box") == "box_conv"
    if method is GradCAM:
        both = explained(lambda outputs: outputs["cls"][:, 1] + outputs["box"][:, 0])
        assert both in ("box_conv", "cls_conv")
        assert explained(Unit("cls_conv", 0)) == "trunk"
        stopped = lambda o: o["box"][:, 0] + tf.stop_gradient(o["cls"][:, 1])  # noqa: E731
        assert explained(stopped) == "box_conv"


def test_detection_reads_the_features_before_each_head() -> None:
    inputs = keras.Input((16, 16, 1))
    x = conv(keras, 4, "features", strides=2)(inputs)
    cls = keras.layers.Reshape((64, 3))(conv(keras, 3, "cls_out", activation="sigmoid")(x))
    inner = conv(keras, 4, "box_conv")(x)
    box = keras.layers.Reshape((64, 4))(conv(keras, 4, "box_out", activation=None)(inner))
    model = keras.Model(inputs, {"boxes": box, "classes": cls})
    best = GradCAM()(model, images(16), lambda o: tf.reduce_max(logits(o["classes"])[..., 0], 1))
    assert best.layer == "features"
    width = GradCAM()(model, images(16), lambda o: tf.reduce_mean(o["boxes"][..., 2], 1))
    assert width.layer == "box_conv"


@LIBRARIES
def test_tagging_and_forecasting(library: Any) -> None:
    layers = library.layers
    model = library.Sequential(
        [
            layers.Input((6, 2)),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both"),
            layers.TimeDistributed(layers.Dense(4, activation="softmax"), name="tags"),
        ]
    )
    x = np.random.default_rng(1).normal(size=(2, 6, 2)).astype("float32")
    assert GradCAM()(model, x, lambda outputs: outputs[:, 3, 1]).layer == "both"
    causal = layers.Conv1D(3, 3, padding="causal", name="causal")
    model = library.Sequential([layers.Input((6, 2)), causal, layers.Dense(1, name="next")])
    assert GradCAM()(model, x, lambda outputs: outputs[:, -1, 0]).layer == "causal"


@pytest.mark.parametrize(
    "pool",
    [
        [keras.layers.GlobalAveragePooling2D()],
        [keras.layers.GlobalMaxPooling2D(), keras.layers.Softmax()],
        [keras.layers.MaxPooling2D(8), keras.layers.Flatten()],
    ],
)
def test_maps_that_are_pooled_are_no_output(pool: list[Any]) -> None:
    """A fully convolutional classifier pools its own maps: they are what it has."""
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), conv(keras, 3, "conv"), conv(keras, 2, "maps"), *pool]
    )
    assert GradCAM()(model, images(8), 1).layer == "maps"


def test_a_function_of_a_class_token_is_read_in_front_of_the_last_attention() -> None:
    """Though another output reads all tokens."""
    kind = transformers.class_token(keras)
    mean = keras.layers.GlobalAveragePooling1D()(kind.model.get_layer("norm").output)
    model = keras.Model(kind.model.inputs, [keras.layers.Dense(2)(mean), kind.model.output])
    assert GradCAM()(model, kind.inputs, lambda outputs: outputs[1][:, 1]).layer == kind.default
    assert GradCAM()(model, kind.inputs, lambda outputs: outputs[0][:, 1]).layer == "norm"


def plain(*first: Any) -> Any:
    dense = keras.layers.Dense(3, activation="softmax")
    return keras.Sequential([keras.Input((28, 28)), *first, keras.layers.Flatten(), dense])


@pytest.mark.parametrize(
    "first",
    [
        [],
        [keras.layers.Rescaling(1 / 255, name="scale")],
        [keras.layers.Normalization(mean=0.5, variance=2.0)],
        [keras.layers.BatchNormalization(), keras.layers.LayerNormalization()],
        [keras.layers.Reshape((28, 28, 1)), keras.layers.Resizing(14, 14)],
        [keras.layers.Permute((2, 1)), keras.layers.Dropout(0.5)],
    ],
)
def test_what_prepares_the_input_has_no_evidence(first: list[Any]) -> None:
    """A network that is fed rows of pixels has no layer with positions, but its picture."""
    model, x = plain(*first), np.zeros((2, 28, 28), "float32")
    chosen = [explainer.name for explainer in fitting(KerasModel(model, as_batch(x)))]
    assert chosen == ["IntegratedGradients"]
    named = r"only prepare the input: .*scale" if first and first[0].name == "scale" else "layer"
    for method in (GradCAM, FeatureMaps):
        with pytest.raises(LayerError, match=named):
            method()(model, x)
    if named != "layer":
        assert GradCAM(layer="scale")(model, x, 1).values.shape == (2, 28)


def test_an_output_alone_is_refused_with_what_to_pass() -> None:
    model, x = keras.Sequential([keras.Input((8, 8, 1)), conv(keras, 2, "only")]), images(8)
    with pytest.raises(
        LayerError, match=r"no layer with positions, but for its own .*: only\. Pass"
    ):
        GradCAM()(model, x, region)
    assert [e.name for e in fitting(trace_model(model, as_batch(x)))] == ["IntegratedGradients"]
    assert GradCAM(layer="only")(model, x, region).values.shape == (2, 8, 8)
