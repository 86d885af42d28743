"""Holds one kernel of a model as it is stored, and reads it block by block in little memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tfexplain.compression.buffers import Variable
from tfexplain.compression.layout import Layout, Shape
from tfexplain.compression.sources import Source, Tile, TileReader
from tfexplain.model.layer_calls import LayerError
from tfexplain.types import Array

# A block's float32 values take 1 MiB: small enough for a core's own cache, large enough that
# Python's share of the time is small.
BLOCK = 1 << 18
# Modes whose float weights are there beside what the layer computes with.
_FLOATS = ("float", "pruning", "qat", "clustering", "float8")
# Rows longer than this are cut, so that memory stays bounded for any shape.
LONGEST_ROW = 1 << 17


class WeightsError(LayerError):
    """Weights are not built, not there, or not understood."""


@dataclass(frozen=True, eq=False)
class Block:
    """Holds a part of a kernel's cube: [k, i, o] arrays and where they lie.

    `reference`, `mask`, `codes`, `low` and `high` are as in `Tile`; None where unknown.
    """

    k: slice
    i: slice
    o: slice
    piece: Tile
    layout: Layout

    @property
    def effective(self) -> Array:
        """The values that the layer computes with, [k, i, o]."""
        return self.cube(self.piece.effective)

    def cube(self, array: Array) -> Array:
        """Reshapes an array of the piece to [k, i, o]."""
        lengths = tuple(part.stop - part.start for part in (self.k, self.i, self.o))
        k, i, o = lengths
        return self.layout.cube(array.reshape((k, o, i) if self.layout.swapped else lengths))


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """Holds one kernel of one layer, with everything needed to read it again and again.

    Nothing is copied until `blocks` or one of the whole arrays is asked for, and then the
    variables are read as they stand at that time.

    Attributes:
        path: The layer, as `tap.layers_by_path` names it.
        weight: The weight's own name, such as `kernel` or `recurrent_kernel`.
        part: `student` or `teacher` under a Distiller, else empty.
        layer_type: Class of the layer.
        wrapper: Class of the wrapper that changes the kernel, such as `PruneLowMagnitude`.
        shape: Shape of the uncompressed kernel.
        layout: Meaning of its axes.
        mode: `float`, `int8`, `int4`, `float8`, `gptq`, `awq`, `pruning`, `qat`, `clustering`,
            or a name this version does not know.
        dtype: Type as stored.
        trainable: Whether training changes it.
        calibrated: For modes that need it; False: the layer computes with the float kernel, or
            (qat) its range was never set. None: not applicable.
        note: Remark on what is unusual or not known, for the reader of a table.
        bits_stored: Bits per weight in the variable.
        bits_compute: Bits per weight that the layer multiplies with.
        bits_code: Bits per weight once exported.
        code_range: Least and greatest code, or None for floats.
        overhead_bytes: Scales, zero points, group indices, centroids.
        bytes_stored: All variables of the kernel as they are now, masks included.
        positions: How often one sample uses each weight, or None.
        source: Source of the values; None for a mode that is not known.
        quantized: Whether `reference` minus effective value is an error of quantization.
        role: `unknown` for a weight of a layer that is not known, which may be a kernel or not.
        broken: Whether an error kept it from being read; `note` tells which.
        variable: The variable that stores it; None for a file.
    """

    path: str
    weight: str
    part: str
    layer_type: str
    wrapper: str
    shape: Shape
    layout: Layout
    mode: str
    dtype: str
    trainable: bool
    calibrated: bool | None
    note: str
    bits_stored: float
    bits_compute: int
    bits_code: float
    code_range: tuple[int, int] | None
    overhead_bytes: int
    bytes_stored: int
    positions: int | None
    source: Source | None
    quantized: bool
    alone: bool = True
    role: Literal["kernel", "unknown"] = "kernel"
    broken: bool = False
    variable: Variable | None = None

    @property
    def name(self) -> str:
        """The layer's path, with the weight behind it where the layer has several kernels."""
        return self.path if self.alone else f"{self.path}.{self.weight}"

    @property
    def keeps_floats(self) -> bool:
        """Whether the weights before quantization are still in the layer."""
        return self.mode in _FLOATS or self.calibrated is False

    @property
    def has_codes(self) -> bool:
        """Whether the layer computes with codes of a few bits."""
        return self.code_range is not None and self.mode != "clustering"

    @property
    def size(self) -> int:
        """Number of weights, N."""
        return self.layout.size

    def blocks(self, align: int = 1) -> Iterator[Block]:
        """Yields the kernel in pieces of about a MiB.

        Args:
            align: Cut the input axis at multiples of this only.

        Raises:
            WeightsError: the mode is not known.
        """
        opened = self._open()
        for k, inner, columns in plan(self.layout, align):
            rows = slice(
                k.start * self.layout.inner + inner.start,
                (k.stop - 1) * self.layout.inner + inner.stop,
            )
            i, o = (columns, inner) if self.layout.swapped else (inner, columns)
            yield Block(k, i, o, opened(rows, columns), self.layout)

    def effective(self) -> Array:
        """Returns the whole kernel as the layer computes with it, [K, I, O]; for small kernels."""
        return self._whole("effective")

    def reference(self) -> Array:
        """Returns the whole kernel before compression, [K, I, O]; raises where it is not known."""
        return self._whole("reference")

    def mask(self) -> Array:
        """Returns the mask, bool [K, I, O]; raises where there is none."""
        return self._whole("mask")

    def codes(self) -> Array:
        """Returns the codes, integers [K, I, O]; raises where there are none."""
        return self._whole("codes")

    def scales(self) -> Array | None:
        """Returns the distance between neighbouring codes, float64, or None."""
        return None if self.source is None else self.source.steps()

    def zero_points(self) -> Array | None:
        """Returns the zero points, int64, or None."""
        return None if self.source is None else self.source.zeros()

    def _open(self) -> TileReader:
        if self.source is None:
            raise WeightsError(f"layer={self.name!r}: {self.note}")
        return self.source.open()

    def _whole(self, what: str) -> Array:
        array = getattr(self._open()(slice(None), slice(None)), what)
        if array is None:
            raise WeightsError(f"layer={self.name!r}: mode {self.mode!r} has no {what}.")
        layout = self.layout
        return layout.cube(array.reshape(layout.outer, layout.inner, layout.columns))


