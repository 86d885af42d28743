"""Tells how the values of an attribution lie, and which input they belong to."""

from __future__ import annotations

from typing import Literal

from tfexplain.attribution import Attribution
from tfexplain.model.layer_calls import LayerCall
from tfexplain.model.traced_model import TracedModel
from tfexplain.runlog.batch import ValidationBatch
from tfexplain.wire import schema

_BY_SIDES: dict[int, schema.Layout] = {1: "line", 2: "plane", 3: "volume"}
# Under a map of positions lies what has such positions; words and curves have a line of them.
_UNDER: dict[str, tuple[str, ...]] = {
    "line": ("line", "tokens"),
    "plane": ("plane",),
    "volume": ("volume",),
    "": ("tokens", "plane", "line", "features"),
}


def input_layouts(batch: ValidationBatch) -> dict[str, schema.Layout]:
    """Returns how each input lies that the log can show, by its name."""
    pictures: dict[str, schema.Layout] = dict.fromkeys(batch.pictures, "plane")
    volumes: dict[str, schema.Layout] = dict.fromkeys(batch.volumes, "volume")
    return pictures | volumes | {name: values.layout for name, values in batch.values.items()}


def place(
    attribution: Attribution, traced_model: TracedModel, batch: ValidationBatch
) -> tuple[schema.Layout | Literal[""], str]:
    """Returns (layout, input) of an attribution: how one sample's values lie, and over what.

    The input is the explained one, or the first fitting one that the layer depends on.
    """
    inputs, layer = input_layouts(batch), attribution.layer
    if attribution.kind == "picture":
        return "", layer if layer in traced_model.input_names else ""
    if layer in traced_model.input_names:
        return _at_input(attribution, inputs.get(layer, "")), layer
    call = _call(layer, traced_model)
    layout = _at_layer(attribution, call)
    graph_dependencies = [traced_model.input_names[i] for i in call.inputs] if call else []
    wanted = _UNDER.get(layout, ())
    under = next((n for kind in wanted for n in graph_dependencies if inputs.get(n) == kind), "")
    if layout == "line" and under in batch.values and inputs[under] == "tokens":
        # A word for each position: anything else has lost or joined some.
        length = batch.values[under].values.shape[1]
        layout = "tokens" if attribution.maps.shape[-1] == length else layout
    return layout, under


def _call(layer: str, traced_model: TracedModel) -> LayerCall | None:
    """Returns the layer call of a layer; of attention that also returns its scores, and has none,
    a part of it."""
    around = {attention.path: attention.layer for attention in traced_model.attention.calls}.get(
        layer
    )
    parts = [
        s
        for s in traced_model.layer_calls
        if around is not None and s.path.startswith(around + "/")
    ]
    exact = [call for call in traced_model.layer_calls if call.path == layer]
    return (*exact, *parts[::-1], None)[0]


def _at_input(
    attribution: Attribution, known: schema.Layout | Literal[""]
) -> schema.Layout | Literal[""]:
    rank = attribution.maps.ndim - 1
    if rank == 1:
        return known if known in ("tokens", "features", "line") else "features"
    return _BY_SIDES.get(rank, "")


def _at_layer(attribution: Attribution, call: LayerCall | None) -> schema.Layout | Literal[""]:
    if attribution.kind == "matrix":
        return ""
    rank = attribution.maps.ndim - 1 - int(attribution.kind == "channels")
    lies = attribution.channel_axis is not None or attribution.kind == "channels"
    if rank == 1 and not lies and not (call and call.grid and len(call.grid.sides) == 1):
        return "features"
    return _BY_SIDES.get(rank, "")
