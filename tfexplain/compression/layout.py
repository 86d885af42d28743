"""Describes the axes of a kernel: positions, inputs, outputs, groups."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, Literal, TypeAlias

import numpy as np

from tfexplain.compression.keras.roles import kind_of
from tfexplain.types import Array

Shape: TypeAlias = tuple[int, ...]
Kind = Literal["dense", "conv", "depthwise", "transposed", "lookup", "other", "unknown"]


@dataclass(frozen=True)
class Layout:
    """Describes a kernel as a cube of positions K, inputs I and outputs O, without moving a byte.

    In memory the cube is [outer, inner, columns]: [K, I, O], or [K, O, I] where `swapped`
    (transposed convolutions keep outputs before inputs). `groups` splits O: output `o` belongs to
    group `o // (O // groups)`, and I counts the inputs of one group. A kernel whose axes are
    interleaved in other ways has `order`, the permutation that brings them into line; reading it
    costs a copy of that one kernel.

    Attributes:
        kind: How outputs are computed; a `lookup` has inputs but no sum over them. Of `unknown`
            ones even the axes are not known: K, I and O say how they lie, and nothing else.
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
        """K: how many positions of the input one output reads."""
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
        """Number of weights."""
        return self.outer * self.inner * self.columns

    @property
    def sums_inputs(self) -> bool:
        """Whether the input axis is summed over, so that n:m patterns on it mean something."""
        return self.kind not in ("lookup", "depthwise")

    def cube(self, block: Array) -> Array:
        """Reshapes a block [k, inner, columns] to [k, i, o]."""
        return block.swapaxes(1, 2) if self.swapped else block

    def to_cube(self, kernel: Array) -> Array:
        """Returns a whole kernel as the cube [K, I, O]; a view where its axes allow one.

        >>> Layout("transposed", 9, 4, 2, swapped=True).to_cube(np.zeros((3, 3, 4, 2))).shape
        (9, 2, 4)
        """
        in_line = kernel if self.order is None else kernel.transpose(self.order)
        return self.cube(in_line.reshape(self.outer, self.inner, self.columns))

    def from_cube(self, cube: Array, shape: Shape) -> Array:
        """Returns a cube as the kernel of this shape: what `to_cube` made it of."""
        block = self.cube(cube)
        if self.order is None:
            return block.reshape(shape)
        moved: Array = block.reshape([shape[axis] for axis in self.order])
        back: Array = moved.transpose(np.argsort(self.order))
        return back


def layout_of(layer: Any, weight: str, shape: Shape) -> Layout:
    """Returns the layout of the kernel called `weight` of a Keras 3 or tf_keras layer."""
    kind = kind_of(layer)
    if kind == "EinsumDense":
        return einsum_layout(layer.equation, shape)
    if kind in ("Embedding", "ReversibleEmbedding") and weight == "embeddings":
        return Layout("lookup", 1, shape[0], prod(shape[1:]))
    if weight == "depthwise_kernel" or "DepthwiseConv" in kind:
        return _depthwise(shape)
    if "Conv" in kind or (not kind and _named_convolution(layer, shape)):
        if kind.endswith("Transpose"):
            return Layout("transposed", prod(shape[:-2]), shape[-2], shape[-1], swapped=True)
        groups = int(getattr(layer, "groups", 1) or 1)
        return Layout("conv", prod(shape[:-2]), shape[-2], shape[-1], groups)
    if kind.startswith("LocallyConnected") and len(shape) > 2:
        return Layout("other", prod(shape[:-2]), shape[-2], shape[-1])
    return Layout("dense", 1, *shape) if len(shape) == 2 else unknown_layout(shape)


def unknown_layout(shape: Shape) -> Layout:
    """Returns the layout of a weight whose axes may mean anything."""
    return Layout("unknown", 1, prod(shape[:-1]), shape[-1] if shape else 0)


def _named_convolution(layer: Any, shape: Shape) -> bool:
    """Returns whether a class outside Keras is called a convolution and has a kernel like one."""
    return len(shape) > 2 and any("Conv" in cls.__name__ for cls in type(layer).__mro__)


def _depthwise(shape: Shape) -> Layout:
    """Returns the layout of [..., C, multiplier]: C groups of one input each."""
    return Layout("depthwise", prod(shape[:-2]), 1, shape[-2] * shape[-1], shape[-2])


def einsum_layout(equation: str, shape: Shape) -> Layout:
    """Returns the layout of an EinsumDense kernel, by the other operands that have its axes.

    Axes of the output alone are outputs, those that are summed over are inputs. Axes of both input
    and output split the kernel into groups that do not meet.

    >>> einsum_layout("abc,cde->abde", (16, 2, 8))
    Layout(kind='dense', outer=1, inner=16, columns=16, groups=1, swapped=False, order=None)
    >>> einsum_layout("abc,bcd->abd", (3, 16, 8)).groups
    3
    """
    fed, kernel, output = equation.replace(" ", "").replace("->", ",").split(",")
    axes = kernel.replace(".", "")
    split = [axis for axis, name in enumerate(axes) if name in output and name in fed]
    outs = [axis for axis, name in enumerate(axes) if name in output and name not in fed]
    ins = [axis for axis in range(len(axes)) if axis not in (*split, *outs)]
    order = (*ins, *split, *outs)
    groups, inner, columns = (prod(shape[a] for a in part) for part in (split, ins, outs))
    in_line = order == tuple(range(len(axes)))
    kind: Kind = "dense" if ins else "depthwise"
    return Layout(kind, 1, inner, groups * columns, groups, order=None if in_line else order)
