"""Casts inputs to the tensors that a model is called with."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tfexplain.errors import TfexplainError
from tfexplain.model.model_inputs import declared_dtypes
from tfexplain.model.preprocessing import preprocessed


def as_batch(inputs: Any, model: Any = None) -> Any:
    """Inputs as tensors in the structure the model takes, float64 as float32 (which models compute
    in).

    A model that preprocesses data in `fit` and `predict`, as tasks of Keras Hub do, gets what it
    makes of them. Where it says what it takes, numbers are cast as Keras casts them: whole ones to
    float32 for one that takes floating-point numbers, for gradients need that, and floating-point
    ones to whole ones for one that takes bytes or indices. Where it says nothing, images of whole
    numbers become float32; those of fewer axes stay what they are, for they may be indices.

    Args:
        inputs: Arrays or tensors [N, ...].
        model: What takes them; a Functional or Sequential one says what it takes.

    Raises:
        TfexplainError: no samples, inputs of different lengths, or such as the model's preprocessor
            cannot take.
    """
    return as_tensors(preprocessed(model, inputs)[0], model)


def as_tensors(inputs: Any, model: Any = None) -> Any:
    """Inputs as `as_batch` gives them, which the model has preprocessed already."""
    declared = declared_dtypes(model, inputs)
    flat = [_as_tensor(x, d) for x, d in zip(tf.nest.flatten(inputs), declared, strict=True)]
    lengths = {x.shape[0] if x.shape.rank else -1 for x in flat}
    if len(lengths) != 1 or min(lengths) < 1:
        raise TfexplainError(
            "inputs: expected at least one sample, and as many in each input; got shapes "
            f"{[x.shape for x in flat]}."
        )
    return tf.nest.pack_sequence_as(inputs, flat)


def _as_tensor(values: Any, declared: tf.DType | None) -> Any:
    tensor = tf.convert_to_tensor(values)
    floats = tensor.shape.rank >= 4 if declared is None else declared.is_floating
    if tensor.dtype.is_integer and floats:
        return tf.cast(tensor, tf.float32)
    if tensor.dtype.is_floating and declared is not None and declared.is_integer:
        return tf.cast(tensor, declared)
    return tf.cast(tensor, tf.float32) if tensor.dtype == tf.float64 else tensor
