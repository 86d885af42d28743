"""What depends on what among the tensors of one traced pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

_NO_GRADIENT = frozenset({"StopGradient", "PreventGradient"})
# What has its channels in one place, and reads pictures as its first argument.
_WITH_CHANNELS = frozenset(
    {
        "AvgPool",
        "AvgPool3D",
        "Conv2D",
        "Conv3D",
        "DepthwiseConv2dNative",
        "ExtractImagePatches",
        "FusedBatchNormV3",
        "MaxPool",
        "MaxPool3D",
        "ResizeArea",
        "ResizeBicubic",
        "ResizeBilinear",
        "ResizeNearestNeighbor",
        "SpaceToDepth",
    }
)
# What may move values to other axes, even of as many.
_ELSEWHERE = frozenset(
    {
        "BatchMatMulV2",
        "BatchMatMulV3",
        "Einsum",
        "If",
        "MatMul",
        "PartitionedCall",
        "Reshape",
        "StatefulPartitionedCall",
        "StatelessIf",
        "StatelessWhile",
        "While",
    }
)


def graph_dependencies(
    graph: Any, sources: Sequence[Any], *, gradient: bool = False
) -> Callable[[Any], frozenset[int]]:
    """A function that says which of `sources` a tensor of the graph depends on, itself among them.

    With `gradient` only dependence along which a gradient flows: through floating-point values,
    and not through what stops it.
    """
    own: dict[str, int] = {}
    for i, source in enumerate(sources):
        own[source.op.name] = own.get(source.op.name, 0) | 1 << i
    # Sets as the bits of whole numbers: a graph has many thousand operations.
    known: dict[str, int] = {}
    # A graph lists its operations in the order they were made: causes before effects.
    for op in graph.get_operations():
        bits = own.get(op.name, 0)
        if not gradient or _differentiable(op):
            for cause in op.inputs:
                bits |= known.get(cause.op.name, 0)
        known[op.name] = bits

    def of(tensor: Any) -> frozenset[int]:
        return _members(known.get(tensor.op.name, 0))

    return of


def depends(tensor: Any, source: Any) -> bool:
    """Whether a tensor depends on another one of its graph, whatever flows between them."""
    seen, ahead = set(), [tensor.op]
    while ahead:
        op = ahead.pop()
        if op is source.op:
            return True
        for cause in (*(value.op for value in op.inputs), *op.control_inputs):
            if cause.name not in seen:
                seen.add(cause.name)
                ahead.append(cause)
    return False


def indices(tensor: Any) -> Any | None:
    """The whole numbers [N, T] that floating-point values [N, T, C] of a graph were looked up by;
    None where there are none of that shape."""
    wanted, seen, ahead = tensor.shape[:-1], set(), [tensor]
    for value in ahead:
        for cause in value.op.inputs:
            if cause.op.name in seen:
                continue
            seen.add(cause.op.name)
            if cause.dtype.is_integer:
                samples = cause.shape.rank and cause.shape[0] == wanted[0]
                if samples and cause.shape.is_compatible_with(wanted):
                    return cause
            elif cause.dtype.is_floating:
                ahead.append(cause)
    return None


def channels(tensor: Any) -> int | None:
    """Which axis of an input the model takes for channels: that which stands where its first
    convolution, pooling or resizing has them, whatever was transposed before; None where none of
    these reads the input."""
    axes: dict[str, tuple[int | None, ...]] = {tensor.op.name: tuple(range(tensor.shape.rank))}
    for op in tensor.graph.get_operations():
        read = [axes[cause.op.name] for cause in op.inputs if cause.op.name in axes]
        if not read or op.name in axes:
            continue
        if op.type in _WITH_CHANNELS and op.inputs[0].op.name in axes:
            own = axes[op.inputs[0].op.name]
            return own[1 if _format(op).startswith("NC") else -1]
        if (moved := _moved(op, read[0])) is not None:
            axes[op.name] = moved
    return None


def _format(op: Any) -> str:
    known = any(attribute.name == "data_format" for attribute in op.op_def.attr)
    return op.get_attr("data_format").decode() if known else "NHWC"


def _moved(op: Any, axes: tuple[int | None, ...]) -> tuple[int | None, ...] | None:
    """The input's axes as they stand behind an operation; None where that is not known."""
    if op.type in _ELSEWHERE or not op.outputs or op.outputs[0].shape.rank is None:
        return None
    if op.type in ("Transpose", "ExpandDims"):
        where = tf.get_static_value(op.inputs[1])
        if where is None:
            return None
        if op.type == "Transpose":
            return tuple(axes[i] for i in where)
        at = int(where) % (len(axes) + 1)
        return (*axes[:at], None, *axes[at:])
    return axes if op.outputs[0].shape.rank == len(axes) else None


def _differentiable(op: Any) -> bool:
    floats = any(output.dtype.is_floating or output.dtype.is_complex for output in op.outputs)
    # Variants and resources carry values through loops and lists.
    other = any(output.dtype.name in ("variant", "resource") for output in op.outputs)
    return op.type not in _NO_GRADIENT and (floats or other)


# Parts of the names of operations that multiply with weights, or hide such in a function.
_CONTRACTING = ("Call", "Case", "Conv", "Einsum", "GRU", "If", "LSTM", "MatMul", "RNN", "While")
_REDUCING = frozenset({"Max", "Mean", "Min", "Prod", "Sum"})