def plan(layout: Layout, align: int = 1) -> Iterator[tuple[slice, slice, slice]]:
    """Yields slices (outer, inner, columns) that cover a kernel once, of about `BLOCK` weights.

    Several positions of `outer` are taken only with all of `inner`, so that rows stay together;
    cuts along the input axis fall on multiples of `align`.
    """
    # Packed pairs and groups of inputs must not be cut either, hence 8.
    step = 8 * align
    width = layout.columns
    if width > LONGEST_ROW and layout.groups == 1:
        width = max(step, LONGEST_ROW // step * step)
    tall = max(align, BLOCK // max(width, 1) // align * align)
    whole = tall >= layout.inner
    deep = max(1, BLOCK // max(layout.inner * width, 1)) if whole else 1
    for c in range(0, layout.columns, width):
        columns = slice(c, min(c + width, layout.columns))
        for k in range(0, layout.outer, deep):
            outer = slice(k, min(k + deep, layout.outer))
            for i in range(0, layout.inner, layout.inner if whole else tall):
                stop = layout.inner if whole else min(i + tall, layout.inner)
                yield outer, slice(i, stop), columns


def find(layers: Sequence[LayerWeights], name: str, argument: str = "layer") -> LayerWeights:
    """Returns the kernel called `name`: `LayerWeights.name`, or its end where that is unambiguous.

    Raises:
        WeightsError: there is none, or more than one; the message lists what there is.
    """
    exact = [layer for layer in layers if layer.name == name]
    ends = exact or [
        layer
        for layer in layers
        if layer.name.endswith("/" + name) or layer.path == name or layer.path.endswith("/" + name)
    ]
    if len(ends) == 1:
        return ends[0]
    known = ", ".join(layer.name for layer in (ends or layers)[:40])
    if ends:
        raise WeightsError(f"{argument}={name!r}: more than one: {known}. Pass one of these.")
    raise WeightsError(
        f"{argument}={name!r}: no layer of this name has a kernel. Layers that have: "
        f"{known or 'none'}."
    )
