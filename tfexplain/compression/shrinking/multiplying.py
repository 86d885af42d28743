"""How constants and zero filters pass layers that multiply with a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.compression.layout import Layout, layout_of
from tfexplain.compression.shrinking.channels import Channels
from tfexplain.types import Layer

Floats = npt.NDArray[np.float64]
Shape = tuple[int | None, ...]
VARIES = "what it goes with varies with the input"


@dataclass(frozen=True, eq=False)
class Multiplied:
    """Holds what a Dense layer or convolution reads and gives.

    Attributes:
        layer: The layer.
        layout: Of its kernel.
        read: Channels of the input.
        given: float64 [O], what its outputs are for any input, activation left out; NaN: vary.
        why: str [O], see `Channels`.
        adds: float64 [I, O], what a constant input adds to each output; zero where it varies.
        needs: str [I], why an input cannot be taken out; "" where it can.
        zero: bool [O], outputs of zero filters.
    """

    layer: Layer
    layout: Layout
    read: Channels
    given: Floats
    why: npt.NDArray[np.object_]
    adds: Floats
    needs: npt.NDArray[np.object_]
    zero: npt.NDArray[np.bool_]


def multiplied(layer: Layer, read: Channels, shape: Shape) -> Multiplied:
    """Follows channels through a Dense layer, a convolution or a transposed one.

    Args:
        layer: Of one group.
        read: Channels that it reads.
        shape: Of its input, with the batch axis.
    """
    kernel, *biases = layer.get_weights()
    layout = layout_of(layer, "kernel", kernel.shape)
    cube = layout.cube(kernel.reshape(layout.outer, layout.inner, layout.columns))  # [K, I, O]
    used = (cube != 0).any(0)  # [I, O]
    constant = ~np.isnan(read.values)
    values = np.where(constant, read.values, 0.0)
    exact = constant & ((values == 0) | (not pads(layer, shape)))
    border = _border(layer, values)
    needs = np.where(exact, "", np.where(constant, border, read.why))
    needs = np.where(constant | (needs != ""), needs, VARIES)
    needs = np.where(used.any(1), needs, "")
    adds = np.zeros(cube.shape[1:])
    # Of those alone: most kernels read no constant, and a sum of all of it takes long.
    adds[exact] = values[exact, None] * cube[:, exact].astype(np.float64).sum(0)
    moving = used & ~exact[:, None]
    given = np.where(moving.any(0), np.nan, adds.sum(0) + bias_of(biases, cube.shape[-1]))
    why = _only_reasons(np.where(constant, border, read.why), moving)
    zero = ~used.any(0)
    return Multiplied(layer, layout, read, given, why, adds, needs, zero)


def depthwise(layer: Layer, read: Channels, shape: Shape) -> tuple[Channels, Any]:
    """Follows channels through a depthwise convolution: (channels given, bool [O] zero filters).

    Outputs of one input go with it.
    """
    kernel, *biases = layer.get_weights()
    several = kernel.shape[-1]
    cube = kernel.astype(np.float64).reshape(-1, kernel.shape[-2] * several)  # [K, O]
    wide = read.at(np.repeat(np.arange(len(read)), several))
    constant, used = ~np.isnan(wide.values), (cube != 0).any(0)
    values = np.where(constant, wide.values, 0.0)
    exact = constant & ((values == 0) | (not pads(layer, shape)))
    sums = np.where(used & exact, values * cube.sum(0), 0.0) + bias_of(biases, cube.shape[-1])
    given = wide.valued(np.where(used & ~exact, np.nan, sums), _border(layer, values))
    return given, ~used


def bias_of(biases: Sequence[Any], count: int) -> Floats:
    """Returns the bias, float64 [count], of weights behind a kernel; zeros where there is none."""
    return np.asarray(biases[0] if biases else np.zeros(count), np.float64)


def pads(layer: Layer, shape: Shape) -> bool:
    """Returns whether the layer's sums miss inputs at the borders, so that constants do not stay
    constant."""
    window = getattr(layer, "kernel_size", None)
    if window is None or all(side == 1 for side in window):
        return False
    if type(layer).__name__.endswith("Transpose"):
        return layer.padding != "valid" or tuple(layer.strides) != tuple(window)
    if layer.padding == "valid":
        return False
    if layer.padding != "same":
        return True
    for side, n, stride, rate in zip(
        window, shape[1:-1], layer.strides, layer.dilation_rate, strict=True
    ):
        if n is None or (-(-n // stride) - 1) * stride + (side - 1) * rate + 1 > n:
            return True
    return False


def _border(layer: Layer, values: Floats) -> npt.NDArray[np.object_]:
    if not hasattr(layer, "padding"):
        return np.full(len(values), "", object)
    text = (
        f"it is constant there and not zero, and {layer.name} reads zeros beyond the borders "
        f"(padding={layer.padding!r})"
    )
    return np.where(values == 0, "", text).astype(object)


def _only_reasons(
    reasons: npt.NDArray[np.object_], moving: npt.NDArray[np.bool_]
) -> npt.NDArray[np.object_]:
    """Returns by output the first reason where each input that moves it, bool [I, O], has one."""
    told = moving.any(0) & ~moving[reasons == ""].any(0)
    why = np.full(moving.shape[1], "", object)
    why[told] = reasons[moving[:, told].argmax(0)]
    return why