def leading(graph: Any, sources: Sequence[Any], ends: Sequence[Any]) -> list[frozenset[int]]:
    """For each end the sources that lead to it by more than what passes them on.

    A product, a convolution, a loop, or what brings positions together (pooling, a mean over them)
    is more. What works number by number, along channels alone, or puts numbers elsewhere (softmax,
    reshaping, resizing, joining) passes on.
    """
    own: dict[str, int] = {}
    for i, source in enumerate(sources):
        own[source.op.name] = own.get(source.op.name, 0) | 1 << i
    passed: dict[str, int] = {}
    more: dict[str, int] = {}
    for op in graph.get_operations():
        first = second = 0
        for cause in op.inputs:
            first |= passed.get(cause.op.name, 0)
            second |= more.get(cause.op.name, 0)
        if first and (_contracts(op) or _brings_together(op)):
            first, second = 0, first | second
        passed[op.name], more[op.name] = first | own.get(op.name, 0), second
    return [_members(more.get(end.op.name, 0)) for end in ends]


def entries(graph: Any, made: int, number: Any) -> list[Any]:
    """The tensors among the first `made` operations of a graph that a number made behind them is a
    function of, with a gradient."""
    behind = {op.name for op in graph.get_operations()[made:]}
    tensors, waiting, seen = [], [number], {number.name}
    while waiting:
        tensor = waiting.pop()
        if tensor.op.name not in behind:
            tensors.append(tensor)
        elif _differentiable(tensor.op):
            new = [cause for cause in tensor.op.inputs if cause.name not in seen]
            seen.update(cause.name for cause in new)
            waiting += new
    return tensors


def products(graph: Any, tensors: Sequence[Any]) -> list[int]:
    """For each tensor the most products that follow one another on the way to it."""
    known: dict[str, int] = {}
    for op in graph.get_operations():
        most = max((known.get(cause.op.name, 0) for cause in op.inputs), default=0)
        known[op.name] = most + _contracts(op)
    return [known[tensor.op.name] for tensor in tensors]


def dominating(
    graph: Any, tensors: Sequence[Any], sources: Sequence[Any], ends: Sequence[Any]
) -> list[bool]:
    """For each tensor whether all gradients from some source to some end pass through it.

    Those are the dominators of the graph: as many paths lead through them as there are.
    """
    operations = graph.get_operations()
    moving = [op for op in operations if _differentiable(op)]
    to_end: list[dict[str, int]] = []
    for end in ends:
        paths = {end.op.name: 1}
        for op in reversed(moving):
            for cause in op.inputs if op.name in paths else ():
                paths[cause.op.name] = paths.get(cause.op.name, 0) + paths[op.name]
        to_end.append(paths)
    found = [False] * len(tensors)
    for source in sources:
        paths = {source.op.name: 1}
        for op in moving:
            if op.name != source.op.name:
                count = sum(paths.get(cause.op.name, 0) for cause in op.inputs)
                if count:
                    paths[op.name] = count
        for i, tensor in enumerate(tensors):
            name = tensor.op.name
            found[i] |= any(
                paths.get(name, 0) * own.get(name, 0) == own[source.op.name]
                for own in to_end
                if source.op.name in own
            )
    return found


def contracted(graph: Any, sources: Sequence[Any]) -> Callable[[Any], bool]:
    """Whether some source was multiplied with something on the way to a tensor of the graph."""
    passed = {source.op.name for source in sources}
    done: set[str] = set()
    for op in graph.get_operations():
        graph_dependencies = {cause.op.name for cause in op.inputs}
        if graph_dependencies & done or (graph_dependencies & passed and _contracts(op)):
            done.add(op.name)
        elif graph_dependencies & passed:
            passed.add(op.name)
    return lambda tensor: tensor.op.name in done


def _contracts(op: Any) -> bool:
    return any(part in op.type for part in _CONTRACTING)


def _brings_together(op: Any) -> bool:
    if "Pool" in op.type:
        return True
    rank = (op.inputs[0].shape.rank or 0) if op.type in _REDUCING else 0
    axes = tf.get_static_value(op.inputs[1]) if rank > 2 else None
    if axes is None:
        return False
    return bool({int(axis) % rank for axis in np.ravel(axes)} - {0, rank - 1})


def _members(bits: int) -> frozenset[int]:
    return frozenset(i for i in range(bits.bit_length()) if bits >> i & 1)


class Tokens:
    """Where tokens of a sequence [N, T, C] stand, once others were put in front of or behind them.

    Follows concatenations along axis 1, as those of a class token or of registers are.

    Args:
        graph: Of the traced pass.
        depends: As `graph_dependencies` gives it.
    """

    def __init__(self, graph: Any, depends: Callable[[Any], frozenset[int]]) -> None:
        self._joins: list[tuple[list[int], list[frozenset[int]]]] = []
        for op in graph.get_operations():
            if op.type == "ConcatV2" and op.outputs[0].shape.rank == 3:
                parts = list(op.inputs)[:-1]
                lengths = [part.shape[1] for part in parts]
                if None not in lengths and op.outputs[0].shape[1] == sum(lengths):
                    self._joins.append((lengths, [depends(part) for part in parts]))

    def offsets(self, source: int, count: int) -> dict[int, int]:
        """How many tokens stand in front of the `count` that depend on `source`, by how many
        there are in all: {196: 0, 197: 1} for 196 patches behind a class token."""
        known = {count: 0}
        for lengths, sources in self._joins:
            for i, length in enumerate(lengths):
                if length in known and source in sources[i]:
                    known.setdefault(sum(lengths), sum(lengths[:i]) + known[length])
        return known
