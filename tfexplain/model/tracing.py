"""Tracing a model once, to learn what is in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from tfexplain.errors import CallError, SettingError, TfexplainError, plain
from tfexplain.model import tap
from tfexplain.model.attention_calls import Attended
from tfexplain.model.dependence import graph_dependencies
from tfexplain.model.layer_calls import LayerCall, LayerError, TracedCall, sites
from tfexplain.types import Layer, Model, Tensor

UNCALLED = "it is not called when the model is called with training=False"


def unseen(
    layers: Mapping[str, Layer],
    calls: Sequence[tuple[str, Tensor, bool]],
    missed: Mapping[str, str],
) -> dict[str, str]:
    """Why layers were not seen in the traced pass, by path."""
    called = {path for path, *_ in calls}
    return {
        path: missed.get(path, UNCALLED)
        for path, layer in layers.items()
        if path not in called and type(layer).__name__ != "InputLayer"
    }


def called_sites(
    layers: Mapping[str, Layer],
    calls: Sequence[tuple[str, Tensor, bool]],
    attended: Sequence[Attended],
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
) -> tuple[LayerCall, ...]:
    """The sites of a traced pass.

    Args:
        layers: By path.
        calls: (path, output, whether gradients are recorded) in order.
        attended: Where attention is.
        inputs: The model's, as tensors of the graph.
        outputs: The model's.
    """
    names = tap.address([path for path, *_ in calls])
    named = [
        TracedCall(name, path, layers[path], tensor, recorded)
        for name, (path, tensor, recorded) in zip(names, calls, strict=True)
    ]
    told = ((one.layer, one.weights) for one in attended)
    weighing = [(path, (of.softmax, of.values, of.weighed)) for path, of in told]
    return sites(named, list(layers), inputs, outputs, weighing)


def reached(
    inputs: Sequence[Tensor], outputs: Sequence[Tensor], *, gradient: bool = False
) -> list[frozenset[int]]:
    """For each output the positions of the inputs it depends on; see `graph_dependencies`."""
    of = graph_dependencies(inputs[0].graph, inputs, gradient=gradient)
    return [of(output) for output in outputs]


def specs(inputs: Any, rows: int | None = None) -> Any:
    """The shapes and types of inputs for so many samples; default any number."""
    return tf.nest.map_structure(
        lambda x: tf.TensorSpec((rows, *x.shape[1:]), tf.as_dtype(x.dtype)), inputs
    )


def any_length(values: Any) -> Any:
    """`specs` of tensors; those without rows have none."""
    return tf.nest.map_structure(
        lambda x: tf.TensorSpec((None if x.shape[0] else 0, *x.shape[1:]), x.dtype), values
    )


def trace(forward: Callable[[Any], Any], inputs: Any, rows: int | None = None) -> None:
    """Run `forward` on symbolic inputs: shapes and names without computing anything."""
    given = specs(inputs, rows)
    try:
        tf.function(forward, autograph=False).get_concrete_function(given)
    except LayerError:
        raise
    except Exception as error:
        shapes = tf.nest.map_structure(lambda s: f"{s.dtype.name} {s.shape}", given)
        raise CallError(
            f"inputs: the model could not be called on them; got {shapes}. "
            f"Pass inputs shaped as in training. The model said: {plain(error)}"
        ) from error


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
