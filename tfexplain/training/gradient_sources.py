"""Finds what the gradient of a penalty is taken of: inputs, a layer's output, or embeddings."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tfexplain.errors import SettingError
from tfexplain.model.keras_private import all_layers
from tfexplain.model.model_inputs import declared_dtypes
from tfexplain.model.tap import layers_by_path
from tfexplain.types import Layer, Model, Tensor


def numbers(model: Model, x: Any, indices: bool) -> Any:
    """Returns inputs as tensors; whole numbers that the model says it takes as floats as such,
    unless they are indices."""
    tensors = tf.nest.map_structure(_tensor, x)
    if indices:
        return tensors
    declared = declared_dtypes(model, tensors)
    flat = [
        tf.cast(part, wanted) if wanted is not None and wanted.is_floating else part
        for part, wanted in zip(tf.nest.flatten(tensors), declared, strict=True)
    ]
    return tf.nest.pack_sequence_as(tensors, flat)


def _tensor(part: Any) -> Any:
    return part if isinstance(part, tf.__internal__.CompositeTensor) else tf.convert_to_tensor(part)


def with_gradient(x: Any) -> list[Tensor]:
    """Returns the inputs that are numbers."""
    flat = tf.nest.flatten(x)
    return [part for part in flat if isinstance(part, tf.Tensor) and part.dtype.is_floating]


def embeddings(model: Model) -> list[Layer]:
    """Returns the layers that make vectors of indices."""
    return [
        layer
        for layer in all_layers(model)
        if any(kind.__name__ == "Embedding" for kind in type(layer).__mro__)
    ]


def of_rows(vectors: Tensor, x: Any) -> bool:
    """Whether an Embedding layer's output is of rows of indices: where inputs are all numbers, or
    it has no rows or a single one for all, it is of positions."""
    flat = tf.nest.flatten(x)
    if len(with_gradient(x)) == len(flat) or (vectors.shape.rank or 0) < 3:
        return False
    return bool(vectors.shape[0] == flat[0].shape[0])


def layer_at(model: Model, path: str) -> Layer:
    """Returns the layer of that path.

    Raises:
        SettingError: there is none.
    """
    layers = layers_by_path(model)
    if path not in layers:
        raise SettingError(
            f"layer={path!r}: no such layer. Layers: {', '.join(layers) or 'none yet'}. Name "
            "one of these; build the model first, if it is not."
        )
    return layers[path]
