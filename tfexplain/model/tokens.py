"""Tokens of an input: their ids, their words, and which of them only fill up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.model.batching import run_by_chunks
from tfexplain.model.dependence import indices
from tfexplain.model.gradient_calls import BESIDE
from tfexplain.model.layer_calls import LayerCall
from tfexplain.model.output_positions import PADDING_MASKS
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor


def padding_mask(traced_model: TracedModel, inputs: Any) -> Tensor | None:
    """Returns [N, T], 0 where a token is padding; None where nothing says so.

    It is an input of that name, or ids of which an embedding says that 0 is padding. A mask that
    Keras keeps on the output is better; sums and slices lose it.
    """
    flat = tf.nest.flatten(inputs)
    named = dict(zip(traced_model.input_names, flat, strict=True))
    for name in PADDING_MASKS:
        if name in named:
            return named[name]
    for call in traced_model.layer_calls:
        masks = getattr(traced_model.layers.get(call.path), "mask_zero", False)
        if masks and call.embeds is not None and call.splits is None:
            return flat[call.embeds]
    return None


def token_ids(traced_model: TracedModel, call: LayerCall, inputs: Any) -> Any:
    """Returns int [N, T]: what a call makes vectors of, which are the ids of tokens."""
    assert call.embeds is not None
    if call.splits is None:
        return tf.nest.flatten(inputs)[call.embeds].numpy()

    def make() -> Callable[[Any], Any]:
        def run(rows: Any) -> Any:
            return indices(traced_model.forward(rows, {call.path})[1][call.path])

        return run

    return np.concatenate(run_by_chunks(traced_model, ("indices", call.path), make, inputs))


def embedded_words(traced_model: TracedModel, position: int) -> LayerCall | None:
    """Finds what embeds the words that an input is split into inside the model.

    None where it is not split, or no layer gives the indices of its words.
    """
    calls = traced_model.layer_calls
    return next((call for call in calls if call.embeds == position and call.splits), None)


def padding_tokens(traced_model: TracedModel, position: int, inputs: Any) -> Any:
    """Returns bool [N, T]: which tokens of an input only fill up, by a mask beside them.

    The mask is an input such as `padding_mask`, of zeros and ones; None without one.
    """
    flat = [tensor.numpy() for tensor in tf.nest.flatten(inputs)]
    for i, name in enumerate(traced_model.input_names):
        masks = name in PADDING_MASKS and i != position and flat[i].shape == flat[position].shape
        beside = masks and traced_model.gradient_calls[i] == BESIDE
        if beside and np.isin(flat[i], (0, 1)).all():
            return flat[i] == 0
    return None


def vocabulary(traced_model: TracedModel, call: LayerCall) -> list[str] | None:
    """Returns the words of the ids that a call embeds, of the layer that makes these of texts.

    None where no layer inside the model has them.
    """
    if call.embeds is None:
        return None
    layers = traced_model.layers
    known = [path for path in layers if hasattr(layers[path], "get_vocabulary")]
    before = [
        other.path.partition("@")[0]
        for other in traced_model.layer_calls
        if call.embeds in other.inputs and other.position < call.position
    ]
    own = [path for path in reversed(before) if path in known]
    if not own:  # one that returns ragged tensors has no call
        own = [p for p in known if not any(p.startswith(f"{other}/") for other in known)]
        own = own if len(own) == 1 else []
    return [str(word) for word in layers[own[0]].get_vocabulary()] if own else None
