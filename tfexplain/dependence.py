"""What depends on what among the tensors of one traced pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

_NO_GRADIENT = frozenset({"StopGradient", "PreventGradient"})


def causes(
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
        bits = known.get(tensor.op.name, 0)
        return frozenset(i for i in range(bits.bit_length()) if bits >> i & 1)

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


def _differentiable(op: Any) -> bool:
    floats = any(output.dtype.is_floating or output.dtype.is_complex for output in op.outputs)
    # Variants and resources carry values through loops and lists.
    other = any(output.dtype.name in ("variant", "resource") for output in op.outputs)
    return op.type not in _NO_GRADIENT and (floats or other)


class Tokens:
    """Where tokens of a sequence [N, T, C] stand, once others were put in front of or behind them.

    Follows concatenations along axis 1, as those of a class token or of registers are.

    Args:
        graph: Of the traced pass.
        depends: As `causes` gives it.
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
