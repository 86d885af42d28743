"""Makes the graph of a model's layer calls, with what each layer is and holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import tensorflow as tf

from tfexplain import compression
from tfexplain.compression import LayerWeights, WeightsError
from tfexplain.compression.keras.positions import output_positions
from tfexplain.health.layers import State, activation_of
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.keras_private import own_non_trainable, own_trainable
from tfexplain.model.layer_calls import LayerCall, called_owner
from tfexplain.structure.activation_curves import ActivationCurves
from tfexplain.structure.producers import producers
from tfexplain.types import Array, Layer

Shape = tuple[int | None, ...]


@dataclass(frozen=True, eq=False)
class LayerNode:
    """Describes an input of the model, one call of a layer, or a layer that is never called.

    Attributes:
        name: As `LayerCall.path`: `backbone/conv5`, `conv@1`; of an input its name.
        kind: Which of the three it is.
        layer_type: Name of the layer's class; `Input`.
        shape: Of the output, without the batch axis; None of a layer that is never called.
        dtype: Of the output.
        activation: Name of the activation function; "" for none.
        state: Whether its weights are trained; "" where it has none to train.
        parent: Number of the call that it is a part of, as a layer of a nested model; -1 for none.
        parameters: How many numbers the layer's weights hold, parts with nodes of their own not
            counted. Each call of a shared layer has all.
        is_again: Whether an earlier node is a call of the same layer.
        kernels: Kernels of the layer; of a shared one at its first call.
        macs: Multiply-adds of this call per sample; None where there are none to count, or some
            cannot be counted.
        curve: Number of the activation function's curve among those of the graph; -1 for none.
    """

    name: str
    kind: Literal["input", "call", "uncalled"]
    layer_type: str
    shape: Shape | None
    dtype: str
    activation: str = ""
    state: State = ""
    parent: int = -1
    parameters: int = 0
    is_again: bool = False
    kernels: tuple[LayerWeights, ...] = ()
    macs: int | None = None
    curve: int = -1

    @property
    def mode(self) -> str:
        """How the kernels are stored, as `LayerWeights.mode`."""
        return ", ".join(sorted({kernel.mode for kernel in self.kernels}))


@dataclass(frozen=True, eq=False)
class LayerGraph:
    """Holds the calls of a model's layers, and which reads which.

    Attributes:
        nodes: Inputs, then calls in their order (a nested model behind its layers), then layers
            with weights that are never called.
        edges: (from, to), numbers of nodes: `to` reads `from` directly.
        parameters: How many numbers all weights of the model hold.
        trainable: How many of them are trained.
        curves: float32 [POINTS] of each activation function that can be drawn, from `LOW` to `HIGH`
            of `activation_curves`.
    """

    nodes: tuple[LayerNode, ...]
    edges: tuple[tuple[int, int], ...]
    parameters: int
    trainable: int
    curves: tuple[Array, ...] = ()

    @property
    def macs(self) -> int:
        """Multiply-adds per sample of all calls where they can be counted."""
        return sum(node.macs or 0 for node in self.nodes)


def layer_graph(traced_model: KerasModel) -> LayerGraph:
    """Returns the graph of a model's layer calls."""
    inputs, calls = _inputs(traced_model), traced_model.layer_calls
    first, model = len(inputs), traced_model.model
    parents = _parents(calls)
    layers = _Layers(traced_model)
    nodes = list(inputs)
    for call, parent in zip(calls, parents, strict=True):
        nodes.append(layers.node(call, first + parent if parent >= 0 else -1))
    nodes += layers.uncalled()
    edges = [
        (producer, first + number)
        for number, own in enumerate(producers(traced_model))
        for producer in own
    ]
    return LayerGraph(
        *(tuple(nodes), tuple(edges)),
        *(_size(model.weights), _size(model.trainable_weights)),
        tuple(layers.curves),
    )


