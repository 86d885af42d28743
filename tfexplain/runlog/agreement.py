"""Checks that the explained outputs are what the model's own `predict_step` returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.model.batching import run_by_chunks
from tfexplain.model.preprocessing import preprocessed
from tfexplain.model.traced_model import TracedModel

# Shares of the largest output: graphs round differently.
_TOLERANCE = {"float16": 0.05, "bfloat16": 0.1}


def disagreement(traced_model: TracedModel, given: Any, outputs: Any) -> str | None:
    """Returns why the explained outputs are not those that the model predicts, with the remedy.

    None where they agree, or where that cannot be told.

    Its `predict_step` runs once, and `predict_function` is not built.

    Args:
        traced_model: The model's.
        given: The rows as the data has them.
        outputs: Outputs of the model's call on them, in its structure.
    """
    try:
        data = _as_tensors(preprocessed(traced_model.model, given)[0])
        if _is_the_call(traced_model, data):
            return None
        own = _predicted(traced_model, data)
        if not (wrong := _differing(own, outputs)):
            return None
        if _differing(own, _predicted(traced_model, data)):  # it draws at random
            return None
    except Exception:  # what has no predict_step, or one that takes other data
        return None
    return f"{wrong} {_reason(traced_model.model)}"


def _as_tensors(given: Any) -> Any:
    """Converts arrays as Keras does for a step: whole numbers stay what they are."""

    def one(values: Any) -> Any:
        tensor = tf.convert_to_tensor(values)
        return tf.cast(tensor, tf.float32) if tensor.dtype == tf.float64 else tensor

    return tf.nest.map_structure(one, given)


def _predicted(traced_model: TracedModel, data: Any) -> list[Any]:
    def make() -> Callable[[Any], Any]:
        return lambda inputs: tf.nest.flatten(traced_model.model.predict_step((inputs,)))

    by_chunk = run_by_chunks(traced_model, ("predict_step",), make, data)
    return [np.concatenate(some) for some in zip(*by_chunk, strict=True)]


def _differing(own: list[Any], outputs: Any) -> str | None:
    """Returns how outputs differ from what is predicted; None where they do not."""
    called = tf.nest.flatten(outputs)
    shapes, others = ([list(np.shape(x)) for x in some] for some in (called, own))
    if shapes != others:
        return f"Its call returns outputs of shapes {shapes}, its predict_step of {others}."
    far = np.zeros(len(called[0]), bool)
    for ours, other in zip(called, own, strict=True):
        a, b = (np.asarray(x, np.float64).reshape(len(ours), -1) for x in (ours, other))
        most = np.abs(b[np.isfinite(b)]).max(initial=0)
        share = _TOLERANCE.get(str(ours.dtype), 1e-3)
        far |= ~np.isclose(a, b, rtol=share, atol=share * most, equal_nan=True).all(axis=1)
    count = len(far)
    if not far.any():
        return None
    return f"The logged outputs agree with its predict_step on {count - far.sum()} of {count} rows."


def _is_the_call(traced_model: TracedModel, data: Any) -> bool:
    """Returns whether `predict_step` just calls the model, which needs no second graph."""
    given, taken = (tf.nest.flatten(values) for values in (data, traced_model.specs))
    return not _own_step(traced_model.model) and [x.dtype for x in given] == [
        x.dtype for x in taken
    ]


def _own_step(model: Any) -> str:
    """Returns whose `predict_step` is not that of Keras; "" where it is."""
    own = next(c for c in (model, *type(model).__mro__) if "predict_step" in vars(c))
    if own is model:
        return str(model.name)
    stock = own.__module__.partition(".")[0] in ("keras", "tf_keras", "keras_hub")
    return "" if stock else own.__name__


def _reason(model: Any) -> str:
    if own := _own_step(model):
        return (
            f"{own}.predict_step does more than calling the model, such as preprocessing: "
            "what is explained is the call. Do that in call(), or pass validation_data= as the "
            "call takes it."
        )
    return (
        "The model gives other outputs for the data's own types than for float32, in which it is "
        "explained. Pass validation_data= in the types that the model is meant for, or cast "
        "inside of it."
    )
