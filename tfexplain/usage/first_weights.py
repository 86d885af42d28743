"""Reads what a first linear layer weighs its inputs with, times how far these vary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.data.row_choice import Chosen
from tfexplain.errors import TfexplainError
from tfexplain.model.batching import chunk_size, run_by_chunks
from tfexplain.model.keras_model import KerasModel
from tfexplain.quality.intervals import Floats
from tfexplain.structure.producers import producers
from tfexplain.types import Array
from tfexplain.usage.features import Features

# What may stand between an input and its first linear layer: each value stays itself, scaled.
_BETWEEN = frozenset({"Dropout", "Flatten", "Identity", "Normalization", "Rescaling", "Reshape"})


def first_weights(chosen: Chosen, features: Features) -> Floats:
    """Computes |weight| x standard deviation of each feature, float64 [F], summed over the units of
    a first linear layer and over the values of a feature.

    For a linear model it is how far a feature moves the outputs, as ELI5 ranks weights of scaled
    features; of deeper models it says what the first layer reads.

    Args:
        chosen: The rows, over which the deviation is.
        features: The features of one input; not words.

    Raises:
        TfexplainError: the input does not go straight into a Dense layer.
    """
    traced_model = chosen.traced_model
    if not isinstance(traced_model, KerasModel):
        raise TfexplainError("a function has no layers")
    found = _first_dense(traced_model, features.position)
    if found is None:
        raise TfexplainError("the input does not go straight into a Dense layer")
    path, before = found
    kernel = np.abs(_kernel(traced_model.layers[path.partition("@")[0]])).sum(axis=1)
    given = np.asarray(tf.nest.flatten(chosen.inputs)[features.position])
    read = given if before is None else _outputs(chosen, before)
    sides = given.shape[1:] or (1,)
    if read[0].size == len(kernel) == given[0].size:
        each = (kernel * read.reshape(len(read), -1).std(axis=0, dtype=np.float64)).reshape(sides)
    elif features.kind == "channel" and read.shape[-1] == len(kernel) == len(features):
        whole = tuple(range(read.ndim - 1))
        return np.asarray(kernel * read.std(axis=whole, dtype=np.float64))
    else:
        raise TfexplainError("its first Dense layer reads other values than the input's")
    if features.ids.ndim <= len(sides):  # places, over which all channels lie
        each = each.sum(axis=-1)
    return np.asarray(features.collected(each[None], summed=True)[0])


def _first_dense(traced_model: KerasModel, position: int) -> tuple[str, str | None] | None:
    """Returns the path of the Dense call that reads an input, and that of the call before it."""
    reads, inputs = producers(traced_model), len(traced_model.input_names)
    calls = traced_model.layer_calls
    for call, own in zip(calls, reads, strict=True):
        if call.layer_type != "Dense" or call.container or len(own) != 1:
            continue
        number, before = own[0], None
        while number >= inputs:
            between = calls[number - inputs]
            before = before or between.path
            if between.layer_type not in _BETWEEN or len(reads[number - inputs]) != 1:
                break
            number = reads[number - inputs][0]
        if number == position:
            return call.path, before
    return None


def _kernel(layer: Any) -> Floats:
    if getattr(layer, "quantization_mode", None):
        raise TfexplainError("its first Dense layer is quantized")
    return np.asarray(layer.kernel, np.float64)


def _outputs(chosen: Chosen, path: str) -> Array:
    """Returns what a call gives for all rows."""
    traced_model = chosen.traced_model

    def make() -> Callable[[Any], Any]:
        return lambda rows: traced_model.forward(rows, {path})[1][path]

    size = chunk_size(traced_model, None)
    chunks = run_by_chunks(traced_model, ("first", path), make, chosen.inputs, size=size)
    return np.concatenate(chunks)
