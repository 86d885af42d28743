"""Reads attention weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.checks import layer_names
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Context, Explainer
from tfexplain.model.attention_calls import AttentionCall
from tfexplain.model.layer_calls import LayerError
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor


@dataclass(frozen=True, eq=False)
class Attention(Explainer):
    """Reads the attention weights of each layer that has a softmax over keys.

    Supports `MultiHeadAttention`, `GroupQueryAttention`, the layers of Keras Hub and your own, for
    self-attention and cross-attention. Weights are read where values are multiplied with them, so
    they are those that the layer uses, whatever its kernel and its mask. They show where a layer
    looks, not what its output is due to: for that see `AttentionRollout` and `GradientAttention`.

    `values` are float32 [N, heads, q, k] in shares of attention, whose rows add up to 1. Rows of
    queries that may attend to nothing, such as padding, have no meaning: they are zeros or equal
    weights, as the layer has them. Tokens on several axes are counted row by row. Targets only
    decide which class' score is reported beside the weights.

    Attributes:
        layer: Path of an attention layer (`attend@1` for the second call of a shared one), or
            several; default all. A layer of 12 heads and 197 tokens has 466,000 weights a sample:
            name those that you will look at.
        attention_heads: Numbers of the heads to keep, the same in each layer; default all.

    References:
        Vaswani et al. 2017, eq. 1, https://arxiv.org/abs/1706.03762

    Example:
        >>> import keras, numpy as np
        >>> tokens = keras.Input((5, 8))
        >>> mixed = keras.layers.MultiHeadAttention(2, 4, name="attend")(tokens, tokens)
        >>> model = keras.Model(tokens, keras.layers.GlobalAveragePooling1D()(mixed))
        >>> Attention()(model, np.ones((3, 5, 8)))["attend"].values.shape
        (3, 2, 5, 5)
    """

    layer: str | Sequence[str] | None = None
    _: KW_ONLY
    attention_heads: Sequence[int] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        heads = self.attention_heads
        if heads is not None and (len(heads) == 0 or len(set(heads)) < len(heads)):
            raise TfexplainError(
                f"attention_heads={heads}: expected numbers of heads, each once. Leave it out for "
                "all heads."
            )

    @property
    def several(self) -> bool:
        """Returns whether weights of several layers are read, as by default."""
        return not isinstance(self.layer, str)

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Plans to read the weights, without a gradient."""
        calls = self._calls(traced_model)
        paths = tuple(dict.fromkeys(call.weights for call in calls))
        kept = None if self.attention_heads is None else tuple(self.attention_heads)
        return LayerReads(paths, reduce=self._reduce, key=("attention", kept))

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Returns the weights as the pass read them."""
        check_rows(reduced, context)
        named = context.traced_model.attention.by_name
        return {
            named[name].path: Attribution(
                values=values,
                targets=context.result.targets,
                scores=context.result.scores,
                layer=named[name].path,
                explainer=self.name,
                unit="share of attention",
                signed=False,
                attention_heads=tf.range(named[name].attention_heads).numpy()[self._kept],
            )
            for name, values in reduced.items()
        }

    @property
    def _kept(self) -> Any:
        return slice(None) if self.attention_heads is None else list(self.attention_heads)

    def _calls(self, traced_model: TracedModel) -> list[AttentionCall]:
        calls = traced_model.attention.find(layer_names(self.layer))
        for call in calls:
            for head in self.attention_heads or ():
                if not 0 <= head < call.attention_heads:
                    raise LayerError(
                        f"attention_heads={self.attention_heads}: expected numbers in "
                        f"0..{call.attention_heads - 1} for layer {call.path!r}; got {head}. "
                        "Name layers that have these heads in layer=."
                    )
        return calls

    def _reduce(self, weights: Tensor, _: Tensor | None, call: AttentionCall) -> Tensor:
        values = matrices(weights, call.axes)
        if self.attention_heads is None:
            return values
        return tf.gather(values, list(self.attention_heads), axis=1)


def matrices(weights: Tensor, axes: int) -> Tensor:
    """Reshapes weights [N, *heads, *q, *k] to float32 [N, heads, q, k], with `axes` axes of
    queries and keys each."""
    shape, last = tf.shape(weights), weights.shape.rank
    parts = (shape[1 : last - 2 * axes], shape[last - 2 * axes : last - axes], shape[last - axes :])
    sides = [tf.reduce_prod(part) for part in parts]
    return tf.reshape(tf.cast(weights, tf.float32), [shape[0], *sides])


def check_rows(weights: Mapping[str, Any], context: Context) -> None:
    """Raises `LayerError` for a layer that is called on parts of samples."""
    count = len(context.result.scores)
    for name, values in weights.items():
        if len(values) != count:
            path = context.traced_model.attention.by_name[name].path
            raise LayerError(
                f"layer={path!r}: expected attention with one row for each of {count} samples; "
                f"got {len(values)}, for it is called on parts of them (windows, steps). Name "
                "other layers in layer=."
            )
