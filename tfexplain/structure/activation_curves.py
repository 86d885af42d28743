"""Samples the activation functions of layers, so that any can be drawn, also a user's own."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.health.layers import activation_of, own_activation
from tfexplain.types import Array, Layer

# From where to where, and at how many points: far enough for the bound of a ReLU6 to be seen.
LOW, HIGH, POINTS = -8.0, 8.0, 129


class ActivationCurves:
    """Samples each activation function once, whichever layers have it.

    Attributes:
        curves: float32 [POINTS] each, from `LOW` to `HIGH`.
    """

    def __init__(self) -> None:
        self.curves: list[Array] = []
        self._known: dict[Any, int] = {}
        # Functions are known by their identity: none may be collected meanwhile.
        self._functions: list[Any] = []

    def number(self, layer: Layer) -> int:
        """Returns which of `curves` is that of a layer; -1 where there is none to draw.

        There is none where outputs depend on several inputs, as in a softmax, on weights, or on
        chance.
        """
        function = own_activation(layer) if activation_of(layer) else None
        if function is None:
            return -1
        key = _key(layer, function)
        if key not in self._known:
            self._functions.append(function)
            curve = _sampled(function)
            self._known[key] = -1 if curve is None else self._place(curve)
        return self._known[key]

    def _place(self, curve: Array) -> int:
        for number, known in enumerate(self.curves):
            if np.array_equal(known, curve):
                return number
        self.curves.append(curve)
        return len(self.curves) - 1


def _key(layer: Layer, function: Any) -> Any:
    """Layers that are a function are the same one where their settings are."""
    if getattr(layer, "activation", None) is function:
        return id(function)
    try:
        own = {name: value for name, value in layer.get_config().items() if name != "name"}
        return type(layer), json.dumps(own, default=str, sort_keys=True)
    except Exception:  # a class of the user's that cannot say its settings
        return id(layer)


def _sampled(function: Callable[[Any], Any]) -> Array | None:
    points = np.linspace(LOW, HIGH, POINTS, dtype=np.float32)
    # Beside other numbers, on either axis: a function of one number does not see them.
    pairs = np.stack([points, np.roll(points, 1)])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows, columns = _run(function, pairs), _run(function, pairs.T)
    except Exception:  # a function of the user's that wants other inputs
        return None
    if rows is None or columns is None:
        return None
    fits = rows.shape == pairs.shape and columns.shape == pairs.T.shape
    if not fits or not np.allclose(rows, columns.T, equal_nan=True):
        return None
    curve: Array = rows[0].astype(np.float32)
    return curve


def _run(function: Callable[[Any], Any], values: Array) -> Array | None:
    """Returns a function's outputs; None where it reads, changes or draws anything: what is looked
    at is only traced, so that no generator moves on."""
    spec = tf.TensorSpec(values.shape, tf.float32)
    traced = tf.function(lambda x: function(x), autograph=False).get_concrete_function(spec)
    if any(op.op_def.is_stateful for op in traced.graph.get_operations() if op.type != _INPUT):
        return None
    return np.asarray(traced(tf.constant(values)))


_INPUT = "Placeholder"
