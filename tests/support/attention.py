"""Attention layers written out in float64 from their own weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

TOKENS, WIDTH = 5, 6


def tokens(count: int = 3, length: int = TOKENS, width: int = WIDTH) -> Any:
    return np.random.default_rng(1).normal(size=(count, length, width)).astype("f4")


def _projected(dense: Any, x: Any) -> Any:
    """[N, T, heads, size]"""
    kernel, *bias = (np.asarray(w, np.float64) for w in dense.get_weights())
    return np.einsum("ntc,chd->nthd", np.asarray(x, np.float64), kernel) + (bias[0] if bias else 0)


def weights_by_hand(layer: Any, query: Any, key: Any, allowed: Any = True) -> Any:
    """softmax(Q K^T / sqrt d) where it is allowed, float64 [N, heads, q, k]."""
    queries = _projected(layer._query_dense, query)
    keys = _projected(layer._key_dense, key)
    keys = np.repeat(keys, queries.shape[2] // keys.shape[2], axis=2)
    scores = np.einsum("nqhd,nkhd->nhqk", queries, keys) / np.sqrt(queries.shape[-1])
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True)) * allowed
    return powers / powers.sum(axis=-1, keepdims=True)


def attend(layer: Any, weights: Any, value: Any) -> Any:
    """What the layer makes of weights [N, heads, q, k]: a tensor, with gradients."""
    values = _projected(layer._value_dense, value)
    values = tf.constant(np.repeat(values, weights.shape[1] // values.shape[2], axis=2))
    kernel, bias = (
        tf.constant(np.asarray(w, np.float64)) for w in layer._output_dense.get_weights()
    )
    mixed = tf.einsum("nhqk,nkhd->nqhd", tf.cast(weights, tf.float64), values)
    return tf.einsum("nqhd,hdc->nqc", mixed, kernel) + bias
