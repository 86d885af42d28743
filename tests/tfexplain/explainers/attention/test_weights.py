"""Attention weights against softmax(Q K^T / sqrt d) from the layers' own weights."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support import transformers
from support.attention import TOKENS, WIDTH, tokens, weights_by_hand

from tfexplain import Attention, GradCAM
from tfexplain.explainers.run import explanations
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.layer_calls import LayerError

LIBRARIES = pytest.mark.parametrize("library", [keras, tf_keras])


def block(library: Any, layer: Any, **call: Any) -> Any:
    inputs = library.layers.Input((TOKENS, WIDTH))
    return library.Model(inputs, library.layers.GlobalAveragePooling1D()(layer(inputs, **call)))


@LIBRARIES
@pytest.mark.parametrize("make", [transformers.class_token, transformers.registers])
def test_every_layer_of_a_vit(library: Any, make: Any) -> None:
    kind = make(library)
    found = Attention()(kind.model, kind.inputs, 1)
    assert list(found) == ["attend_0", "attend_1"]
    for i, name in enumerate(found):
        layer, one = kind.model.get_layer(name), found[name]
        norm = kind.model.get_layer(f"norm1_{i}")
        x = library.Model(kind.model.inputs, norm.output)([kind.inputs]).numpy()
        np.testing.assert_allclose(one.values, weights_by_hand(layer, x, x), atol=1e-5)
        assert one.values.dtype == np.float32
        assert (one.kind, one.unit, one.layer) == ("matrix", "share of attention", name)
        np.testing.assert_array_equal(one.attention_heads, [0, 1])
    logits = kind.model(kind.inputs)
    np.testing.assert_allclose(found["attend_0"].scores, logits[:, 1], rtol=1e-5)


@LIBRARIES
def test_cross_attention_and_chosen_heads(library: Any) -> None:
    query, key = library.layers.Input((3, WIDTH)), library.layers.Input((TOKENS, WIDTH))
    layer = library.layers.MultiHeadAttention(4, 2, name="cross")
    model = library.Model([query, key], library.layers.Flatten()(layer(query, key)))
    x = [tokens(length=3), tokens()]
    one = Attention(attention_heads=[3, 1])(model, x, 0)["cross"]
    np.testing.assert_allclose(one.values, weights_by_hand(layer, *x)[:, [3, 1]], atol=1e-5)
    np.testing.assert_array_equal(one.attention_heads, [3, 1])
    assert one.attention_heads is not None
    assert one.attention_heads.dtype == np.int32
    with pytest.raises(LayerError, match=r"attention_heads=\[4\]: expected numbers in 0..3 for"):
        Attention(attention_heads=[4])(model, x, 0)


@LIBRARIES
def test_a_shared_layer_is_addressed_by_call(library: Any) -> None:
    layer = library.layers.MultiHeadAttention(2, 3, name="attend")
    inputs = library.layers.Input((TOKENS, WIDTH))
    between = layer(inputs, inputs)
    model = library.Model(inputs, library.layers.Flatten()(layer(between, between)))
    x = tokens()
    second = Attention(layer=["attend@1"])(model, x, 0)["attend@1"]
    middle = layer(x, x).numpy()
    np.testing.assert_allclose(second.values, weights_by_hand(layer, middle, middle), atol=1e-5)
    with pytest.raises(LayerError, match="more than one: attend@0, attend@1"):
        Attention(layer=["attend"])(model, x, 0)


@LIBRARIES
def test_subclassed_nested_and_returning_its_scores(library: Any) -> None:
    class Block(library.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="block")
            self.attend = library.layers.MultiHeadAttention(2, 3, name="attend")

        def call(self, x: Any) -> Any:
            values, scores = self.attend(x, x, return_attention_scores=True)
            return values + tf.reduce_sum(scores)

    class Model(library.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.block = Block()

        def call(self, x: Any) -> Any:
            return tf.reduce_mean(self.block(x), 1)

    model, x = Model(), tokens()
    model(x)
    found = Attention()(model, x, 0)
    expected = weights_by_hand(model.block.attend, x, x)
    np.testing.assert_allclose(found["block/attend"].values, expected, atol=1e-5)


@LIBRARIES
def test_padding_is_not_attended_to(library: Any) -> None:
    layers = library.layers
    layer = layers.MultiHeadAttention(2, 3, name="attend")
    words = layers.Input((6,), dtype="int32")
    embedded = layers.Embedding(9, WIDTH, mask_zero=True, name="words")(words)
    pooled = layers.GlobalAveragePooling1D()(layer(embedded, embedded))
    model = library.Model(words, layers.Dense(2)(pooled))
    ids = np.array([[3, 4, 5, 6, 7, 8], [1, 2, 3, 0, 0, 0]], np.int32)
    values = Attention()(model, ids, 0)["attend"].values
    table = model.get_layer("words").get_weights()[0][ids]
    expected = weights_by_hand(layer, table, table, (ids > 0)[:, None, None])
    np.testing.assert_allclose(values[0], expected[0], atol=1e-5)
    np.testing.assert_allclose(values[1, :, :3], expected[1, :, :3], atol=1e-5)


def test_positions_on_several_axes_are_one_row_of_tokens() -> None:
    layer = keras.layers.MultiHeadAttention(2, 3, name="attend")
    inputs = keras.Input((2, 3, WIDTH))
    pooled = keras.layers.GlobalAveragePooling2D()(layer(inputs, inputs))
    x = tokens(length=6)
    values = Attention()(keras.Model(inputs, pooled), x.reshape(3, 2, 3, WIDTH))["attend"].values
    np.testing.assert_allclose(values, weights_by_hand(layer, x, x), atol=1e-5)


def test_attention_along_one_of_two_axes_has_no_matrix() -> None:
    layer = keras.layers.MultiHeadAttention(2, 3, attention_axes=(2,), name="axial")
    inputs = keras.Input((2, 3, WIDTH))
    pooled = keras.layers.GlobalAveragePooling2D()(layer(inputs, inputs))
    model = keras.Model(inputs, pooled)
    with pytest.raises(LayerError, match="'axial': it attends within parts of each sample"):
        Attention()(model, np.zeros((1, 2, 3, WIDTH), "f4"))


def test_attention_on_parts_of_samples_is_refused() -> None:
    inputs = keras.Input((4, WIDTH))
    windows = keras.layers.Lambda(lambda x: tf.reshape(x, [-1, 2, WIDTH]))(inputs)
    mixed = keras.layers.MultiHeadAttention(2, 3, name="window")(windows, windows)
    whole = keras.layers.Lambda(lambda x: tf.reshape(x, [-1, 4, WIDTH]))(mixed)
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(whole))
    with pytest.raises(LayerError, match="'window': expected attention with one row for each of 3"):
        Attention()(model, tokens(length=4))


def test_models_without_attention_say_so() -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(LayerError, match="no layer of this model adds up values by attention"):
        Attention()(model, np.zeros((1, 4), "f4"))
    for layer in ("attend", ["attend"]):
        with pytest.raises(LayerError, match=r"layer='attend': no such layer\. no layer of this"):
            Attention(layer=layer)(model, np.zeros((1, 4), "f4"))
    with pytest.raises(ValueError, match="attention_heads="):
        Attention(attention_heads=[1, 1])


def test_one_pass_is_shared_and_nothing_is_traced_again() -> None:
    """Beside attention Grad-CAM is the same to the bit, and a second epoch compiles nothing."""
    kind = transformers.class_token(keras)
    traced_model = KerasModel(kind.model, kind.inputs)
    beside = explanations(
        kind.model, [Attention(), GradCAM()], kind.inputs, 1, traced_model=traced_model
    )
    assert traced_model.traces == 1
    alone = GradCAM()(kind.model, kind.inputs, 1)
    (cam,) = beside[1].attributions.values()
    np.testing.assert_array_equal(cam.values, alone.values)
    kind.model.get_layer("attend_0").set_weights(
        [2 * weights for weights in kind.model.get_layer("attend_0").get_weights()]
    )
    again = explanations(
        kind.model, [Attention(), GradCAM()], kind.inputs, 1, traced_model=traced_model
    )
    assert traced_model.traces == 1
    ours = [found[0].attributions["attend_0"].values for found in (beside, again)]
    assert not np.allclose(*ours, atol=1e-3)
    parts = explanations(kind.model, [Attention()], kind.inputs, 1, batch_size=1)
    np.testing.assert_allclose(parts[0].attributions["attend_0"].values, ours[1], atol=1e-6)
