"""Reads LoRA updates: small float matrices beside a kernel, added where the layer computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tfexplain.compression.buffers import Variable, is_variable
from tfexplain.compression.combined import LowRankSource
from tfexplain.compression.kernels import Storage
from tfexplain.compression.sources import Source
from tfexplain.model.keras_private import stored_variable
from tfexplain.types import Layer


@dataclass(frozen=True)
class Update:
    """Holds LoRA's factor * A B."""

    a: Variable
    b: Variable
    factor: float

    @property
    def variables(self) -> tuple[Variable, Variable]:
        """The variables A and B."""
        return self.a, self.b

    def apply(self, source: Source) -> Source:
        """Returns the source with the update added."""
        return LowRankSource(source, self.a, self.b, self.factor)


def low_rank(layer: Layer) -> Mapping[int, Update]:
    """Returns LoRA updates of a layer, by the id of the variable that they are added to."""
    if not getattr(layer, "lora_enabled", False):
        return {}
    updates = {}
    for name in ("kernel", "embeddings"):
        a = getattr(layer, f"lora_{name}_a", None)
        variable = stored_variable(layer, name)
        if is_variable(a) and is_variable(variable):
            b = getattr(layer, f"lora_{name}_b")
            updates[id(variable)] = Update(a, b, layer.lora_alpha / layer.lora_rank)
    return updates


def with_update(layer: Layer, variable: Variable, stored: Storage) -> Storage:
    """Returns `stored` with the update of `variable`, where there is one."""
    update = low_rank(layer).get(id(variable))
    if update is None or stored.source is None:
        return stored
    base = stored.source
    return replace(
        stored,
        source=lambda layout: update.apply(base(layout)),
        overhead=(*stored.overhead, *update.variables),
        note=f"{stored.note} LoRA of rank {layer.lora_rank} added to the codes".strip(),
    )
