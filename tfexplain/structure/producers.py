"""Finds which layer calls and inputs each layer call reads directly."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tfexplain.model.direct_reads import direct_reads
from tfexplain.model.keras_model import KerasModel


def producers(traced_model: KerasModel) -> list[tuple[int, ...]]:
    """Returns for each layer call the inputs and calls that it reads through no other call.

    Inputs and calls are numbered together: input 0, 1, ..., then call 0, 1, ... Operations that are
    no layers stand in no list; what they read is read by whatever reads them.
    """
    if traced_model.reads is not None:
        return traced_model.reads
    found: list[list[tuple[int, ...]] | None] = []
    names = [call.path for call in traced_model.layer_calls]

    def forward(batch: Any) -> Any:
        # Each output becomes an operation of its own: at inference, a Dropout hands on its input.
        outputs, activations = traced_model.forward(batch, names, lambda _, tensor: tensor)
        own = [activations[name] for name in names]
        found.append(direct_reads(tf.nest.flatten(batch), own, names))
        return outputs

    with traced_model.tracing():
        tf.function(forward, autograph=False).get_concrete_function(traced_model.specs)
    return found[-1] or []
