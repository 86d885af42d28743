"""Opens models for passes, and keeps them as long as they live."""

from __future__ import annotations

import weakref
from collections.abc import Hashable
from typing import Any

import tensorflow as tf

from tfexplain.model.function_model import FunctionModel, without_gradient
from tfexplain.model.keras_model import KerasModel, fingerprint
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Model

_known: weakref.WeakKeyDictionary[Model, dict[Hashable, KerasModel]] = weakref.WeakKeyDictionary()


def trace_model(model: Any, inputs: Any) -> TracedModel:
    """The passes of a model for such inputs, kept as long as the model lives and is unchanged.

    The cache holds no reference to the model, and a model whose variables or activations were
    replaced (quantized, rebuilt) is opened anew. Functions and .tflite files have passes too.
    """
    if function := without_gradient(model):
        return FunctionModel(function, inputs)
    kept = _known.setdefault(model, {})
    key = str(
        tf.nest.map_structure(lambda x: (tuple(x.shape[1:]), tf.as_dtype(x.dtype).name), inputs)
    )
    traced_model = kept.get(key)
    if traced_model is None or not _same(traced_model.seen, fingerprint(model)):
        traced_model = kept[key] = KerasModel(model, inputs)
    return traced_model


def _same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
