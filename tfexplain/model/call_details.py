"""Describes each layer call of a traced forward pass: what it reads, where its positions lie."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras

from tfexplain.model import grids
from tfexplain.model.dependence import (
    Tokens,
    contracted,
    dominating,
    graph_dependencies,
    indices,
    leading,
    products,
)
from tfexplain.model.grids import Grid
from tfexplain.model.keras_private import own_trainable
from tfexplain.model.layer_calls import LayerCall
from tfexplain.model.tfmot_names import unwrapped
from tfexplain.model.words_read import words_read

# Layers that rearrange positions or the batch for the layers inside them.
_REARRANGING = frozenset(
    {"Bidirectional", "GroupedQueryAttention", "MultiHeadAttention", "RNN", "TimeDistributed"}
)
_ATTENTION = frozenset({"GroupedQueryAttention", "MultiHeadAttention"})
# Layers that work along the last axis, whatever the data format of the others.
_LAST_AXIS = frozenset({"Dense", "EinsumDense", "Embedding", "RNN"}) | _ATTENTION


@dataclass(frozen=True)
class TracedCall:
    """One call of a layer as the tap saw it: its address, the layer, the tensor it returned."""

    name: str
    path: str
    layer: Any
    tensor: Any
    recorded: bool


def described(
    calls: Sequence[TracedCall],
    paths: Sequence[str],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    weighing: Sequence[tuple[str, Sequence[Any]]] = (),
) -> tuple[LayerCall, ...]:
    """Describes the layer calls of one traced forward pass.

    Args:
        calls: As the tap saw them, in order.
        paths: Of all layers, called or not.
        inputs: The model's, as tensors of the graph.
        outputs: The model's.
        weighing: Of each attention the path of its layer, and its softmax, weights and values.
    """
    describer = _Describer(calls, paths, inputs, outputs, weighing)
    for position in range(len(calls)):
        describer.add(position)
    tensors = [call.tensor for call in calls]
    return _with_words(_with_paths(describer.calls, tensors, inputs, outputs), tensors)


def _with_paths(
    calls: Sequence[LayerCall],
    tensors: Sequence[Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
) -> list[LayerCall]:
    """Adds how many products lie before a call, and whether gradients have a way past it."""
    graph = inputs[0].graph
    embeds = [x for call, x in zip(calls, tensors, strict=True) if call.embeds is not None]
    sources = [*(x for x in inputs if x.dtype.is_floating), *embeds]
    numbers = products(graph, tensors), dominating(graph, tensors, sources, outputs)
    return [
        replace(call, products=count, dominates=alone)
        for call, count, alone in zip(calls, *numbers, strict=True)
    ]


def _with_words(calls: Sequence[LayerCall], tensors: Sequence[Any]) -> tuple[LayerCall, ...]:
    """Adds which words positions read, to the calls behind what embeds words."""
    sources: dict[int, list[Any]] = {}
    for call, tensor in zip(calls, tensors, strict=True):
        if call.embeds is not None:
            sources.setdefault(call.embeds, []).append(tensor)
    known = {i: words_read(own[0].graph, own) for i, own in sources.items()}

    def added(call: LayerCall, tensor: Any) -> LayerCall:
        if call.grid is None or len(call.grid.sides) != 1:
            return call
        words = next((known[i] for i in call.inputs if i in known), None)
        axis = 2 if call.channels_first else 1
        return call if words is None else replace(call, words=words(tensor, axis))

    return tuple(map(added, calls, tensors))


class _Describer:
    """Describes one call after the other; `described` has the arguments.

    Inputs and calls are numbered together: input 0, 1, ..., then call 0, 1, ...
    """

    def __init__(
        self,
        traced: Sequence[TracedCall],
        paths: Sequence[str],
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        weighing: Sequence[tuple[str, Sequence[Any]]],
    ) -> None:
        self.calls: list[LayerCall] = []
        self._traced, self._paths, self._inputs = traced, paths, inputs
        graph, tensors = inputs[0].graph, [call.tensor for call in traced]
        self._depends = graph_dependencies(graph, [*inputs, *tensors])
        self._flows = graph_dependencies(graph, [*inputs, *tensors], gradient=True)
        # For each output the inputs and calls with a gradient, and the calls that lead to it.
        self._flowing = [self._flows(output) for output in outputs]
        self._leading = leading(graph, tensors, outputs)
        self._computes = contracted(graph, inputs)
        self._fixed = [
            not x.dtype.is_floating or not any(i in flowing for flowing in self._flowing)
            for i, x in enumerate(inputs)
        ]
        self._classes = {call.path: _classes(call.layer) for call in traced}
        self._attentions = [
            (path, frozenset().union(*(self._depends(tensor) for tensor in products)))
            for path, products in weighing
        ]
        self._weights = {tensor.name for _, products in weighing for tensor in products[:-1]}
        self._tokens = Tokens(graph, self._depends)
        # How many entries the table of an embedded input has, by input and call.
        self._tables: dict[tuple[int, int], int] = {}

    def add(self, position: int) -> None:
        """Describes the call at a position; those before it are described."""
        traced, number = self._traced[position], len(self._inputs) + position
        earlier = self._earlier(position)
        # What stands before or in the product, and what still has its heads apart.
        apart = traced.tensor.shape.rank != 3
        attentions = [path for path, made_of in self._attentions if apart or number in made_of]
        within, attending = _within(traced.path, self._classes, attentions)
        call = self._plain(position, earlier, within)
        embeds, splits = None, None
        if self._makes_floats(traced, earlier):
            embeds, splits = _embedded(call, traced.tensor, earlier, self._inputs, self._fixed)
        if embeds is not None:
            self._tables[embeds, number] = _entries(traced, call)
        flowing = self._flows(traced.tensor) | {number}
        order = _by_what_they_make(call.inputs, flowing, self._tables)
        grid = _grid(call, earlier, self._inputs, self._tokens)
        if traced.tensor.name in self._weights or (attending and call.tokens is None):
            grid = None  # heads, and a softmax over keys, lie nowhere
        self.calls.append(replace(call, inputs=order, grid=grid, embeds=embeds, splits=splits))

    def _plain(self, position: int, earlier: Sequence[LayerCall], within: str) -> LayerCall:
        """What can be said of a call by itself."""
        traced, number = self._traced[position], len(self._inputs) + position
        tensor, recorded = traced.tensor, traced.recorded
        flowing, led = enumerate(self._flowing), enumerate(self._leading)
        before = self._depends(tensor)
        return LayerCall(
            path=traced.name,
            shape=tuple(tensor.shape[1:]) if tensor.shape.rank else (),
            position=position,
            layer_type=type(traced.layer).__name__,
            channels_first=_channels_first(traced, earlier),
            after_weights=_learns(traced.layer) or any(call.after_weights for call in earlier),
            container=_container(traced, self._traced[:position], self._paths),
            within=within,
            inputs=tuple(sorted(i for i in before if i < len(self._inputs))),
            outputs=tuple(i for i, numbers in flowing if recorded and number in numbers),
            recorded=recorded,
            grid=None,
            dtype=tensor.dtype.name,
            leads=tuple(i for i, positions in led if position in positions),
            computed=self._computes(tensor),
        )

    def _earlier(self, position: int) -> list[LayerCall]:
        """The calls that a call depends on."""
        first = len(self._inputs)
        before = sorted(self._depends(self._traced[position].tensor))
        return [self.calls[i - first] for i in before if first <= i < first + position]

    def _makes_floats(self, traced: TracedCall, earlier: Sequence[LayerCall]) -> bool:
        """Whether a call gives floating-point numbers, and none before it does."""
        causes = (self._traced[call.position].tensor for call in earlier)
        return traced.tensor.dtype.is_floating and not any(x.dtype.is_floating for x in causes)


def _embedded(
    call: LayerCall,
    tensor: Any,
    earlier: Sequence[LayerCall],
    inputs: Sequence[Any],
    fixed: Sequence[bool],
) -> tuple[int | None, str | None]:
    """(`embeds`, `splits`) of first floats: they have no gradient, and a vector for each index."""
    if len(call.inputs) != 1 or not fixed[call.inputs[0]]:
        return None, None
    (own,) = call.inputs
    shape = tuple(inputs[own].shape[1:])
    if shape and call.shape[:-1] == shape:
        return own, None
    if len(call.shape) != 2 or indices(tensor) is None:
        return None, None
    whole = ("int32", "int64")
    given = [s.path for s in earlier if s.shape == call.shape[:-1] and s.dtype in whole]
    # Of texts that are filled up to the longest, each batch has another length.
    return (own, given[-1] if given else "") if given or call.shape[0] else (None, None)


def _entries(traced: TracedCall, call: LayerCall) -> int:
    """How many different numbers a layer makes vectors of."""
    tables = [w.shape[0] for w in getattr(traced.layer, "weights", ()) if len(w.shape) == 2]
    return max(map(int, tables), default=int(call.shape[-1] or 0))


def _by_what_they_make(
    inputs: Sequence[int], flowing: Collection[int], tables: Mapping[tuple[int, int], int]
) -> tuple[int, ...]:
    """The inputs of a call, those first that make its values.

    Args:
        inputs: In their own order.
        flowing: Inputs and calls from which a gradient flows to it, counted together.
        tables: How many entries each embedded input's table has, by input and call.
    """

    def rank(i: int) -> tuple[bool, int]:
        entries = [size for (j, call), size in tables.items() if j == i and call in flowing]
        return not entries and i not in flowing, -max(entries, default=0)

    return tuple(sorted(inputs, key=rank))


def _classes(layer: Any) -> frozenset[str]:
    """The names of a layer's class and those it derives from."""
    return frozenset(base.__name__ for base in type(layer).__mro__)


