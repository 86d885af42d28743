"""Attention found by what it computes: in layers of Keras, of Keras Hub and of one's own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from support.attention import TOKENS, WIDTH, attend, tokens

from tfexplain import Attention, AttentionRollout
from tfexplain.model.keras_model import KerasModel

IDS = np.array([[3, 4, 5, 6, 7], [1, 2, 3, 0, 0]], np.int32)
PADDED = IDS > 0

LAYERS = {
    "fused": lambda: keras.layers.MultiHeadAttention(2, 3, name="attend"),
    "written out": lambda: keras.layers.MultiHeadAttention(2, 3, dropout=0.5, name="attend"),
    "grouped": lambda: keras.layers.GroupQueryAttention(3, 4, 2, name="attend"),
    "tf_keras": lambda: tf_keras.layers.MultiHeadAttention(2, 3, name="attend"),
}
MASKS = {
    "of keys": {"attention_mask": PADDED[:, None]},
    "of queries and keys": {"attention_mask": PADDED[:, None] & PADDED[:, :, None]},
    "of heads": {"attention_mask": np.repeat(PADDED[:, None, None], TOKENS, axis=2)},
    "padding": {"query_mask": PADDED, "value_mask": PADDED, "key_mask": PADDED},
    "padding and causal": {"query_mask": PADDED, "value_mask": PADDED, "use_causal_mask": True},
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("kind", LAYERS)
def test_shown_weights_make_what_the_layer_gives_whatever_the_mask(kind: str, mask: str) -> None:
    """Rows without a key too: zeros in some layers, equal weights in others."""
    layer, call = LAYERS[kind](), MASKS[mask]
    library = tf_keras if kind == "tf_keras" else keras
    call = {name: tf.constant(value) for name, value in call.items()}
    if library is tf_keras:  # which finds them on the tensors
        call = {name: call[name] for name in call.keys() - {"query_mask", "value_mask", "key_mask"}}

    class Model(library.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.attend = layer

        def call(self, x: Any) -> Any:
            if kind == "tf_keras" and "padding" in mask:
                x._keras_mask = tf.constant(PADDED)
            return self.attend(x, x, **call)

    model, x = Model(), tokens(2)
    outputs = np.asarray(model(x))
    weights = Attention()(model, x, targets=lambda out: out[:, 0, 0])["attend"].values
    np.testing.assert_allclose(outputs, attend(layer, weights, x), atol=1e-5)
    assert (weights[1, :, :3, 3:] == 0).all()


class Own(keras.layers.Layer):  # type: ignore[misc]
    """Attention as a tutorial writes it, with a feed-forward part behind it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.parts = [keras.layers.Dense(WIDTH, name=name) for name in ("query", "key", "value")]
        self.forward = keras.layers.Dense(WIDTH, name="forward")

    def call(self, x: Any) -> Any:
        query, key, value = (part(x) for part in self.parts)
        weights = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) / WIDTH**0.5)
        return x + self.forward(tf.matmul(weights, value))


def test_attention_of_ones_own_is_known_by_its_product() -> None:
    inputs = keras.Input((TOKENS, WIDTH))
    one, two = Own(name="one"), Own(name="two")
    pooled = keras.layers.GlobalAveragePooling1D()(two(one(inputs)))
    model, x = keras.Model(inputs, keras.layers.Dense(2)(pooled)), tokens()
    query, key = (np.asarray(part(x), np.float64) for part in one.parts[:2])
    powers = np.exp(query @ key.transpose(0, 2, 1) / WIDTH**0.5)
    found = Attention()(model, x)
    assert list(found) == ["one", "two"]
    expected = powers / powers.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(found["one"].values[:, 0], expected, atol=1e-5)
    calls = {call.path: call for call in KerasModel(model, x).layer_calls}
    assert calls["one/query"].within == "one"
    assert calls["one/forward"].within == ""
    np.testing.assert_allclose(AttentionRollout()(model, x).values.sum(axis=1), 1, rtol=1e-5)


def test_attention_put_together_of_layers_has_no_softmax_for_a_picture() -> None:
    inputs = keras.Input((TOKENS, WIDTH))
    scores = keras.layers.Dot((2, 2))([keras.layers.Dense(WIDTH)(inputs) for _ in "qk"])
    weights = keras.layers.Softmax(name="weights")(scores)
    mixed = keras.layers.Dot((2, 1), name="mixed")([weights, inputs])
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(mixed))
    x = tokens()
    found = Attention()(model, x)
    np.testing.assert_allclose(
        found["mixed"].values[:, 0], keras.Model(inputs, weights)(x), atol=1e-6
    )
    calls = {call.path: call for call in KerasModel(model, x).layer_calls}
    assert calls["weights"].grid is None
    assert calls["mixed"].spatial


