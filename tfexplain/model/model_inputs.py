"""Reads what a model takes: its backend, and the names, shapes and types of its inputs."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from tfexplain.errors import SettingError, TfexplainError
from tfexplain.types import Model


def specs(inputs: Any, rows: int | None = None) -> Any:
    """The shapes and types of inputs for so many samples; default any number."""
    return tf.nest.map_structure(
        lambda x: tf.TensorSpec((rows, *x.shape[1:]), tf.as_dtype(x.dtype)), inputs
    )


def check_axis(model: Model, inputs: Any, argument: str) -> None:
    """Raises SettingError for one sample in place of a batch, as the model's inputs tell."""
    declared = tf.nest.flatten(getattr(model, "inputs", None) or [])
    given = tf.nest.flatten(inputs)
    if not declared or len(declared) != len(given):
        return
    alone = [_is_one(tuple(x.shape), tuple(d.shape)) for x, d in zip(given, declared, strict=True)]
    if all(alone):
        shapes = " and ".join(str(list(x.shape)) for x in given)
        raise SettingError(
            f"{argument}: expected a batch of samples; got one of shape {shapes}. Give it an axis "
            "of samples: x[None]."
        )


def _is_one(shape: tuple[Any, ...], declared: tuple[Any, ...]) -> bool:
    if len(shape) != len(declared) - 1:
        return False
    if declared[-1] == 1 and _fits(shape[1:], declared[1:-1]):  # Keras gives it a last axis
        return False
    return _fits(shape, declared[1:])


def _fits(shape: tuple[Any, ...], declared: tuple[Any, ...]) -> bool:
    return all(b is None or a == b for a, b in zip(shape, declared, strict=True))


def input_names(model: Model, inputs: Any) -> list[str]:
    """What the inputs of a batch are called, in the order Keras flattens them."""
    if isinstance(inputs, dict):
        return [str(key) for key in sorted(inputs)]
    flat = tf.nest.flatten(inputs)
    if len(flat) == 1:
        return ["input"]
    names = [str(name) for name in getattr(model, "input_names", None) or []]
    if len(names) != len(flat):
        names = [str(t.name) for t in tf.nest.flatten(getattr(model, "inputs", None) or [])]
    return names if len(names) == len(flat) else [f"input{i}" for i in range(len(flat))]


def declared_dtypes(model: Model, inputs: Any) -> list[tf.DType | None]:
    """The types that a Functional or Sequential model says it takes, for each input of a batch;
    None where it says nothing."""
    try:
        tensors = tf.nest.flatten(model.inputs)
        dtypes = [tf.as_dtype(tensor.dtype) for tensor in tensors]
    except (AttributeError, TypeError, ValueError):  # subclassed, not built, no model
        dtypes = []
    if isinstance(inputs, dict):
        names = [getattr(tensor, "name", "") for tensor in tensors] if dtypes else []
        by_name = dict(zip(names, dtypes, strict=True))
        if set(by_name) == set(inputs):
            return [by_name[name] for name in sorted(inputs)]
    count = len(tf.nest.flatten(inputs))
    return list(dtypes) if len(dtypes) == count else [None] * count


def check_backend() -> None:
    """Raises TfexplainError where Keras does not compute with TensorFlow."""
    if keras.backend.backend() != "tensorflow":
        raise TfexplainError(
            f"keras.backend={keras.backend.backend()!r}: gradients are taken with tf.GradientTape. "
            "Set the environment variable KERAS_BACKEND=tensorflow before importing keras."
        )
