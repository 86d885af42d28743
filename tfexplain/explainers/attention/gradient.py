"""Computes gradient-weighted attention (Chefer et al. 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.explainers.attention.relevance import Numbers, TokenRelevance
from tfexplain.explainers.attention.weights import matrices
from tfexplain.types import Tensor


@dataclass(frozen=True, eq=False)
class GradientAttention(TokenRelevance):
    """Computes the relevance of each token from attention weights and their gradients.

    The relevance R starts as the identity and is updated from the first layer to the last as
    R = R + A R, where A is the mean over heads of relu(weights * d score / d weights). The result
    is the row of R - I that belongs to the token that the output reads. `values` are float32
    [N, h, w] (or [N, t], [N, d, h, w]), >= 0. They are of the first order in the explained score,
    and of higher orders where layers follow one another, so compare them within one model. For text
    there is one value for each word of the input. A map that is zero everywhere means that no
    attention raises the score.

    Attributes:
        layer: Paths of self-attention layers that follow one another over the same tokens;
            default all that the output depends on. Cross-attention, and layers of other numbers of
            tokens, are refused.
        token: The token whose row is taken; default the mean over the tokens that the score reads
            on that sample: the class token, the last word of a decoder, or all but padding.
        token_grid: (h, w) of the tokens, any others standing in front; default the plane that the
            tokens come from.

    References:
        Chefer, Gur and Wolf 2021, "Generic Attention-model Explainability", eq. 5 and 6,
        https://arxiv.org/abs/2103.15679

    Example:
        >>> import keras, numpy as np
        >>> tokens = keras.Input((5, 8))
        >>> mixed = keras.layers.MultiHeadAttention(2, 4, name="attend")(tokens, tokens)
        >>> model = keras.Model(tokens, keras.layers.GlobalAveragePooling1D()(mixed))
        >>> GradientAttention()(model, np.ones((3, 5, 8)), targets=2).values.shape
        (3, 5)
    """

    _gradient = True

    @property
    def _unit(self) -> str:
        return "relevance"

    @property
    def _key(self) -> Any:
        return "gradient attention"

    def _shares(self, weights: Tensor, gradient: Tensor | None, axes: int) -> Tensor:
        return tf.reduce_mean(
            tf.nn.relu(matrices(weights, axes) * matrices(gradient, axes)), axis=1
        )

    def _followed(self, shares: Sequence[Any], start: Numbers) -> Numbers:
        relevance = start
        for layer in reversed(shares):
            relevance = relevance + np.einsum("nt,nts->ns", relevance, layer)
        return relevance - start
