"""Follows the channels of a whole functional model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.compression.shrinking import passing
from tfexplain.compression.shrinking.channels import Channels, Ids, Ties
from tfexplain.compression.shrinking.multiplying import (
    Multiplied,
    Shape,
    depthwise,
    multiplied,
)
from tfexplain.model.keras_private import graph_calls, is_layer
from tfexplain.types import Layer, Model

_MULTIPLYING = {"Dense"} | {f"Conv{n}D{end}" for n in (1, 2, 3) for end in ("", "Transpose")}
_DEPTHWISE = {"DepthwiseConv1D", "DepthwiseConv2D"}
_NORMALIZING = {"BatchNormalization", "BatchNormalizationV1", "SyncBatchNormalization"}


@dataclass(frozen=True, eq=False)
class Cut:
    """Holds the channels that a layer with weights, or a given shape, reads and gives."""

    layer: Layer
    read: Ids
    given: Ids
    zero: npt.NDArray[np.bool_] | None = None


@dataclass(eq=False)
class Flow:
    """Holds what is known of the channels of a model.

    Attributes:
        ties: Which of them go together, and which stay.
        cuts: Layers that change with the channels, by id.
        reads: Layers that multiply channels with a kernel, by id.
        zeros: (layer, bool [O] zero filters, channels) of every layer that has filters.
        nested: Models within the model, whose own channels are followed apart.
    """

    ties: Ties = field(default_factory=Ties)
    cuts: dict[int, Cut] = field(default_factory=dict)
    reads: dict[int, Multiplied] = field(default_factory=dict)
    zeros: list[tuple[Layer, npt.NDArray[np.bool_], Ids]] = field(default_factory=list)
    nested: list[Model] = field(default_factory=list)

    def through(self, layer: Any, inputs: Sequence[Channels], shapes: Sequence[Shape]) -> Channels:
        """Follows channels through one call.

        Args:
            layer: A layer or operation.
            inputs: What it reads.
            shapes: Of its inputs, then of its output.
        """
        kind, one = type(layer).__name__, inputs[0]
        if kind in _MULTIPLYING and layer_is_plain(layer):
            return self._multiply(layer, one, shapes[0])
        if kind in _DEPTHWISE:
            given, zero = depthwise(layer, one, shapes[0])
            self.cuts[id(layer)] = Cut(layer, one.ids, given.ids, zero)
            self.zeros.append((layer, zero, given.ids))
            return self._activated(layer, given)
        if kind in _NORMALIZING and _axis(layer) in (-1, len(shapes[0]) - 1):
            self.cuts[id(layer)] = Cut(layer, one.ids, one.ids)
            return passing.normalized(layer, one)
        if kind == "PReLU":
            sloped = passing.sloped(layer, one)
            if sloped is not None:
                self.cuts[id(layer)] = Cut(layer, one.ids, one.ids)
            return sloped or self.stop(layer, inputs, shapes[-1])
        if kind in passing.MERGING and len(inputs) > 1:
            return passing.merged(layer, inputs, self.ties)
        if kind == "Concatenate" and layer.axis in (-1, len(shapes[0]) - 1):
            return passing.concatenated(inputs)
        if kind == "Flatten" and None not in shapes[0][1:]:
            positions = prod(side or 0 for side in shapes[0][1:-1])
            return one.at(np.tile(np.arange(len(one)), positions))
        if kind == "Reshape" and shapes[0][-1] == shapes[-1][-1]:
            self.cuts[id(layer)] = Cut(layer, one.ids, one.ids)
            return one
        if kind in passing.FUNCTIONS:
            function = getattr(layer, "activation", layer) if kind == "Activation" else layer
            if kind != "Activation" or passing.by_value(function):
                return passing.computed(function, one)
        if kind in passing.SAME:
            return one
        if kind in passing.PADDING:
            return passing.padded(layer, one)
        return self.stop(layer, inputs, shapes[-1])

    def stop(
        self, layer: Any, inputs: Sequence[Channels], shape: Shape, reason: str = ""
    ) -> Channels:
        """Says that what a layer reads and gives stays whole."""
        reason = reason or f"{layer.name} ({type(layer).__name__}) needs all its channels"
        for channels in inputs:
            self.ties.keep(channels.ids, reason)
        given = self.ties.fresh((shape[-1] or 0) if len(shape) > 1 else 0)
        self.ties.keep(given, reason)
        if type(layer).__name__ in _MULTIPLYING and getattr(layer, "kernel", None) is not None:
            kernel = np.asarray(layer.get_weights()[0])
            axis = -2 if type(layer).__name__.endswith("Transpose") else -1
            if kernel.shape[axis] == len(given):
                zero = ~np.moveaxis(kernel != 0, axis, -1).reshape(-1, len(given)).any(0)
                self.zeros.append((layer, zero, given))
        return Channels.varying(given)

    def _multiply(self, layer: Layer, read: Channels, shape: Shape) -> Channels:
        done = multiplied(layer, read, shape)
        ids = self.ties.fresh(len(done.given))
        self.reads[id(layer)] = done
        self.cuts[id(layer)] = Cut(layer, read.ids, ids, done.zero)
        self.zeros.append((layer, done.zero, ids))
        return self._activated(layer, Channels(ids, done.given, done.why))

    def _activated(self, layer: Layer, given: Channels) -> Channels:
        if passing.by_value(layer.activation):
            return passing.computed(layer.activation, given)
        self.ties.keep(given.ids, f"the activation of {layer.name} reads all of them at once")
        return Channels.varying(given.ids)


def follow(model: Model) -> Flow | None:
    """Follows the channels of a functional or Sequential model; None for another."""
    calls = graph_calls(model)
    if calls is None:
        return None
    flow, known = Flow(), dict[int, Channels]()
    times = Counter(id(layer) for layer, _, _ in calls)
    for layer, inputs, outputs in calls:
        read = [known[id(tensor)] for tensor in inputs]
        shapes = [tuple(tensor.shape) for tensor in (*inputs, *outputs)]
        barrier = _barrier(layer, times[id(layer)], shapes, read, flow, len(outputs))
        if barrier or not read:
            for tensor in outputs:
                whole = flow.stop(layer, read, tuple(tensor.shape), barrier)
                known[id(tensor)] = whole
        else:
            known[id(outputs[0])] = flow.through(layer, read, shapes)
    for tensor in model.outputs:
        flow.ties.keep(known[id(tensor)].ids, "it is an output of the model")
    return flow


def _barrier(
    layer: Any,
    times: int,
    shapes: Sequence[Shape],
    read: Sequence[Channels],
    flow: Flow,
    outputs: int,
) -> str:
    """Returns why channels are not followed through a layer, or ""."""
    name = f"{layer.name} ({type(layer).__name__})"
    if not read:
        return "it is an input of the model"
    if graph_calls(layer) is not None:
        flow.nested += [layer] if layer not in flow.nested else []
        return f"{name} is a model of its own, whose inputs and outputs keep their channels"
    if times > 1 and (not is_layer(layer) or layer.weights or type(layer).__name__ == "Reshape"):
        return f"{name} is called {times} times"
    if type(layer).__module__.split(".")[0] not in ("keras", "tf_keras"):
        return f"{name} is a layer of your own"
    if getattr(layer, "data_format", "channels_last") == "channels_first":
        return f"{name} has its channels first"
    if getattr(layer, "quantization_mode", None) or getattr(layer, "lora_enabled", False):
        return f"{name} is quantized, or has LoRA: shrink before that"
    if outputs > 1 or [len(one) for one in read] != [shape[-1] for shape in shapes[: len(read)]]:
        return f"{name} needs all its channels"
    if len(read) > 1 and len({len(one) for one in read}) > 1:
        return (
            "" if type(layer).__name__ == "Concatenate" else f"{name} spreads one channel over all"
        )
    return ""


def layer_is_plain(layer: Layer) -> bool:
    """Returns whether each output of the layer reads all inputs."""
    return int(getattr(layer, "groups", 1) or 1) == 1


def _axis(layer: Layer) -> int:
    axis = layer.axis
    # tf_keras keeps a list.
    return int(axis[0] if isinstance(axis, Sequence) else axis)