def _learns(layer: Any) -> bool:
    """Whether the layer has weights of its own to train, frozen or not (Keras 3, then tf_keras),
    and not only to scale with."""
    if "Normalization" in type(layer).__name__:
        return False
    return bool(own_trainable(layer))


def _channels_first(traced: TracedCall, earlier: Sequence[LayerCall]) -> bool:
    """Activations and merges have no format of their own: they keep that of what they read."""
    known = getattr(traced.layer, "data_format", None)
    if known:
        return bool(known == "channels_first")
    if _classes(traced.layer) & _LAST_AXIS:
        return False
    axis = getattr(traced.layer, "axis", None)
    if "Normalization" in type(traced.layer).__name__ and isinstance(axis, int):
        return axis == 1 and traced.tensor.shape.rank > 2
    if earlier:
        return earlier[-1].channels_first
    return bool(keras.config.image_data_format() == "channels_first")


def _container(traced: TracedCall, before: Sequence[TracedCall], paths: Sequence[str]) -> bool:
    """Whether the output is known by the name of a layer inside."""
    inside = {path for path in paths if path.startswith(traced.path + "/")}
    passed_on = any(c.tensor is traced.tensor for c in before if c.path in inside)
    name = traced.path.rpartition("/")[2]
    return passed_on or any(_wrapped(name, path[len(traced.path) + 1 :]) for path in inside)


