"""Tells how the values of an attribution lie, and which input they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    lengths = {n: v.values.shape[1] for n, v in batch.values.items()}
    names = traced_model.input_names
    if attribution.layer in names:
        return place_over(attribution, input_layouts(batch), lengths, [attribution.layer])
    call = _call(attribution.layer, traced_model)
    reads = [names[i] for i in call.inputs] if call else []
    is_line = bool(call and call.grid and len(call.grid.sides) == 1)
    return place_over(attribution, input_layouts(batch), lengths, reads, is_line=is_line)


def place_over(
    attribution: Attribution,
    inputs: Mapping[str, schema.Layout],
    lengths: Mapping[str, int],
    reads: Sequence[str],
    *,
    is_line: bool = False,
) -> tuple[schema.Layout | Literal[""], str]:
    """Returns (layout, input) of an attribution.

    Args:
        attribution: Any; one of an input has its name for the layer.
        inputs: How each input lies that is shown, by its name.
        lengths: How many features, words or steps inputs that are no pictures have.
        reads: Names of the inputs that its layer depends on; of an input itself that alone.
        is_line: Whether its layer has positions along a line.
    """
    layer = attribution.layer
    if attribution.kind == "picture":
        return "", layer if layer in reads else ""
    if layer in reads:
        return _at_input(attribution, inputs.get(layer, "")), layer
    layout = _at_layer(attribution, is_line)
    wanted = _UNDER.get(layout, ())
    under = next((n for kind in wanted for n in reads if inputs.get(n) == kind), "")
    if layout == "line" and inputs.get(under) == "tokens":
        # A word for each position: anything else has lost or joined some.
        layout = "tokens" if attribution.maps.shape[-1] == lengths[under] else layout
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


def _at_layer(attribution: Attribution, is_line: bool) -> schema.Layout | Literal[""]:
    if attribution.kind == "matrix":
        return ""
    rank = attribution.maps.ndim - 1 - int(attribution.kind == "channels")
    lies = attribution.channel_axis is not None or attribution.kind == "channels"
    if rank == 1 and not lies and not is_line:
        return "features"
    return _BY_SIDES.get(rank, "")
