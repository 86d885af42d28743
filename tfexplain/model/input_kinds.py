"""What an input is: an image, a sequence, a volume or a row of features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import tensorflow as tf

from tfexplain.model.layer_calls import LayerCall, axes
from tfexplain.model.traced_model import TracedModel

Layout = Literal["image", "grey", "sequence", "volume", "features"]

_RECURRENT = frozenset({"Bidirectional", "GRU", "LSTM", "RNN", "SimpleRNN"})


def layout(rank: int, calls: Sequence[LayerCall]) -> Layout:
    """What an input of `rank` axes (the batch among them) is to a model with these calls.

    [N, H, W, C] is an image. [N, a, b] is a grey image unless some layer with weights gives a
    sequence or recurs over it: then it is a sequence of vectors.
    """
    if rank == 4:
        return "image"
    if rank == 3:
        kept = any(s.after_weights and axes(s) == 1 for s in calls)
        recurs = any(s.layer_type in _RECURRENT for s in calls)
        return "sequence" if kept or recurs else "grey"
    return "volume" if rank > 4 else "features"


def input_layout(traced_model: TracedModel, inputs: Any) -> Layout:
    """Tells what an input array [N, ...] is to a model."""
    return layout(inputs.ndim, traced_model.layer_calls)


def channel_axis(traced_model: TracedModel, inputs: Any) -> int | None:
    """Returns the axis that a map of an input is summed over: where the model has its channels.

    None where every value stands for itself.
    """
    kind = input_layout(traced_model, inputs)
    like = (call for call in traced_model.layer_calls if axes(call) == inputs.ndim - 2)
    default = summed_axis(kind, next((call.channels_first for call in like), False))
    specs = tf.nest.flatten(traced_model.specs)
    for spec, axis in zip(specs, traced_model.channel_axes, strict=True):
        own = tf.TensorShape(inputs.shape[1:]).is_compatible_with(spec.shape[1:])
        if own and axis and default is not None:
            return -1 if axis == inputs.ndim - 1 else axis
    return default


def summed_axis(kind: Layout, channels_first: bool) -> int | None:
    """Returns the axis that a map of an input of this kind is summed over."""
    if kind in ("grey", "features"):
        return None
    return 1 if channels_first else -1
