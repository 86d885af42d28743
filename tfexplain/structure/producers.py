"""Finds which layer calls and inputs each layer call reads directly."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tfexplain.model.keras_model import KerasModel
from tfexplain.types import Tensor


def producers(traced_model: KerasModel) -> list[tuple[int, ...]]:
    """Returns for each layer call the inputs and calls that it reads through no other call.

    Inputs and calls are numbered together: input 0, 1, ..., then call 0, 1, ... Operations that are
    no layers stand in no list; what they read is read by whatever reads them.
    """
    found: list[list[tuple[int, ...]]] = []

    def forward(batch: Any) -> Any:
        # Each output becomes an operation of its own: at inference, a Dropout hands on its input.
        names = [call.path for call in traced_model.layer_calls]
        outputs, activations = traced_model.forward(batch, names, lambda _, tensor: tensor)
        found.append(_read_directly(tf.nest.flatten(batch), [activations[name] for name in names]))
        return outputs

    with traced_model.tracing():
        tf.function(forward, autograph=False).get_concrete_function(traced_model.specs)
    return found[-1]


def _read_directly(inputs: list[Tensor], calls: list[Tensor]) -> list[tuple[int, ...]]:
    own = {tensor.op.name: number for number, tensor in enumerate([*inputs, *calls])}
    # Sets as the bits of whole numbers: a graph has many thousand operations.
    known: dict[str, int] = {}
    read: dict[str, int] = {}
    # A graph lists its operations in the order they were made: causes before effects.
    for op in inputs[0].graph.get_operations():
        bits = 0
        for cause in op.inputs:
            bits |= known.get(cause.op.name, 0)
        read[op.name] = bits
        known[op.name] = 1 << own[op.name] if op.name in own else bits
    return [_members(read[tensor.op.name]) for tensor in calls]


def _members(bits: int) -> tuple[int, ...]:
    return tuple(i for i in range(bits.bit_length()) if bits >> i & 1)
