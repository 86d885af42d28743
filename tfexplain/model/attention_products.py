"""What attention is among the operations of a graph: values added up by weights over keys.

No layer's class tells it: Keras has a few such layers, Keras Hub has dozens, and many people write
their own. Attention is a product of two tensors over the last axes of one, [N, *heads, *q, *k],
along which that one was normalized, while the other one, the values, knows nothing of q.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tfexplain.types import Tensor

_PRODUCTS = frozenset({"BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum"})
# Between a softmax and the product may stand a cast, a mask, dropout, and what merges groups.
_BETWEEN = frozenset({"Cast", "Identity", "Mul", "RealDiv", "Reshape", "Select", "SelectV2"})


class Weighing(NamedTuple):
    """Of a product that is about to be made: which of its two operands are weights [N, *heads, *q,
    *k], over how many axes queries lie and keys do, and whether samples are cut into parts that
    know nothing of one another; and the softmax that made them, which has their axes apart where
    the product has some of them merged."""

    weights: int
    axes: int
    parts: bool
    softmax: Tensor = None


def weighing(kind: str, inputs: Sequence[Tensor], attrs: Mapping[str, Any]) -> Weighing | None:
    """Whether an operation adds up values by attention weights.

    Args:
        kind: Of operation.
        inputs: What it is to be made of.
        attrs: Its settings, as protocol buffers.
    """
    if kind not in _PRODUCTS or len(inputs) != 2:
        return None
    forms = _of_einsum(attrs) if kind == "Einsum" else _of_matmul(inputs, attrs)
    for form in forms:
        softmax = _softmax(inputs[form.weights], form.axes)
        if softmax is not None:
            return form._replace(softmax=softmax.outputs[0])
    return None


def _of_einsum(attrs: Mapping[str, Any]) -> Iterator[Weighing]:
    operands, _, result = attrs["equation"].s.decode().partition("->")
    for which, (weights, values) in enumerate((operands.split(","), operands.split(",")[::-1])):
        keys = [axis for axis in weights if axis in values and axis not in result]
        rest, axes = weights[: len(weights) - len(keys)], len(keys)
        queries = rest[len(rest) - axes :]
        if (
            axes
            and weights.endswith("".join(keys))
            and len(rest) > axes
            and all(axis in result and axis not in values for axis in queries)
            and rest[0] in values
        ):
            shared = sum(axis in values for axis in rest[:-axes])
            yield Weighing(which, axes, parts=shared > 2)


def _of_matmul(inputs: Sequence[Tensor], attrs: Mapping[str, Any]) -> Iterator[Weighing]:
    flipped = [attrs[name].b if name in attrs else False for name in ("adj_x", "adj_y")]
    for which, as_rows in enumerate((not flipped[0], flipped[1])):
        shapes = [tensor.shape for tensor in (inputs[which], inputs[1 - which])]
        if as_rows and all(shape.rank is not None and shape.rank > 2 for shape in shapes):
            shared = sum(side != 1 for side in shapes[1][1:-2])
            yield Weighing(which, 1, parts=shared > 1)


def _softmax(tensor: Tensor, axes: int, most: int = 6) -> Any:
    """The operation that normalizes a tensor over its last axes, be it under a mask since."""
    op = tensor.op
    if op.type == "Softmax":
        return op if axes == 1 else None
    if op.type == "Exp" and op.inputs[0].op.type == "Sub":  # over several axes
        return op if _has_log(op.inputs[0].op.inputs[1]) else None
    if op.type not in _BETWEEN or not most:
        return None
    alike = [x for x in op.inputs if x.dtype.is_floating and _same_end(x, tensor)]
    steps = (_softmax(x, axes, most - 1) for x in alike)
    return next((softmax for softmax in steps if softmax is not None), None)


def _has_log(tensor: Tensor, most: int = 4) -> bool:
    op = tensor.op
    if op.type == "Log" or not most:
        return bool(op.type == "Log")
    return any(_has_log(x, most - 1) for x in op.inputs)


def _same_end(one: Tensor, other: Tensor) -> bool:
    if not one.shape.rank or not other.shape.rank:
        return False
    return bool(one.shape[-1] == other.shape[-1])


def compared(softmax: Tensor, most: int = 200) -> list[Tensor]:
    """The queries and the keys that weights are made of: what the nearest product before their
    softmax multiplies. Empty where there is none, as in additive attention."""
    waiting, seen = [softmax.op], {softmax.op.name}
    while waiting and len(seen) < most:
        op = waiting.pop(0)
        if op.type in _PRODUCTS:
            return list(op.inputs)
        for tensor in op.inputs:
            if tensor.op.name not in seen:
                seen.add(tensor.op.name)
                waiting.append(tensor.op)
    return []
