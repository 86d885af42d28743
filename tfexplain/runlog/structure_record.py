"""Converts the structure of a model to the record that a log holds once."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import Any

import numpy as np

from tfexplain.model.keras_model import KerasModel
from tfexplain.model.traced_model import TracedModel
from tfexplain.runlog.writer import RunWriter
from tfexplain.structure.activation_curves import HIGH, LOW
from tfexplain.structure.layer_graph import LayerGraph, LayerNode, layer_graph
from tfexplain.structure.training_facts import training_facts
from tfexplain.types import Model
from tfexplain.wire import schema

# Callbacks that stand together log the same graph; it holds neither the model nor its weights.
_known: weakref.WeakKeyDictionary[Model, tuple[list[Any], schema.Structure]]
_known = weakref.WeakKeyDictionary()


def structure_record(traced_model: TracedModel) -> schema.Structure | None:
    """Returns the record of a model; None of what has no layers."""
    if not isinstance(traced_model, KerasModel):
        return None
    model, seen = traced_model.model, traced_model.seen
    known = _known.get(model)
    if known is None or list(map(id, known[0])) != list(map(id, seen)):
        known = _known[model] = (seen, _record(layer_graph(traced_model)))
    record, training = known[1], training_facts(traced_model)
    return replace(record, training=training)


def write_structure(record: schema.Structure | None, writer: RunWriter) -> None:
    """Writes the record, where there is one."""
    if record is not None:
        writer.add_constant(schema.Tag("structure"), record, schema.Content("structure"))


def _record(graph: LayerGraph) -> schema.Structure:
    numbers = [
        (
            0 if node.is_again else node.parameters,
            np.nan if node.macs is None and node.kernels else node.macs or 0,
        )
        for node in graph.nodes
    ]
    return schema.Structure(
        [_row(node) for node in graph.nodes],
        np.array([node.parent for node in graph.nodes]),
        np.array(graph.edges).reshape(-1, 2),
        np.array(numbers, float),
        {},
        schema.Curves(np.array([node.curve for node in graph.nodes]), graph.curves, LOW, HIGH),
    )


def _row(node: LayerNode) -> dict[str, Any]:
    shape = ("any" if side is None else str(side) for side in node.shape or ())
    return {
        "name": schema.tag_name(node.name),
        "kind": node.kind,
        "type": node.layer_type,
        "shape": " × ".join(shape),
        "dtype": node.dtype,
        "activation": node.activation,
        "state": node.state,
        "mode": node.mode,
    }