def _wrapped(name: str, inner: str) -> bool:
    """Whether one of tfmot's wrappers has this name around a layer of that one."""
    return unwrapped(f"{name}/{inner}") == inner


def _within(
    path: str, classes: Mapping[str, frozenset[str]], attends: Sequence[str]
) -> tuple[str, bool]:
    """The layer around that rearranges, and whether it does so to attend.

    Args:
        path: Of a layer.
        classes: The classes of the layers that are called.
        attends: The layers of whose attention this one is a part, if it stands in them.
    """
    outer = path
    while "/" in outer:
        outer = outer.rpartition("/")[0]
        kinds = classes.get(outer, frozenset())
        if outer in attends or kinds & _REARRANGING:
            return outer, outer in attends or bool(kinds & _ATTENTION)
    return "", False


def _grid(
    call: LayerCall,
    earlier: Sequence[LayerCall],
    inputs: Sequence[Any],
    tokens: Tokens,
) -> Grid | None:
    """How the positions of an output lie.

    Tokens are those of the last plane or volume they depend on, or else of an image that nothing
    with weights has seen before; [N, T, C] of other lengths is a sequence.
    """
    grid = grids.as_it_stands(call.shape, call.channels_first)
    length = call.tokens
    if grid is None or length is None:
        return grid
    planes = [s for s in earlier if s.grid and len(s.grid.sides) > 1 and s.grid.several]
    for plane in reversed(planes):
        assert plane.grid is not None
        if plane.grid.tokens and plane.tokens == length:
            return replace(plane.grid, channels_first=call.channels_first)
        if not plane.grid.tokens and None not in plane.grid.sides:
            offsets = tokens.offsets(len(inputs) + plane.position, grids.count(plane.grid.sides))
            if placed := grids.of_tokens(length, plane.grid.sides, offsets):
                return replace(placed, channels_first=call.channels_first)
    if not any(plane.after_weights for plane in planes):
        for i in call.inputs:
            if placed := _of_image(length, inputs[i].shape):
                return replace(placed, channels_first=call.channels_first)
    return grid


def _of_image(length: int, shape: Any) -> Grid | None:
    if shape.rank != 4 or None in shape[1:]:
        return None
    first = keras.config.image_data_format() == "channels_first"
    height, width = shape[2:] if first else shape[1:3]
    return grids.by_aspect(length, height, width)