def test_keras_attention_layers_have_one_head() -> None:
    inputs = keras.Input((TOKENS, WIDTH))
    dot = keras.layers.Attention(name="dot")([inputs, inputs])
    add = keras.layers.AdditiveAttention(use_scale=False, name="add")([dot, dot])
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(add))
    x = tokens()
    found = Attention()(model, x)
    powers = np.exp(np.einsum("nqc,nkc->nqk", x, x, dtype=np.float64))
    weights = powers / powers.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(found["dot"].values[:, 0], weights, atol=1e-5)
    mixed = weights @ x
    powers = np.exp(np.tanh(mixed[:, :, None] + mixed[:, None]).sum(axis=-1))
    weights = powers / powers.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(found["add"].values[:, 0], weights, atol=1e-5)


def test_what_is_no_attention_is_none() -> None:
    """A softmax over classes at each position, and one that looks up a table of constants."""

    class Table(keras.layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.table = self.add_weight(shape=(7, 4))

        def call(self, x: Any) -> Any:
            return tf.einsum("nqk,kc->nqc", tf.nn.softmax(x), self.table)

    inputs = keras.Input((TOKENS, WIDTH))
    x = Table()(keras.layers.Dense(7)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x))
    assert KerasModel(model, tokens()).attention.calls == ()


def rotated(x: Any) -> Any:
    """Rotary embedding, float64 [N, T, heads, d]: pairs (i, i + d/2) turned by t / 10000^(2i/d)."""
    half = x.shape[-1] // 2
    angles = np.arange(x.shape[1])[:, None] / 10_000.0 ** (np.arange(half) / half)
    cosine, sine = np.cos(angles)[None, :, None], np.sin(angles)[None, :, None]
    first, second = x[..., :half], x[..., half:]
    return np.concatenate([first * cosine - second * sine, second * cosine + first * sine], -1)


def grouped(query: Any, key: Any, allowed: Any) -> Any:
    """softmax(Q K^T / sqrt d), float64 [N, heads, q, k], of rotated [N, T, heads, d]; heads of keys
    serve several of queries in turn."""
    key = np.repeat(key, query.shape[2] // key.shape[2], axis=2)
    scores = np.einsum("nqhd,nkhd->nhqk", rotated(query), rotated(key)) / query.shape[-1] ** 0.5
    powers = np.exp(scores) * allowed
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("name", ["Gemma", "Llama"])
def test_decoders_of_keras_hub_are_known_by_what_they_compute(name: str) -> None:
    keras_hub = pytest.importorskip("keras_hub")
    keras.utils.set_random_seed(0)
    sizes = {"num_layers": 2, "num_query_heads": 4, "num_key_value_heads": 2, "hidden_dim": 16}
    own = {"head_dim": 4} if name == "Gemma" else {}
    backbone = getattr(keras_hub.models, f"{name}Backbone")(
        vocabulary_size=30, intermediate_dim=32, **sizes, **own
    )
    model = getattr(keras_hub.models, f"{name}CausalLM")(backbone=backbone, preprocessor=None)
    x = {"token_ids": IDS, "padding_mask": PADDED.astype("int32")}
    found = Attention()(model, x)
    assert len(found) == 2
    path = next(iter(found))
    traced_model = KerasModel(model, x)
    layer = traced_model.layers[path]
    before = {"Gemma": "pre_attention_norm", "Llama": "self_attention_layernorm"}[name]
    call = next(s for s in traced_model.layer_calls if s.path.endswith(before))

    @tf.function
    def read(batch: Any) -> Any:
        return traced_model.forward(batch, [call.path])[1][call.path]

    hidden = np.asarray(read(x), np.float64)
    query, key = (
        np.einsum(form, hidden, np.asarray(getattr(layer, part).kernel, np.float64))
        for form, part in {
            "Gemma": [("btd,ndh->btnh", "query_dense"), ("btd,ndh->btnh", "key_dense")],
            "Llama": [("btd,dnh->btnh", "_query_dense"), ("btd,dnh->btnh", "_key_dense")],
        }[name]
    )
    allowed = np.tri(TOKENS) * PADDED[:, None, None]
    np.testing.assert_allclose(found[path].values, grouped(query, key, allowed), atol=1e-5)
    inside = [s for s in traced_model.layer_calls if s.path.startswith(path + "/")]
    assert not any(s.spatial and len(s.grid.sides) > 1 for s in inside if s.grid)
    rollout = AttentionRollout()(model, x)
    assert rollout.layer == "token_ids"
    np.testing.assert_allclose(rollout.values.sum(axis=1), 1, rtol=1e-5)


def test_bert_lies_over_its_tokens_not_over_masks_or_segments() -> None:
    keras_hub = pytest.importorskip("keras_hub")
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=30,
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=8,
        max_sequence_length=TOKENS,
    )
    model = keras_hub.models.BertTextClassifier(backbone, num_classes=3, preprocessor=None)
    masks = {"padding_mask": PADDED.astype("int32"), "segment_ids": np.zeros_like(IDS)}
    found = AttentionRollout()(model, {"token_ids": IDS, **masks})
    assert found.layer == "token_ids"
    np.testing.assert_array_equal(found.values[1, 3:], 0)
    np.testing.assert_allclose(found.values.sum(axis=1), 1, rtol=1e-5)
