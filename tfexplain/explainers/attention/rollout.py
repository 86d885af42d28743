"""Computes attention rollout (Abnar and Zuidema 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from tfexplain.checks import check_choice
from tfexplain.explainers.attention.relevance import Numbers, TokenRelevance
from tfexplain.explainers.attention.weights import matrices
from tfexplain.types import Tensor

_OVER = {"mean": tf.reduce_mean, "max": tf.reduce_max, "min": tf.reduce_min}


@dataclass(frozen=True, kw_only=True, eq=False)
class AttentionRollout(TokenRelevance):
    """Computes how much the output reads from each token, if attention alone carried information.

    The weights of each layer are averaged over its heads, the identity is added for the residual
    connection, and rows are normalized to a sum of 1. These matrices are multiplied over the
    layers, and the row of the token that the output reads is the result. `values` are float32
    [N, h, w] (or [N, t], [N, d, h, w]), >= 0, in shares of attention. They add up to at most 1, as
    tokens without a position, such as the class token, keep the rest. For text there is one value
    for each word of the input. The target matters only in that its score tells which tokens are
    read, so the map shows where the model looks, not why. Padding that is neither attended to nor
    read has zero.

    Attributes:
        layer: Paths of self-attention layers that follow one another over the same tokens;
            default all that the output depends on. Cross-attention, and layers of other numbers of
            tokens, are refused.
        heads_by: `"mean"` as in the paper, `"max"` or `"min"` over a layer's attention heads.
        token: The token whose row is taken; default the mean over the tokens that the score reads
            (that have a gradient) on that sample: the class token, the last word of a decoder, or
            all but padding.
        token_grid: (h, w) of the tokens, any others standing in front; default the plane that the
            tokens come from.

    References:
        Abnar and Zuidema 2020, eq. 1 and section 3, https://arxiv.org/abs/2005.00928

    Example:
        >>> import keras, numpy as np
        >>> tokens = keras.Input((5, 8))
        >>> mixed = keras.layers.MultiHeadAttention(2, 4, name="attend")(tokens, tokens)
        >>> model = keras.Model(tokens, keras.layers.GlobalAveragePooling1D()(mixed))
        >>> AttentionRollout()(model, np.ones((3, 5, 8))).values.sum(axis=1).round(3)
        array([1., 1., 1.], dtype=float32)
    """

    heads_by: Literal["mean", "max", "min"] = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("heads_by", self.heads_by, tuple(_OVER))

    @property
    def _unit(self) -> str:
        return "share of attention"

    @property
    def _key(self) -> Any:
        return "rollout", self.heads_by

    def _shares(self, weights: Tensor, gradient: Tensor | None, axes: int) -> Tensor:
        shares = _OVER[self.heads_by](matrices(weights, axes), axis=1)
        both = shares + tf.eye(tf.shape(shares)[1])
        return both / tf.reduce_sum(both, axis=2, keepdims=True)

    def _followed(self, shares: Sequence[Any], start: Numbers) -> Numbers:
        for layer in reversed(shares):
            start = np.einsum("nt,nts->ns", start, layer)
        return start
