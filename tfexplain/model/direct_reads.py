"""Finds which layer calls and inputs each layer call reads through no other call."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tfexplain.types import Tensor


def direct_reads(
    inputs: Sequence[Tensor], calls: Sequence[Tensor], paths: Sequence[str]
) -> list[tuple[int, ...]] | None:
    """Returns for each call what it reads, by number: input 0, 1, ..., then call 0, 1, ...

    A nested model hands on what its last layer gives: layers inside read the layer, others the
    model.

    Args:
        inputs: Of the model, symbolic.
        calls: Outputs of the calls, in their order.
        paths: Paths of the layers that are called.

    Returns:
        None where outputs do not tell the calls apart, as of a Dropout that hands on its input.
    """
    graph, first = inputs[0].graph, len(inputs)
    if any(call.graph is not graph for call in calls):
        return None
    by_op: dict[str, list[int]] = {}
    for number, tensor in enumerate([*inputs, *calls]):
        by_op.setdefault(tensor.op.name, []).append(number)
    named = [*[""] * first, *paths]
    if not all(_is_nested(chain, named, first) for chain in by_op.values()):
        return None
    read = _read(graph, {op: chain[0] for op, chain in by_op.items()})
    chains = {chain[0]: chain for chain in by_op.values()}
    found: list[tuple[int, ...]] = []
    for number in range(first, len(named)):
        chain = by_op[calls[number - first].op.name]
        place = chain.index(number)
        if place:
            found.append((chain[place - 1],))
            continue
        seen = (_outermost(chains[cause], named, number) for cause in _members(read[chain[0]]))
        found.append(tuple(sorted(seen)))
    return found


def _is_nested(chain: Sequence[int], named: Sequence[str], first: int) -> bool:
    """Whether calls of one output are a layer and the models around it, each called once."""
    if len(chain) == 1:
        return True
    inside = all(named[one].startswith(named[other] + "/") for one, other in pairwise(chain))
    return chain[0] >= first and inside and all(named.count(named[c]) == 1 for c in chain[1:])


def _outermost(chain: Sequence[int], named: Sequence[str], reader: int) -> int:
    """The outermost of these calls that the reader is no part of."""
    if len(chain) == 1:
        return chain[0]
    return [c for c in chain if not named[reader].startswith(named[c] + "/")][-1]


def _read(graph: object, numbers: dict[str, int]) -> dict[int, int]:
    """What each numbered operation reads, sets as the bits of whole numbers: a graph has many
    thousand operations."""
    known: dict[str, int] = {}
    read: dict[int, int] = {}
    # A graph lists its operations in the order they were made: causes before effects.
    for op in graph.get_operations():  # type: ignore[attr-defined]
        bits = 0
        for cause in op.inputs:
            bits |= known.get(cause.op.name, 0)
        name = op.name
        if name in numbers:
            read[numbers[name]] = bits
            bits = 1 << numbers[name]
        known[name] = bits
    return read


def _members(bits: int) -> tuple[int, ...]:
    return tuple(i for i in range(bits.bit_length()) if bits >> i & 1)
