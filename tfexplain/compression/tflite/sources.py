"""Reads the values of a kernel in a .tflite file: floats, codes, pairs of codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import ml_dtypes
import numpy as np

from tfexplain.compression.layout import Kind, Layout
from tfexplain.compression.sources import AffineSource, Source, Tile, TileReader, as_float
from tfexplain.compression.tflite.file import Tensor
from tfexplain.compression.tflite.sparse import densify
from tfexplain.compression.weights import WeightsError
from tfexplain.types import Array

Cut: TypeAlias = Callable[[slice, slice], Array]

FLOATS = {
    "float32": np.dtype(np.float32),
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float64": np.dtype(np.float64),
}
_STORED = {**FLOATS, "int8": np.dtype(np.int8), "uint8": np.dtype(np.uint8)}
# Least and greatest code of each integer type.
CODES = {"int8": (-128, 127), "uint8": (0, 255), "int4": (-8, 7)}
BITS = {name: 8 * dtype.itemsize for name, dtype in _STORED.items()} | {"int4": 4}


@dataclass(frozen=True)
class Axes:
    """Assigns the dimensions of a stored kernel to outer, inner and columns of its `Layout`."""

    kind: Kind
    outer: tuple[int, ...]
    inner: tuple[int, ...]
    columns: tuple[int, ...]
    swapped: bool = False

    @property
    def parts(self) -> tuple[tuple[int, ...], ...]:
        """The three, in this order."""
        return self.outer, self.inner, self.columns


@dataclass(frozen=True)
class Floats:
    """Reads floats as they stand in the file."""

    values: Callable[[], Cut]

    def steps(self) -> Array | None:
        return None

    def zeros(self) -> Array | None:
        return None

    def open(self) -> TileReader:
        values = self.values()
        return lambda rows, columns: Tile(as_float(values(rows, columns)))


def source_of(tensor: Tensor, axes: Axes, layout: Layout) -> tuple[Source | None, str]:
    """Returns (a way to read a constant, or None; why it cannot be read).

    Raises:
        WeightsError: bytes, scales or indices do not fit the shape.
    """
    dtype = tensor.dtype
    if not tensor.plain or dtype not in BITS or (tensor.sparsity and dtype == "int4"):
        how = "sparse " if tensor.sparsity else "" if tensor.plain else "blockwise quantized "
        return None, (
            f"{how}{dtype} is not known to this version of tfexplain: its dtype and bytes are "
            "shown, its values are not read"
        )
    if dtype in CODES and not tensor.scales.size:
        return None, f"the file gives no scale for its {dtype} codes: they are not read"
    _check_bytes(tensor)
    if dtype in FLOATS:
        return Floats(lambda: _strided(tensor, axes, layout)), ""
    cut = _packed if dtype == "int4" else _strided
    return _affine(tensor, axes, layout, lambda: cut(tensor, axes, layout)), ""


def _check_bytes(tensor: Tensor) -> None:
    if tensor.sparsity is not None:
        _values(tensor)  # raises where places and values do not fit
        return
    assert tensor.data is not None
    expected = -(-tensor.size * BITS[tensor.dtype] // 8)
    if tensor.data.nbytes != expected:
        raise WeightsError(
            f"tensor={tensor.name!r}: expected {expected:,} bytes for {tensor.dtype} of shape "
            f"{tensor.shape}; got {tensor.data.nbytes:,}. The file is damaged: convert the model "
            "again."
        )


def _values(tensor: Tensor) -> Array:
    """Returns the values, flat and dense."""
    assert tensor.data is not None
    dtype = _STORED[tensor.dtype]
    if tensor.data.nbytes % dtype.itemsize:
        raise WeightsError(
            f"tensor={tensor.name!r}: expected whole {tensor.dtype} values; got "
            f"{tensor.data.nbytes:,} bytes. The file is damaged: convert the model again."
        )
    values: Array = tensor.data.view(dtype)
    if tensor.sparsity is None:
        return values
    return densify(values, tensor.shape, tensor.sparsity, tensor.name)


def _strided(tensor: Tensor, axes: Axes, layout: Layout) -> Cut:
    """Reads rectangles of the layout's matrix, out of a view with its axes in another order."""
    order = [axis for part in axes.parts for axis in part]
    stored = _values(tensor).reshape(tensor.shape).transpose(order)
    cube = stored.reshape(layout.outer, layout.inner, layout.columns)
    inner = layout.inner

    def cut(rows: slice, columns: slice) -> Array:
        start, stop, _ = rows.indices(layout.outer * inner)
        first, last = start // inner, -(-stop // inner)
        if last - first == 1:
            part = cube[first, start - first * inner : stop - first * inner, columns]
        else:  # several positions are only asked for with all of their rows
            part = cube[first:last, :, columns].reshape(stop - start, -1)
        # Turned once, here: what follows goes over it many times.
        return np.ascontiguousarray(part)

    return cut


def _packed(tensor: Tensor, axes: Axes, layout: Layout) -> Cut:
    """Reads such rectangles of two codes a byte, the lower half first."""
    data, shape = tensor.data, tensor.shape
    assert data is not None
    outer, inner, column = (prod(shape[part[-1] + 1 :]) if part else 0 for part in axes.parts)

    def cut(rows: slice, columns: slice) -> Array:
        row = np.arange(*rows.indices(layout.outer * layout.inner))
        start = row // layout.inner * outer + row % layout.inner * inner
        places = start[:, None] + np.arange(*columns.indices(layout.columns)) * column
        halves = data[places >> 1] >> (places % 2 * 4).astype(np.uint8) & 15
        return np.asarray((halves ^ 8).astype(np.int8) - np.int8(8))

    return cut


def _affine(tensor: Tensor, axes: Axes, layout: Layout, codes: Callable[[], Cut]) -> AffineSource:
    count, zeros = tensor.scales.size, tensor.zeros
    along = (1, -1) if tensor.axis in axes.columns or count == 1 else (-1, 1)
    return AffineSource(
        codes,
        lambda: tensor.scales.reshape(along),
        CODES[tensor.dtype],
        (lambda: zeros.reshape(along)) if zeros.any() else None,
        None if count == 1 else _groups(tensor, axes, layout),
        int(along == (1, -1)),
    )


def _groups(tensor: Tensor, axes: Axes, layout: Layout) -> Callable[[], Array] | None:
    """Returns which scale holds for a row (or column) of the matrix; None for the one of its
    number."""
    axis, count, shape = tensor.axis, tensor.scales.size, tensor.shape
    if not 0 <= axis < len(shape) or shape[axis] != count:
        raise WeightsError(
            f"tensor={tensor.name!r}: expected a scale for each of dimension {axis} of shape "
            f"{shape}; got {count}. The file is damaged: convert the model again."
        )
    if axes.columns == (axis,):
        return None
    part = next(part for part in axes.parts if axis in part)
    behind = prod(shape[a] for a in part if a > axis)

    def groups() -> Array:
        along = np.arange(prod(shape[a] for a in part)) // behind % count
        if part == axes.columns:
            return along
        if part == axes.inner:
            return np.tile(along, layout.outer)
        return np.repeat(along, layout.inner)

    return groups
