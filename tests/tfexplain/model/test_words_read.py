"""Which words the positions of a layer read: by hand, and by what changes with a word."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from keras import layers

from tfexplain.model.keras_model import KerasModel
from tfexplain.model.line_rules import ALL, RULES

WORDS = 13


def _model(*above, inputs=None):
    inputs = inputs or keras.Input((WORDS,), dtype="int32")
    x = layers.Embedding(3, 4, embeddings_initializer=_sizes)(inputs)
    for layer in above:
        x = layer(x)
    return keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling1D()(x)))


def _sizes(shape, dtype=None):
    """Vectors of 0.5 for word 0 and 1, and much larger ones for word 2."""
    return tf.constant(np.full(shape, 0.5) * [[1], [1], [1000]], dtype)


def _conv(*args, **options):
    return layers.Conv1D(*args, kernel_initializer="ones", **options)


def _read(model, at=-1):
    traced = KerasModel(model, np.zeros((2, WORDS), "int32"))
    calls = [call for call in traced.layer_calls if call.words is not None]
    return calls[at].words


BY_HAND = {
    "valid": ([_conv(4, 3)], 1, (0, 1, 2)),
    "same": ([_conv(4, 3, padding="same")], 1, (-1, 0, 1)),
    "same, even": ([_conv(4, 4, padding="same")], 1, (-1, 0, 1, 2)),
    "causal": ([_conv(4, 3, padding="causal")], 1, (-2, -1, 0)),
    "stride": ([_conv(4, 3, strides=2)], 2, (0, 1, 2)),
    "dilation": ([_conv(4, 3, dilation_rate=2)], 1, (0, 2, 4)),
    "dilation, same": ([_conv(4, 3, dilation_rate=2, padding="same")], 1, (-2, 0, 2)),
    "dilation, causal": ([_conv(4, 3, dilation_rate=2, padding="causal")], 1, (-4, -2, 0)),
    # Of 12 pairs of neighbours: 6 means, and of these 5 pairs.
    "two convolutions and pooling": (
        [_conv(4, 2), layers.MaxPooling1D(2), _conv(4, 2)],
        2,
        (0, 1, 2, 3, 4),
    ),
    "embedding alone": ([layers.Dropout(0.1)], 1, (0,)),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_words_by_hand(case):
    above, step, offsets = BY_HAND[case]
    found = _read(_model(*[layer.__class__.from_config(layer.get_config()) for layer in above]))
    assert (found.step, found.offsets, found.why) == (step, offsets, "")


def _plain():
    return [
        _conv(4, 3, strides=2, padding="same"),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.AveragePooling1D(2, strides=1, padding="same"),
    ]


BY_CHANGE = {
    "strides and same": _plain,
    "separable": lambda: [
        layers.SeparableConv1D(
            4, 3, dilation_rate=2, padding="same", **dict.fromkeys(_KERNELS, "ones")
        )
    ],
    "depthwise": lambda: [layers.DepthwiseConv1D(3, 2, depthwise_initializer="ones")],
    "rims": lambda: [layers.ZeroPadding1D((2, 1)), _conv(4, 2), layers.Cropping1D((1, 0))],
    "dense by position": lambda: [
        layers.Dense(5, "gelu", kernel_initializer="ones"),
        layers.EinsumDense("abc,cd->abd", output_shape=(None, 4), kernel_initializer="ones"),
        _conv(4, 2),
        layers.Activation("silu"),
    ],
    "nested": lambda: [keras.Sequential([_conv(4, 3), layers.MaxPooling1D(3)], name="inner")],
    "branches": lambda: [_Branches()],
}
_KERNELS = ("depthwise_initializer", "pointwise_initializer")


class _Branches(keras.layers.Layer):
    """Two convolutions side by side, and what they read beside them."""

    def __init__(self):
        super().__init__()
        self.narrow = _conv(2, 1, padding="same")
        self.wide = _conv(2, 3, dilation_rate=3, padding="same")

    def call(self, x):
        both = keras.ops.concatenate([self.narrow(x), self.wide(x)], axis=-1)
        return keras.ops.transpose(keras.ops.transpose(both, [0, 2, 1]), [0, 2, 1]) + x[:, :, :4]


@pytest.mark.parametrize("case", BY_CHANGE)
def test_words_are_those_whose_change_is_seen(case):
    model = _model(*BY_CHANGE[case]())
    found = _read(model)
    traced = KerasModel(model, np.zeros((2, WORDS), "int32"))
    call = [call for call in traced.layer_calls if call.words is not None][-1]
    ids = np.zeros((WORDS + 1, WORDS), "int32")
    ids[np.arange(WORDS) + 1, np.arange(WORDS)] = 2

    @tf.function
    def run(rows):
        return traced.forward(rows, {call.path})[1][call.path]

    values = run(tf.constant(ids)).numpy()
    changed = np.any(values[1:] != values[:1], axis=-1)  # [words, positions]
    told = np.zeros_like(changed)
    for position in range(changed.shape[1]):
        for offset in found.offsets:
            if 0 <= position * found.step + offset < WORDS:
                told[position * found.step + offset, position] = True
    assert found.why == ""
    np.testing.assert_array_equal(told, changed)


class _Attention(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.attention = layers.MultiHeadAttention(1, 4)

    def call(self, x):
        return x + self.attention(x, x)


@pytest.mark.parametrize(
    "above",
    [
        lambda: [layers.LSTM(4, return_sequences=True)],
        lambda: [layers.Bidirectional(layers.GRU(4, return_sequences=True))],
        lambda: [_Attention(), layers.Dense(3)],
        lambda: [_conv(3, 2 * WORDS, padding="same")],
        lambda: [layers.Lambda(lambda x: x - keras.ops.mean(x, axis=1, keepdims=True))],
    ],
)
def test_layers_that_read_everything_say_so(above):
    assert _read(_model(*above())).why == ALL


def test_an_unknown_operation_is_named():
    found = _read(_model(layers.UpSampling1D(2)))
    assert found.offsets == ()
    assert "operation" in found.why


def test_a_rule_that_fails_leaves_the_model_to_be_explained(monkeypatch):
    def fails(op, lines):
        raise ValueError("no attribute")

    monkeypatch.setitem(RULES, "Conv2D", fails)
    assert "operation Conv2D" in _read(_model(_conv(4, 3))).why


def test_models_of_tf_keras():
    inputs = tf_keras.Input((WORDS,), dtype="int32")
    x = tf_keras.layers.Embedding(3, 4)(inputs)
    x = tf_keras.layers.Conv1D(4, 3, dilation_rate=2, padding="causal")(x)
    x = tf_keras.layers.Dense(4)(tf_keras.layers.MaxPool1D(2)(x))
    model = tf_keras.Model(inputs, tf_keras.layers.Dense(2)(tf_keras.layers.GlobalMaxPool1D()(x)))
    found = _read(model)
    assert (found.step, found.offsets) == (2, (-4, -3, -2, -1, 0, 1))


def test_texts_split_in_the_model():
    split = layers.TextVectorization(output_sequence_length=WORDS, vocabulary=["good", "bad"])
    inputs = keras.Input((1,), dtype="string")
    x = layers.Embedding(4, 4)(split(inputs))
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalMaxPooling1D()(_conv(4, 3)(x))))
    traced = KerasModel(model, tf.constant([["good bad"], ["bad"]]))
    assert [call.words.offsets for call in traced.layer_calls if call.words][-1] == (0, 1, 2)


def test_layers_without_words_before_them_say_nothing():
    model = keras.Sequential([keras.Input((9, 2)), layers.Conv1D(3, 3)])
    traced = KerasModel(model, np.zeros((2, 9, 2), "float32"))
    assert [call.words for call in traced.layer_calls] == [None]