class _Layers:
    """Collects what each layer of a model holds; `layer_graph` asks for its nodes in order."""

    def __init__(self, traced_model: KerasModel) -> None:
        self._layers = traced_model.layers
        self._called = {_layer_path(call) for call in traced_model.layer_calls}
        self._trained = {id(weight) for weight in traced_model.model.trainable_weights}
        self._seen: set[str] = set()
        self._activations = ActivationCurves()
        self._weights: dict[str, list[Any]] = {}
        self._to_train: dict[str, list[Any]] = {}
        held: set[int] = set()
        for path, layer in self._layers.items():
            owner, trainable = called_owner(path, self._called), own_trainable(layer)
            for weight in (*trainable, *_counted(layer)):
                # Two layers may hold one weight.
                if id(weight) not in held:
                    held.add(id(weight))
                    self._weights.setdefault(owner, []).append(weight)
            self._to_train.setdefault(owner, []).extend(trainable)
        self._kernels: dict[str, list[LayerWeights]] = {}
        for kernel in _read(traced_model):
            owner = called_owner(kernel.path, self._called)
            self._kernels.setdefault(owner, []).append(kernel)

    @property
    def curves(self) -> list[Array]:
        """Those of the activation functions of all nodes so far."""
        return self._activations.curves

    def node(self, call: LayerCall, parent: int) -> LayerNode:
        """Returns the node of a call."""
        path = _layer_path(call)
        again = path in self._seen
        self._seen.add(path)
        kernels = tuple(self._kernels.get(path, ()))
        return LayerNode(
            *(call.path, "call", call.layer_type, call.shape, call.dtype),
            **self._held(path),
            parent=parent,
            is_again=again,
            kernels=kernels,
            macs=_macs(kernels, path, self._layers[path], call, again),
        )

    def uncalled(self) -> Iterator[LayerNode]:
        """Yields the layers with weights that no call stands for."""
        for path in self._weights:
            if path not in self._called:
                layer, kernels = self._layers[path], tuple(self._kernels.get(path, ()))
                yield LayerNode(
                    *(path, "uncalled", type(layer).__name__, None, ""),
                    **self._held(path),
                    kernels=kernels,
                )

    def _held(self, path: str) -> dict[str, Any]:
        to_train = self._to_train.get(path, ())
        trains = any(id(weight) in self._trained for weight in to_train)
        return {
            "activation": activation_of(self._layers[path]),
            "curve": self._activations.number(self._layers[path]),
            "state": "trainable" if trains else "frozen" if to_train else "",
            "parameters": _size(self._weights.get(path, ())),
        }


def _inputs(traced_model: KerasModel) -> list[LayerNode]:
    return [
        LayerNode(name, "input", "Input", tuple(spec.shape[1:]), spec.dtype.name)
        for name, spec in zip(
            traced_model.input_names, tf.nest.flatten(traced_model.specs), strict=True
        )
    ]


def _parents(calls: Sequence[LayerCall]) -> list[int]:
    """Returns for each call the one that it is a part of, -1 for none.

    What a layer calls inside has returned before it returns itself.
    """
    paths = [_layer_path(call) for call in calls]
    outer = {path for path in paths if any(other.startswith(path + "/") for other in paths)}
    found = []
    for number, path in enumerate(paths):
        behind = range(number + 1, len(paths)) if any(_is_in(path, o) for o in outer) else ()
        found.append(next((i for i in behind if _is_in(path, paths[i])), -1))
    return found


def _is_in(path: str, outer: str) -> bool:
    return path.startswith(outer + "/")


def _layer_path(call: LayerCall) -> str:
    return call.path.partition("@")[0]


def _read(traced_model: KerasModel) -> list[LayerWeights]:
    shapes: dict[str, tuple[int, ...]] = {}
    for call in traced_model.layer_calls:
        if None not in call.shape:
            shapes.setdefault(_layer_path(call), call.shape)  # type: ignore[arg-type]
    try:
        return compression.read(traced_model.model, shapes=shapes)
    except WeightsError:
        return []


def _macs(
    kernels: Sequence[LayerWeights], path: str, layer: Layer, call: LayerCall, again: bool
) -> int | None:
    if not kernels:
        return None
    each = []
    for kernel in kernels:
        positions = kernel.positions
        if again and kernel.path == path and None not in call.shape:
            positions = output_positions(layer, kernel.layout, call.shape)  # type: ignore[arg-type]
        each.append(None if positions is None else positions * kernel.size)
    known = [macs for macs in each if macs is not None]
    return sum(known) if len(known) == len(each) else None


def _counted(layer: Layer) -> list[Any]:
    """Returns the other weights that Keras counts as parameters: no seeds of random layers."""
    weights = {id(weight) for weight in getattr(layer, "weights", ())}
    return [weight for weight in own_non_trainable(layer) if id(weight) in weights]


def _size(weights: Sequence[Any]) -> int:
    distinct = {id(weight): weight for weight in weights}
    return sum(prod(map(int, weight.shape)) for weight in distinct.values())
