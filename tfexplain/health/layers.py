"""Lists the layers whose health is measured: those with weights to train or an activation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import tensorflow as tf

from tfexplain.model.keras_private import own_trainable
from tfexplain.model.layer_calls import called_owner
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Layer

State = Literal["trainable", "frozen", ""]

# Types of half precision, and up to which magnitude a number becomes zero in them: half of the
# least one, which is rounded to even.
HALVES = {"float16": 2.0**-25, "bfloat16": 2.0**-134}
# Layers that are an activation function.
_FUNCTIONS = ("ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")


@dataclass(frozen=True)
class HealthLayer:
    """Describes one layer.

    Attributes:
        path: As `tap.layers_by_path` names it.
        layer_type: Name of its class.
        activation: Name of the activation function that its output comes from; "" for none.
        state: Whether its weights are trained; "" where it has none.
        calls: Names of its calls, whose outputs are read.
        weights: (name, place among the model's trainable variables) of each weight that is trained.
        kernels: How many of these have two axes or more.
        channel_axis: Axis of its units in an output.
        half: The type of half precision that it computes in while its weights are kept in float32,
            `float16` or `bfloat16`; "" where it does not.
    """

    path: str
    layer_type: str
    activation: str
    state: State
    calls: tuple[str, ...]
    weights: tuple[tuple[str, int], ...]
    kernels: int
    channel_axis: int
    half: str = ""

    @property
    def note(self) -> str:
        """What is unusual, in words."""
        unread = "its output is not read, for it is never called as a layer"
        told = [f"computes in {self.half}" if self.half else "", "" if self.calls else unread]
        return "; ".join(filter(None, told))


def health_layers(traced_model: TracedModel) -> list[HealthLayer]:
    """Lists the layers in the order in which they are called, others behind them.

    Weights of a layer that is not called itself, such as the cell of a recurrent layer, count as
    those of the layer around it.
    """
    calls: dict[str, list[Any]] = {}
    for call in traced_model.layer_calls:
        calls.setdefault(call.path.partition("@")[0], []).append(call)
    variables = traced_model.model.trainable_variables
    places = {id(variable): place for place, variable in enumerate(variables)}
    owned: dict[str, list[Any]] = {}
    for path, layer in traced_model.layers.items():
        if weights := own_trainable(layer):
            owned.setdefault(called_owner(path, calls), []).extend(weights)
    order = [*calls, *(path for path in owned if path not in calls)]
    return [
        _described(path, traced_model.layers[path], calls.get(path, []), own, places)
        for path in order
        if path in traced_model.layers
        for own in [owned.get(path, [])]
        if own or (activation_of(traced_model.layers[path]) and calls.get(path))
    ]


def activation_of(layer: Layer) -> str:
    """Returns the name of the function that a layer's output comes from; "" where there is none.

    A recurrent layer's output is a product of two, and counts as that of neither.
    """
    kind = type(layer).__name__
    if kind in _FUNCTIONS:
        return kind.lower()
    function = own_activation(layer)
    if function is None:
        return ""
    name = str(getattr(function, "__name__", type(function).__name__))
    return "" if name == "linear" else name


def own_activation(layer: Layer) -> Any:
    """Returns the function that a layer's output comes from, of the numbers before it; or None."""
    if type(layer).__name__ in _FUNCTIONS:
        return layer.call
    function = getattr(layer, "activation", None)
    if not callable(function) or hasattr(layer, "cell") or hasattr(layer, "recurrent_activation"):
        return None
    return function


def _described(
    path: str, layer: Layer, calls: list[Any], weights: list[Any], places: Mapping[int, int]
) -> HealthLayer:
    trained = [weight for weight in weights if id(weight) in places]
    floats = [call for call in calls if _is_read(call)]
    first = bool(floats) and floats[0].channels_first and len(floats[0].shape) > 1
    return HealthLayer(
        path,
        type(layer).__name__,
        activation_of(layer),
        "" if not weights else "trainable" if trained else "frozen",
        tuple(call.path for call in floats),
        tuple((_name(weight), places[id(weight)]) for weight in trained),
        sum(len(weight.shape) > 1 for weight in trained),
        1 if first else -1,
        _half(layer),
    )


def _half(layer: Layer) -> str:
    computed = str(getattr(layer, "compute_dtype", ""))
    kept = str(getattr(layer, "variable_dtype", ""))
    return computed if computed in HALVES and kept == "float32" else ""


def half_of_weights(layers: Sequence[HealthLayer], count: int) -> list[str]:
    """Returns `HealthLayer.half` of each trainable variable."""
    by_place = {place: layer.half for layer in layers for _, place in layer.weights}
    return [by_place.get(place, "") for place in range(count)]


def _is_read(call: Any) -> bool:
    return bool(call.shape) and not call.container and tf.as_dtype(call.dtype).is_floating


def _name(weight: Any) -> str:
    return str(weight.name).rpartition("/")[2].partition(":")[0]
