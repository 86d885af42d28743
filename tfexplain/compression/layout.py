"""What the axes of a kernel mean: positions, inputs, outputs, groups."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
Kind = Literal["dense", "conv", "depthwise", "transposed", "lookup", "other"]


@dataclass(frozen=True)
class Layout:
    """A kernel as a cube of positions K, inputs I and outputs O, without moving a byte.

    In memory the cube is [outer, inner, columns]: [K, I, O], or [K, O, I] where `swapped`
    (transposed convolutions keep outputs before inputs). `groups` splits O: output `o` belongs to
    group `o // (O // groups)`, and I counts the inputs of one group. A kernel whose axes are
    interleaved in other ways has `order`, the permutation that brings them into line; reading it
    costs a copy of that one kernel.

    Attributes:
        kind: How outputs are computed; a `lookup` has inputs but no sum over them.
        outer: K.
        inner: I, or O where swapped.
        columns: O, or I where swapped.
    """

    kind: Kind
    outer: int
    inner: int
    columns: int
    groups: int = 1
    swapped: bool = False
    order: tuple[int, ...] | None = None

    @property
    def positions(self) -> int:
        """K: how many places of the input one output reads."""
        return self.outer

    @property
    def inputs(self) -> int:
        """I: input channels that one output reads."""
        return self.columns if self.swapped else self.inner

    @property
    def outputs(self) -> int:
        """O: output channels, filters, units."""
        return self.inner if self.swapped else self.columns

    @property
    def size(self) -> int:
        """How many weights there are."""
        return self.outer * self.inner * self.columns

    @property
    def sums_inputs(self) -> bool:
        """Whether the input axis is summed over, so that n:m patterns on it mean something."""
        return self.kind not in ("lookup", "depthwise")

    def cube(self, block: Array) -> Array:
        """[k, i, o] of a block [k, inner, columns]."""
        return block.swapaxes(1, 2) if self.swapped else block


def layout_of(layer: Any, weight: str, shape: Shape) -> Layout:
    """The layout of the kernel called `weight` of a Keras 3 or tf_keras layer."""
    names = {cls.__name__ for cls in type(layer).__mro__}
    if "EinsumDense" in names:
        return einsum_layout(layer.equation, shape)
    if names & {"Embedding", "ReversibleEmbedding"} and weight != "reverse_embeddings":
        return Layout("lookup", 1, shape[0], prod(shape[1:]))
    if weight == "depthwise_kernel" or any(name.startswith("DepthwiseConv") for name in names):
        return _depthwise(shape)
    convolution = any("Conv" in name for name in names) and len(shape) > 2
    if convolution and any(name.endswith("Transpose") for name in names):
        return Layout("transposed", prod(shape[:-2]), shape[-2], shape[-1], swapped=True)
    groups = int(getattr(layer, "groups", 1) or 1)
    kind: Kind = "conv" if convolution else "dense" if len(shape) == 2 else "other"
    return Layout(kind, prod(shape[:-2]), shape[-2], shape[-1], groups if convolution else 1)


def _depthwise(shape: Shape) -> Layout:
    """[..., C, multiplier]: C groups of one input each."""
    return Layout("depthwise", prod(shape[:-2]), 1, shape[-2] * shape[-1], shape[-2])


def einsum_layout(equation: str, shape: Shape) -> Layout:
    """The layout of an EinsumDense kernel: axes in the output are outputs, the others inputs.

    >>> einsum_layout("abc,cde->abde", (16, 2, 8))
    Layout(kind='dense', outer=1, inner=16, columns=16, groups=1, swapped=False, order=None)
    """
    _, kernel, output = equation.replace(" ", "").replace("->", ",").split(",")
    axes = kernel.replace(".", "")
    outs = [axis for axis, name in enumerate(axes) if name in output]
    ins = [axis for axis in range(len(axes)) if axis not in outs]
    order = (*ins, *outs)
    inner, columns = prod(shape[a] for a in ins), prod(shape[a] for a in outs)
    in_line = order == tuple(range(len(axes)))
    return Layout("dense", 1, inner, columns, order=None if in_line else order)


def output_positions(layer: Any, layout: Layout, output: Shape | None) -> int | None:
    """How often one call for one sample uses every weight, or None where it cannot be known.

    Args:
        layer: The layer.
        layout: Of its kernel.
        output: Shape of the layer's output without the batch axis; None asks the layer's own
            first call in a functional graph.
    """
    if layout.kind == "lookup":
        return 0
    shape = _known_output(layer) if output is None else output
    if shape is None or any(side is None for side in shape):
        return None
    elements = int(np.prod(shape, dtype=np.int64))
    if layout.kind in ("conv", "depthwise", "transposed"):
        first = getattr(layer, "data_format", "") == "channels_first"
        sides = shape[1:] if first else shape[:-1]
        if layout.kind == "transposed":
            # Each input position meets the whole kernel once.
            return _input_positions(layer, sides)
        return prod(sides)
    return None if elements % layout.outputs else elements // layout.outputs


def _input_positions(layer: Any, sides: Shape) -> int | None:
    """How many positions a transposed convolution makes an output of these sides from."""
    if layer.output_padding is not None:
        return None
    found = 1
    for i, (side, stride) in enumerate(zip(sides, layer.strides, strict=True)):
        over = 0
        if layer.padding == "valid":
            reach = (layer.kernel_size[i] - 1) * layer.dilation_rate[i] + 1
            over = max(reach - stride, 0)
        found *= (side - over) // stride
    return int(found)


def _known_output(layer: Any) -> Shape | None:
    nodes = getattr(layer, "_inbound_nodes", None) or ()
    for node in nodes:
        # Keras 3 keeps the outputs as a list; tf_keras one tensor or a structure.
        outputs = getattr(node, "outputs", None)
        tensors = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        shape = getattr(tensors[0], "shape", None) if len(tensors) == 1 else None
        if shape is not None:
            return tuple(shape)[1:]
    return None
