"""Computes how often one sample uses the weights of a kernel, as far as layers and graph tell."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, Literal

import numpy as np

from tfexplain.compression.keras.roles import kind_of
from tfexplain.compression.layout import Layout, Shape
from tfexplain.model.keras_private import inbound_nodes

_ATTENTION = frozenset({"MultiHeadAttention", "GroupedQueryAttention"})
# Which input of an attention layer each of its projections is fed with as many positions as.
_FED = {"query": "query", "attention_output": "query", "key": "key", "value": "value"}


def output_positions(layer: Any, layout: Layout, output: Shape | None) -> int | None:
    """Returns how often a call for one sample uses each weight; None where that is not known.

    Args:
        layer: The layer.
        layout: Layout of its kernel.
        output: Shape of the layer's output without the batch axis; None asks the layer's own
            first call in a functional graph.
    """
    if layout.kind == "lookup":
        return _reverse_positions(layer, layout)
    if output is None and kind_of(layer) == "EinsumDense":
        return _einsum_positions(layer)
    shape = _known(layer, "output") if output is None else output
    if layout.kind == "unknown" or shape is None or any(side is None for side in shape):
        return None
    if layout.kind == "other":
        # Locally connected: a weight for each position, where it is not stored in another way.
        return 1 if getattr(layer, "implementation", 0) == 1 else None
    if layout.kind in ("conv", "depthwise", "transposed") and kind_of(layer) != "EinsumDense":
        first = getattr(layer, "data_format", "") == "channels_first"
        sides = shape[1:] if first else shape[:-1]
        if layout.kind == "transposed":
            # Each input position meets the whole kernel once.
            return _input_positions(layer, sides)
        return prod(sides)
    return _dense_positions(layer, layout, shape)


def _dense_positions(layer: Any, layout: Layout, output: Shape) -> int | None:
    kind = kind_of(layer)
    if kind == "EinsumDense" and not _free_axes_stay(layer.equation):
        return None
    if not kind and output[-1:] != (layout.outputs,):
        # A layer with several kernels: the output of the layer is that of another one.
        return None
    elements = int(np.prod(output, dtype=np.int64))
    return None if elements % layout.outputs else elements // layout.outputs


def _free_axes_stay(equation: str) -> bool:
    """Returns whether each axis of the input is one of the output or kernel; others are summed."""
    fed, kernel, output = equation.replace(" ", "").replace("->", ",").split(",")
    return set(fed) <= set(kernel + output)


def _einsum_positions(layer: Any) -> int | None:
    """Computes it from the input, for Keras leaves sides of the output open that its graph
    knows."""
    fed, kernel, _ = layer.equation.replace(" ", "").replace("->", ",").split(",")
    shape = _known(layer, "input")
    if shape is None or not _free_axes_stay(layer.equation):
        return None
    # An ellipsis stands for all axes that have no name, the batch among them where it comes first.
    fed = fed if fed.startswith("...") else fed[1:]
    names = list(fed.replace("...", ""))
    first = max(fed.find("..."), 0)
    names[first:first] = [""] * (len(shape) - len(names))
    free = [side for side, name in zip(shape, names, strict=True) if name not in kernel or not name]
    return None if None in free else prod(free)


def _reverse_positions(layer: Any, layout: Layout) -> int | None:
    """Returns how often `ReversibleEmbedding` multiplies with a table that it uses both ways.

    None where it is not known whether, and how often, the layer is called in reverse.
    """
    if kind_of(layer) != "ReversibleEmbedding" or not getattr(layer, "tie_weights", False):
        return 0
    nodes = inbound_nodes(layer)
    positions = 0 if nodes else None
    for node in nodes:
        given = node.arguments
        if given.kwargs.get("reverse", given.args[1] if len(given.args) > 1 else False):
            shape = node.outputs[0].shape[1:]
            if None in shape:
                return None
            positions = (positions or 0) + prod(shape) // layout.inputs
    return positions


def _input_positions(layer: Any, sides: Shape) -> int | None:
    """Returns from how many positions a transposed convolution makes an output of these sides."""
    if layer.output_padding is not None:
        return None
    positions = 1
    for i, (side, stride) in enumerate(zip(sides, layer.strides, strict=True)):
        over = 0
        if layer.padding == "valid":
            reach = (layer.kernel_size[i] - 1) * layer.dilation_rate[i] + 1
            over = max(reach - stride, 0)
        positions *= (side - over) // stride
    return int(positions)


def _known(layer: Any, end: Literal["input", "output"]) -> Shape | None:
    """Returns the shape without the batch axis of the only tensor that the first call takes or
    gives."""
    for node in inbound_nodes(layer):
        # Keras 3 keeps tensors as a list; tf_keras one tensor or a structure.
        tensors = getattr(node, f"{end}_tensors", None)
        tensors = tensors if isinstance(tensors, (list, tuple)) else [tensors]
        shape = getattr(tensors[0], "shape", None) if len(tensors) == 1 else None
        if shape is not None:
            return tuple(shape)[1:]
    return None


def attention_positions(layer: Any, outer: Any) -> int | None:
    """Returns how often a projection inside an attention layer is used.

    It is known where a functional graph calls the attention layer: the projection itself is no
    part of the graph.
    """
    kinds = {cls.__name__ for cls in type(outer).__mro__}
    nodes = inbound_nodes(outer)
    if not kinds & _ATTENTION or not nodes or layer.name not in _FED:
        return None
    given = _arguments(nodes[0])
    given = {**given, "key": given.get("key", given.get("value"))}
    fed = getattr(given.get(_FED[layer.name]), "shape", None)
    sides = (None,) if fed is None else tuple(fed)[1:-1]
    return None if None in sides else prod(sides)


def _arguments(node: Any) -> Mapping[str, Any]:
    """Returns the arguments that an attention layer was called with, by name."""
    kept = getattr(node, "arguments", None)  # Keras 3
    args, kwargs = (kept.args, kept.kwargs) if kept else (node.call_args, node.call_kwargs)
    named = dict(zip(("query", "value", "key"), args, strict=False)) | kwargs
    return {name: value for name, value in named.items() if value is not None}
