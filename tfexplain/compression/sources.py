"""Reads the values of a kernel: one source per way of storing them.

A source is opened for one measurement and then asked for rectangles of the kernel's matrix, so
that no more than a rectangle is ever dequantized at once. The matrix is the kernel in memory
order, [outer * inner, columns] of its `Layout`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol, TypeAlias

import ml_dtypes
import numpy as np

from tfexplain.compression.buffers import Variable, view
from tfexplain.types import Array

FLOAT8_MAX = 448.0


@dataclass(frozen=True)
class Tile:
    """Holds a rectangle of a kernel's matrix, every array [rows, columns] or broadcast to it.

    Attributes:
        effective: Values that the layer computes with.
        reference: Values before compression, where the model still has them; may be
            the same array.
        mask: bool, False where pruned; None where there is no mask.
        codes: Integers as stored or emulated.
        low: Least value that the codes can express, where there is a range.
        high: Greatest one.
    """

    effective: Array
    reference: Array | None = None
    mask: Array | None = None
    codes: Array | None = None
    low: Array | None = None
    high: Array | None = None


TileReader: TypeAlias = Callable[[slice, slice], Tile]


class Source(Protocol):
    """Protocol of a way of storing a kernel."""

    def open(self) -> TileReader:
        """Returns a function of (rows, columns) that reads the variables as they stand now."""

    def steps(self) -> Array | None:
        """Returns the distance between neighbouring codes, float64; None for floats."""

    def zeros(self) -> Array | None:
        """Returns zero points, int64, where there are any."""


class _Unscaled:
    """Base class of sources without scales."""

    def steps(self) -> Array | None:
        return None

    def zeros(self) -> Array | None:
        return None


@dataclass(frozen=True)
class FloatSource(_Unscaled):
    """Reads a float variable; a mask that nobody applies is only shown."""

    variable: Variable
    columns: int
    mask: Variable | None = None
    applied: bool = False

    def open(self) -> TileReader:
        matrix = view(self.variable).reshape(-1, self.columns)
        mask = None if self.mask is None else view(self.mask).reshape(-1, self.columns)

        def piece(rows: slice, columns: slice) -> Tile:
            values = as_float(matrix[rows, columns])
            if mask is None:
                return Tile(values)
            kept = as_float(mask[rows, columns])
            effective = values * kept if self.applied else values
            return Tile(effective, values, kept != 0)

        return piece


@dataclass(frozen=True)
class AffineSource:
    """Reads integers with scales: (codes - zero) * step, or codes / scale where `divide`.

    Attributes:
        codes: A function that gives the integers of (rows, columns).
        scale: The scales as an array that broadcasts to the matrix along its own axes: [1, C],
            [R, 1], or one row (or column, see `group_axis`) per group.
        code_range: Least and greatest code.
        zero: Zero points of the scales' shape.
        group: int [R] or [C], which row or column of `scale` holds for a row or column of the
            matrix.
        group_axis: The axis that `group` counts on.
        divide: Whether Keras keeps the inverse of the step.
        row_divisor: A further divisor [R, 1], AWQ's protection of salient inputs.
    """

    codes: Callable[[], Callable[[slice, slice], Array]]
    scale: Callable[[], Array]
    code_range: tuple[int, int]
    zero: Callable[[], Array] | None = None
    group: Callable[[], Array] | None = None
    group_axis: int = 0
    divide: bool = False
    row_divisor: Callable[[], Array] | None = None

    def steps(self) -> Array | None:
        with np.errstate(divide="ignore"):
            scale = self.scale().astype(np.float64)
            return 1 / scale if self.divide else scale

    def zeros(self) -> Array | None:
        return None if self.zero is None else self.zero().astype(np.int64)

    def open(self) -> TileReader:
        codes, scale = self.codes(), self.scale()
        zero = None if self.zero is None else self.zero().astype(np.float32)
        group = None if self.group is None else self.group().astype(np.int64)
        divisor = None if self.row_divisor is None else self.row_divisor()

        def along(array: Array, rows: slice, columns: slice) -> Array:
            if group is None:
                pick: tuple[Any, Any] = (rows, columns)
            elif self.group_axis == 0:
                pick = (group[rows], columns)
            else:
                pick = (rows, group[columns])
            # An axis of one broadcasts: it is not cut.
            return array[
                tuple(slice(None) if n == 1 else p for n, p in zip(array.shape, pick, strict=True))
            ]

        def piece(rows: slice, columns: slice) -> Tile:
            tile = codes(rows, columns)
            by = along(scale, rows, columns)

            def value(code: Any) -> Array:
                shifted = code if zero is None else code - along(zero, rows, columns)
                scaled = shifted / by if self.divide else shifted * by
                return np.asarray(scaled if divisor is None else scaled / divisor[rows])

            low, high = (value(np.float32(code)) for code in self.code_range)
            return Tile(value(tile.astype(np.float32)), None, None, tile, low, high)

        return piece


@dataclass(frozen=True)
class FakeQuantizedSource:
    """Reads a float variable that tfmot's wrapper rounds on its way into the layer.

    The ranges are nudged so that zero is a code, as `tf.quantization.fake_quant_with_min_max_vars`
    does it. A mask that is not `applied` is only shown.
    """

    variable: Variable
    columns: int
    low: Variable
    high: Variable
    bits: int
    narrow: bool
    mask: Variable | None = None
    applied: bool = True

    @property
    def code_range(self) -> tuple[int, int]:
        """Least and greatest code."""
        return int(self.narrow), (1 << self.bits) - 1

    def nudged(self) -> tuple[Array, Array]:
        """Computes (step, zero point), float32 and int64, [1, 1] or [1, columns]."""
        low, high = (_as_row(view(v), self.columns) for v in (self.low, self.high))
        least, most = self.code_range
        step = (high - low) / np.float32(most - least)
        with np.errstate(divide="ignore", invalid="ignore"):
            zero = np.clip(np.floor(least - low / step + np.float32(0.5)), least, most)
        return step, np.where(step > 0, zero, 0).astype(np.int64)

    def steps(self) -> Array | None:
        return self.nudged()[0].astype(np.float64)

    def zeros(self) -> Array | None:
        return self.nudged()[1]

    def open(self) -> TileReader:
        matrix = view(self.variable).reshape(-1, self.columns)
        mask = None if self.mask is None else view(self.mask).reshape(-1, self.columns)
        step, zero = self.nudged()
        least, most = self.code_range
        low, high = ((code - zero).astype(np.float32) * step for code in (least, most))
        inverse = np.divide(1, step, out=np.zeros_like(step), where=step > 0)

        def piece(rows: slice, columns: slice) -> Tile:
            def cut(array: Array) -> Array:
                return array if array.shape[1] == 1 else array[:, columns]

            values = matrix[rows, columns]
            kept = None if mask is None else mask[rows, columns] != 0
            used = values * kept if kept is not None and self.applied else values
            inside = np.clip(used, cut(low), cut(high)) - cut(low)
            codes = np.floor(inside * cut(inverse) + np.float32(0.5)).astype(np.int32) + least
            effective = (codes - cut(zero)).astype(np.float32) * cut(step)
            return Tile(effective, values, kept, codes, cut(low), cut(high))

        return piece


@dataclass(frozen=True)
class Float8Source:
    """Reads a float variable that Keras rounds to float8_e4m3fn after division by a scale."""

    variable: Variable
    columns: int
    scale: Variable

    def steps(self) -> Array | None:
        return np.asarray(view(self.scale), np.float64).reshape(1, 1)

    def zeros(self) -> Array | None:
        return None

    def open(self) -> TileReader:
        matrix = view(self.variable).reshape(-1, self.columns)
        scale = np.float32(view(self.scale))
        edge = np.full((1, 1), FLOAT8_MAX * scale, np.float32)

        def piece(rows: slice, columns: slice) -> Tile:
            values = as_float(matrix[rows, columns])
            with np.errstate(divide="ignore", invalid="ignore"):
                scaled = np.clip(values / scale, -FLOAT8_MAX, FLOAT8_MAX)
            rounded = scaled.astype(ml_dtypes.float8_e4m3fn)
            effective = rounded.astype(np.float32) * scale
            return Tile(effective, values, None, rounded.view(np.uint8), -edge, edge)

        return piece


@dataclass(frozen=True)
class ClusteredSource(_Unscaled):
    """Reads a few shared values by the index of each weight, as of the last forward pass.

    Attributes:
        original: The float variable that is still trained below.
        centroids: [n], or [channels, n] for clusters per output channel.
        indices: int64, of the kernel's shape.
    """

    original: Variable
    columns: int
    centroids: Variable
    indices: Variable

    def open(self) -> TileReader:
        original = view(self.original).reshape(-1, self.columns)
        indices = view(self.indices).reshape(-1, self.columns)
        centroids = view(self.centroids)
        channel = np.arange(self.columns) % len(centroids)

        def piece(rows: slice, columns: slice) -> Tile:
            codes = indices[rows, columns]
            shared = centroids.ndim == 1
            effective = centroids[codes] if shared else centroids[channel[columns], codes]
            return Tile(effective, original[rows, columns], None, codes)

        return piece


def as_float(values: Array) -> Array:
    """Converts narrower floats and integers to float32; float64 stays."""
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float32)


def _as_row(values: Array, columns: int) -> Array:
    """Reshapes a number to [1, 1], and one number per last axis of the kernel to [1, columns]."""
    flat = values.reshape(1, -1)
    return flat if flat.shape[1] == 1 else np.tile(flat, (1, columns // prod(flat.shape)))
