"""Rollout and gradient-weighted attention: closed forms, whole matrices, finite differences."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support import transformers
from support.attention import TOKENS, WIDTH, attend, tokens, weights_by_hand

from tfexplain import Attention, AttentionRollout, GradientAttention
from tfexplain.explainers.run import explanations
from tfexplain.model.attention_tap import Weights, weights_tap
from tfexplain.model.layer_calls import LayerError
from tfexplain.model.tap import layers_by_path

PLACES = transformers.GRID[0] * transformers.GRID[1]
# A model, the tokens in front of its patches, and whose rows its output reads.
VITS = {
    "class_token": (transformers.class_token, 1, slice(0, 1)),
    "registers": (transformers.registers, 5, slice(0, 1)),
    "registers_behind": (transformers.registers_behind, 0, slice(None)),
}


def pooled(*layers: Any, library: Any = keras, **call: Any) -> Any:
    """A model of residual attention layers, with mean and scores behind."""
    x = inputs = library.layers.Input((TOKENS, WIDTH))
    for layer in layers:
        x = library.layers.Add()([x, layer(x, x, **call)])
    x = library.layers.GlobalAveragePooling1D()(x)
    return library.Model(inputs, library.layers.Dense(3, name="top")(x))


def mha(index: int = 0, library: Any = keras, **options: Any) -> Any:
    return library.layers.MultiHeadAttention(2, 3, name=f"attend_{index}", **options)


@pytest.mark.parametrize(
    ("library", "name"),
    [(tf_keras, "class_token"), (keras, "registers"), (keras, "registers_behind")],
)
def test_rollout_and_gradients_of_a_vit_are_products_of_whole_matrices(
    library: Any, name: str
) -> None:
    make, before, rows = VITS[name]
    kind = make(library)
    methods = [Attention(), AttentionRollout(), GradientAttention()]
    shown, rollout, relevances = (
        found.attributions for found in explanations(kind.model, methods, kind.inputs, 2)
    )
    weights = [one.values for one in shown.values()]
    slopes = gradients(kind.model, kind.inputs, 2)
    count, _, length, _ = weights[0].shape
    rolled, relevance = (np.broadcast_to(np.eye(length), (count, length, length)) for _ in "ab")
    for layer, slope in zip(weights, slopes, strict=True):
        rolled = (layer.mean(axis=1) + np.eye(length)) / 2 @ rolled
        relevance = relevance + np.maximum(layer * slope, 0).mean(axis=1) @ relevance

    def placed(matrix: Any) -> Any:
        row = matrix[:, rows].mean(axis=1)
        return row[:, before : before + PLACES].reshape(-1, *transformers.GRID)

    found = rollout["attend_0"]
    np.testing.assert_allclose(found.values, placed(rolled), rtol=1e-4)
    assert (found.kind, found.layer, found.signed) == ("map", "attend_0", False)
    found = relevances["attend_0"]
    expected = placed(relevance - np.eye(length))
    assert expected.max() > 0
    np.testing.assert_allclose(found.values, expected, rtol=1e-3, atol=1e-5 * expected.max())
    np.testing.assert_allclose(found.scores, kind.model(kind.inputs)[:, 2], rtol=1e-5)


def gradients(model: Any, x: Any, target: int) -> list[Any]:
    """d score / d weights of each attention layer, by a tape of our own."""

    @tf.function(autograph=False)
    def run(inputs: Any) -> Any:
        seen: list[Any] = []

        def watch(_: str, weights: Weights) -> None:
            tape.watch(weights.values)
            seen.append(weights.values)

        watched = weights_tap(layers_by_path(model), watch, innermost=True)
        with tf.GradientTape(watch_accessed_variables=False) as tape, watched:
            total = tf.reduce_sum(model(inputs, training=False)[:, target])
        return tape.gradient(total, seen)

    return [slope.numpy() for slope in run(tf.constant(x))]


def test_gradient_attention_by_finite_differences() -> None:
    """One layer, mean over tokens: A[i, j] = mean over heads of relu(weight * d score / d weight),
    the slope found by moving that very weight."""
    layer = mha()
    model, x, step = pooled(layer), tokens(count=1), 1e-2
    weights = weights_by_hand(layer, x, x).astype("f4")

    @tf.function(autograph=False)
    def scores(values: Any) -> Any:
        with weights_tap({"attend_0": layer}, lambda *_: values):
            return model(tf.repeat(x, tf.shape(values)[0], axis=0), training=False)[:, 1]

    moves = step * np.eye(weights.size, dtype="f4").reshape(-1, *weights.shape[1:])
    slopes = (scores(weights + moves) - scores(weights - moves)).numpy() / (2 * step)
    shares = np.maximum(weights * slopes.reshape(weights.shape), 0).mean(axis=1)
    found = GradientAttention()(model, x, 1).values
    assert found.max() > 1e-3
    np.testing.assert_allclose(found, shares.mean(axis=1), atol=2e-2 * found.max())


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_uniform_attention_rolls_out_uniformly(library: Any) -> None:
    layers = [mha(i, library) for i in range(3)]
    model = pooled(*layers, library=library)
    for layer in layers:
        layer._query_dense.set_weights([0 * w for w in layer._query_dense.get_weights()])
    x = tokens()
    np.testing.assert_allclose(AttentionRollout()(model, x).values, 1 / TOKENS, rtol=1e-6)
    row = AttentionRollout(token=2)(model, x).values
    expected = (1 - 1 / 8) / TOKENS + np.eye(TOKENS)[2] / 8  # three times half of it stays
    np.testing.assert_allclose(row, np.broadcast_to(expected, row.shape), rtol=1e-6)


def test_identity_attention_rolls_out_to_the_token_itself() -> None:
    model = pooled(mha(0), mha(1), attention_mask=np.eye(TOKENS, dtype=bool)[None])
    values = AttentionRollout(token=-2)(model, tokens()).values
    np.testing.assert_array_equal(values, np.broadcast_to(np.eye(TOKENS)[-2], values.shape))


@pytest.mark.parametrize("heads_by", ["mean", "max", "min"])
def test_one_layer_is_that_layers_row(heads_by: Any) -> None:
    layer = mha()
    model, x = pooled(layer), tokens()
    fused = getattr(weights_by_hand(layer, x, x), heads_by)(axis=1) + np.eye(TOKENS)
    expected = (fused / fused.sum(axis=2, keepdims=True))[:, 3]
    found = AttentionRollout(token=3, heads_by=heads_by)(model, x).values
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_chosen_layers_only() -> None:
    layers = [mha(0), mha(1)]
    model, x = pooled(*layers), tokens()
    expected = (weights_by_hand(layers[0], x, x).mean(axis=1).mean(axis=1) + 1 / TOKENS) / 2
    found = AttentionRollout(layer=["attend_0"])(model, x).values
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def text(library: Any, *, last: bool) -> Any:
    layers = library.layers
    words = layers.Input((6,), dtype="int32", name="words")
    x = layers.Embedding(9, WIDTH, mask_zero=not last, name="table")(words)
    x = mha(0, library)(x, x, use_causal_mask=last)
    x = x[:, -1] if last else layers.GlobalAveragePooling1D()(x)
    return library.Model(words, layers.Dense(3)(x))


@pytest.mark.parametrize("library", [keras, tf_keras])
@pytest.mark.parametrize("method", [AttentionRollout, GradientAttention])
def test_words_are_explained_at_their_input_and_padding_is_zero(library: Any, method: Any) -> None:
    model = text(library, last=False)
    ids = np.array([[3, 4, 5, 6, 7, 8], [1, 2, 3, 0, 0, 0], [1, 2, 3, 3, 2, 1]], np.int32)
    found = method()(model, ids, 1)
    assert found.values.shape == ids.shape
    assert found.layer == "input"
    np.testing.assert_array_equal(found.values[1, 3:], 0)
    assert found.values[1, :3].max() > 0
    if method is AttentionRollout:
        np.testing.assert_allclose(found.values.sum(axis=1), 1, rtol=1e-5)
    table = model.get_layer("table").get_weights()[0][ids[1:2, :3]]
    weights = weights_by_hand(model.get_layer("attend_0"), table, table)
    if method is AttentionRollout:
        expected = (weights.mean(axis=1) + np.eye(3)).mean(axis=1) / 2
        np.testing.assert_allclose(found.values[1:2, :3], expected, rtol=1e-4)


def residual_text(mean: Any) -> tuple[Any, Any]:
    """A text transformer: padding may not attend, nor be attended to, in its first layer alone;
    `mean` makes one vector of all tokens and of which are words."""
    ids = keras.Input((TOKENS,), dtype="int32")
    words = keras.ops.not_equal(ids, 0)
    x = keras.layers.Embedding(9, WIDTH, name="table")(ids)
    both = keras.ops.logical_and(words[:, None], words[:, :, None])
    x = keras.layers.Add()([x, mha(0)(x, x, attention_mask=both)])
    x = keras.layers.Add()([x, mha(1)(x, x)])
    top = keras.layers.Dense(3)(mean(x, words))
    return keras.Model(ids, top), np.array([[3, 4, 5, 6, 7], [1, 2, 3, 0, 0]], np.int32)


def of_words(x: Any, words: Any) -> Any:
    return keras.layers.GlobalAveragePooling1D()(x, mask=words)


def rolled_by_hand(model: Any, ids: Any, start: Any) -> Any:
    """In float64: a row without a key has equal weights, and the second layer reads padding."""
    words, layers = ids > 0, [model.get_layer(f"attend_{i}") for i in range(2)]
    x = model.get_layer("table").get_weights()[0].astype(np.float64)[ids]
    both = words[:, None, None] & words[:, None, :, None]
    alone = ~words[:, None, :, None]
    first = weights_by_hand(layers[0], x, x, both | alone)
    first = np.where(alone, 1 / TOKENS, first)
    x = x + attend(layers[0], first, x).numpy()
    for weights in (weights_by_hand(layers[1], x, x), first):
        start = np.einsum("nt,nts->ns", start, (weights.mean(axis=1) + np.eye(TOKENS)) / 2)
    return start


def test_padding_counts_where_the_model_reads_it_and_nowhere_else() -> None:
    model, ids = residual_text(of_words)
    words = (ids > 0) / (ids > 0).sum(axis=1, keepdims=True)
    found = AttentionRollout()(model, ids, 1)
    expected = rolled_by_hand(model, ids, words)
    assert expected[1, 3:].min() > 1e-2  # the second layer attends to padding
    np.testing.assert_allclose(found.values, expected, rtol=1e-4)
    rows = Attention()(model, ids, 1)["attend_0"].values[1, :, 3:]
    np.testing.assert_allclose(rows, 1 / TOKENS, rtol=1e-6)
    first, second = (
        np.maximum(one.values * slope, 0).mean(axis=1)
        for one, slope in zip(
            Attention()(model, ids, 1).values(), gradients(model, ids, 1), strict=True
        )
    )
    relevance = first + second @ (np.eye(TOKENS) + first)
    expected = np.einsum("nt,nts->ns", words, relevance)
    found = GradientAttention()(model, ids, 1)
    np.testing.assert_allclose(found.values, expected, rtol=1e-3, atol=1e-5 * expected.max())

    model, ids = residual_text(lambda x, _: keras.ops.mean(x, axis=1))
    found = AttentionRollout()(model, ids, 1)
    everything = np.full(ids.shape, 1 / TOKENS)
    np.testing.assert_allclose(found.values, rolled_by_hand(model, ids, everything), rtol=1e-4)


def test_a_score_that_reads_one_token_is_followed_from_there() -> None:
    """Of a model with an output at each token a function says which is explained."""
    ids, x = keras.Input((TOKENS,), dtype="int32"), np.array([[3, 4, 5, 6, 7], [1, 2, 3, 0, 0]])
    embedded = keras.layers.Embedding(9, WIDTH)(ids)
    layer = mha(0)
    model = keras.Model(ids, keras.layers.Dense(4)(layer(embedded, embedded)))
    found = AttentionRollout()(model, x, lambda outputs: outputs[:, 2, 1])
    weights = Attention()(model, x)["attend_0"].values
    expected = (weights.mean(axis=1) + np.eye(TOKENS))[:, 2] / 2
    np.testing.assert_allclose(found.values, expected, rtol=1e-5)
    region = np.argmax(model(x), axis=-1) == 2  # of a class the tokens that are given to it
    region = np.where(region.any(axis=1, keepdims=True), region, True)
    start = region / region.sum(axis=1, keepdims=True)
    expected = np.einsum("nt,nts->ns", start, weights.mean(axis=1) + np.eye(TOKENS)) / 2
    np.testing.assert_allclose(AttentionRollout()(model, x, 2).values, expected, rtol=1e-5)


def test_a_head_that_begins_at_zero_reads_what_is_attended_to() -> None:
    model = text(keras, last=False)
    model.layers[-1].set_weights([0 * w for w in model.layers[-1].get_weights()])
    ids = np.array([[3, 4, 5, 6, 7, 8], [1, 2, 3, 0, 0, 0]], np.int32)
    values = AttentionRollout()(model, ids, 1).values
    np.testing.assert_allclose(values.sum(axis=1), 1, rtol=1e-5)
    assert values.min(axis=1)[0] > 0


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_a_mask_is_no_text(library: Any) -> None:
    """Whatever its name, and in whatever order inputs come; words before segments."""
    layers = library.layers
    names = ("a_mask", "b_segments", "c_words")
    mask, segments, words = (layers.Input((6,), dtype="int32", name=name) for name in names)
    x = layers.Embedding(2, WIDTH)(segments) + layers.Embedding(9, WIDTH)(words)
    see = layers.Reshape((1, 6))(layers.Lambda(lambda x: tf.cast(x, "bool"))(mask))
    x = mha(0, library)(x, x, attention_mask=see)
    model = library.Model([mask, segments, words], layers.Dense(2)(x[:, 0]))
    ids = np.array([[3, 4, 5, 6, 7, 8], [1, 2, 3, 0, 0, 0]], np.int32)
    rows = [(ids > 0).astype("int32"), np.zeros_like(ids), ids]
    assert list(AttentionRollout().each(model, rows, 1)) == ["c_words"]


def test_a_decoder_that_reads_its_last_token_is_followed_from_there() -> None:
    model, ids = text(keras, last=True), np.array([[3, 4, 5, 6, 7, 8]], np.int32)
    table = model.get_layer("table").get_weights()[0][ids]
    weights = weights_by_hand(model.get_layer("attend_0"), table, table, np.tri(6))
    expected = (weights.mean(axis=1) + np.eye(6))[:, -1] / 2
    np.testing.assert_allclose(AttentionRollout()(model, ids).values, expected, rtol=1e-4)


def test_a_mean_that_leaves_registers_out_is_told_from_one_over_all() -> None:
    inputs = keras.Input((4, 4, 1))
    patches = keras.layers.Conv2D(WIDTH, 2, strides=2)(inputs)
    x = keras.layers.Reshape((4, WIDTH))(patches)
    x = keras.layers.Lambda(lambda x: tf.concat([tf.ones_like(x[:, :2]), x], 1))(x)
    layer = mha()
    x = keras.layers.GlobalAveragePooling1D()(layer(x, x)[:, 2:])
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 1)).astype("f4")
    weights = Attention()(model, x)["attend_0"].values
    expected = (weights.mean(axis=1) + np.eye(6))[:, 2:, 2:].mean(axis=1) / 2
    found = AttentionRollout()(model, x).values
    np.testing.assert_allclose(found, expected.reshape(2, 2, 2), rtol=1e-5)


def test_half_precision_and_a_grid_that_is_asked_for() -> None:
    inputs = keras.Input((7, WIDTH))
    x = mha(dtype="mixed_float16")(inputs, inputs)
    x = keras.layers.Dense(2, dtype="float32")(keras.layers.GlobalAveragePooling1D()(x))
    model, x = keras.Model(inputs, x), tokens(length=7)
    for method in (AttentionRollout, GradientAttention):
        line = method()(model, x, 0).values
        plane = method(token_grid=(2, 3))(model, x, 0).values
        assert line.dtype == np.float32
        assert line.max() > 0
        np.testing.assert_array_equal(plane, line[:, 1:].reshape(-1, 2, 3))
    with pytest.raises(LayerError, match=r"token_grid=\(3, 3\)"):
        AttentionRollout(token_grid=(3, 3))(model, x, 0)


def branches(first: int = TOKENS, second: int = TOKENS) -> tuple[Any, Any]:
    """Attention over `first` tokens, and beside it over `second`; the first attends to both."""
    one, two = keras.Input((first, WIDTH)), keras.Input((second, WIDTH))
    a, b = mha(0)(one, one), mha(1)(two, two)
    cross = mha(2)(a, b)
    model = keras.Model([one, two], keras.layers.Dense(2)(cross[:, 0]))
    return model, [tokens(length=first), tokens(length=second)]


def test_what_cannot_be_followed_is_refused_with_what_to_do() -> None:
    model, x = branches()
    with pytest.raises(LayerError, match="'attend_2' attends to another tensor than that of its"):
        AttentionRollout()(model, x, 0)
    with pytest.raises(LayerError, match="'attend_1' does not depend on 'attend_0'"):
        AttentionRollout(layer=["attend_0", "attend_1"])(model, x, 0)
    assert AttentionRollout(layer=["attend_0"])(model, x, 0).values.shape == (3, TOKENS)
    model, x = branches(TOKENS, 4)
    with pytest.raises(LayerError, match="'attend_1' attends over 4 tokens and 'attend_0' over 5"):
        GradientAttention()(model, x, 0)
    with pytest.raises(LayerError, match="'attend_2' is cross-attention"):
        GradientAttention(layer=["attend_0", "attend_2"])(model, x, 0)
    with pytest.raises(LayerError, match="token=5: expected a position among 5 tokens"):
        AttentionRollout(layer=["attend_0"], token=5)(model, x, 0)
    with pytest.raises(ValueError, match="heads_by='sum': expected 'mean', 'max' or 'min'"):
        AttentionRollout(heads_by="sum")  # type: ignore[arg-type]


def test_recomputed_layers_have_weights_and_no_gradient() -> None:
    class Block(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="block")
            self.attend = mha()

        def build(self, shape: Any) -> None:
            self.attend.build(shape, shape)

        def call(self, x: Any) -> Any:
            return keras.remat(lambda values: self.attend(values, values))(x)

    block, inputs = Block(), keras.Input((TOKENS, WIDTH))
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(block(inputs)))
    x = tokens()
    values = Attention()(model, x)["block/attend_0"].values
    np.testing.assert_allclose(values, weights_by_hand(block.attend, x, x), atol=1e-5)
    assert AttentionRollout()(model, x).values.shape == (3, TOKENS)
    with pytest.raises(LayerError, match=r"keras\.remat"):
        GradientAttention()(model, x, 0)
