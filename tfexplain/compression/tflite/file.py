"""Reads a .tflite file: its operators, tensors and their bytes. Nothing in it is trusted.

The flatbuffer is read with the schema that comes with the interpreter. Offsets and lengths can be
anything, so all of it is read here, once, and whatever the parser stumbles over is one error.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from math import prod
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tfexplain.compression.layout import Shape
from tfexplain.compression.weights import WeightsError
from tfexplain.errors import TfexplainError
from tfexplain.model.litert import schema
from tfexplain.types import Array

File: TypeAlias = "str | os.PathLike[str] | bytes"

IDENTIFIER = b"TFL3"
# What the parser raises on offsets, lengths and types that make no sense.
_STUMBLES = (struct.error, ValueError, IndexError, TypeError, OverflowError, AttributeError)
_LONGEST_NAME = 400
_INDEX_VECTORS = {1: "Int32Vector", 2: "Uint16Vector", 3: "Uint8Vector"}
_OPTIONS = {
    "BATCH_MATMUL": ("BatchMatMulOptions", ("AdjX", "AdjY")),
    "GATHER": ("GatherOptions", ("Axis",)),
}


@cache
def _names(enumeration: str) -> dict[int, str]:
    """Returns names of the schema's numbers, such as those of `BuiltinOperator`."""
    numbers = vars(getattr(schema(), enumeration))
    return {value: name for name, value in numbers.items() if isinstance(value, int)}


@dataclass(frozen=True, eq=False)
class Level:
    """Describes one level of a sparse tensor's tree: `size` places, or those that `indices` names.

    Node `n` of a sparse level has the children `indices[segments[n]:segments[n + 1]]`.
    """

    size: int
    segments: Array | None = None
    indices: Array | None = None


@dataclass(frozen=True, eq=False)
class Sparsity:
    """Describes how the stored values of a sparse tensor lie in the dense one.

    Attributes:
        order: Which dimension each level walks along; those from the tensor's rank on are within
            blocks.
        blocks: Dimension that each block dimension cuts.
        levels: From the outermost on.
    """

    order: tuple[int, ...]
    blocks: tuple[int, ...]
    levels: tuple[Level, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of all segments and indices."""
        arrays = (array for level in self.levels for array in (level.segments, level.indices))
        return sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True, eq=False)
class Tensor:
    """Describes a tensor as the file does.

    Attributes:
        name: As given, at most 400 characters.
        dtype: Such as `float32`, `int4`.
        shape: Unknown sides are 1.
        unknown: Axes whose length the file leaves open.
        buffer: Number of the buffer; tensors of one buffer are one constant.
        data: uint8, or None where the tensor is computed.
        scales: float32, empty where not quantized.
        zeros: int64, of one length with `scales`.
        axis: The dimension that `scales` count on, where there are several.
        plain: Whether scales and zero points are all there is to its quantization.
    """

    name: str
    dtype: str
    shape: Shape
    unknown: frozenset[int]
    buffer: int
    data: Array | None
    scales: Array
    zeros: Array
    axis: int
    plain: bool
    sparsity: Sparsity | None

    @property
    def size(self) -> int:
        """Number of elements, zeros of sparse tensors included."""
        return prod(self.shape)


@dataclass(frozen=True)
class Operator:
    """Describes a node of the graph; operands that are left out are -1."""

    code: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, int]


@dataclass(frozen=True)
class Graph:
    """Holds one subgraph."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]

    @cached_property
    def makers(self) -> dict[int, Operator]:
        """The operator that computes a tensor, by the tensor's number."""
        return {output: operator for operator in self.operators for output in operator.outputs}

    def tensor(self, operands: tuple[int, ...], position: int) -> Tensor | None:
        """Returns the operand at `position`, or None where there is none."""
        if position >= len(operands) or operands[position] < 0:
            return None
        return self.tensors[operands[position]]


def read_file(file: File) -> list[Graph]:
    """Reads the graphs of a .tflite file; all of the file is held in memory while they live.

    Args:
        file: A path, or the bytes themselves.

    Raises:
        OSError: the file cannot be read.
        WeightsError: it is no .tflite file, or its content contradicts itself.
    """
    data = file if isinstance(file, bytes) else Path(file).read_bytes()
    title = f"{len(data):,} bytes" if isinstance(file, bytes) else os.fspath(file)
    if data[4:8] != IDENTIFIER:
        raise WeightsError(
            f"path={title!r}: expected a .tflite file, with {IDENTIFIER!r} at byte 4; got "
            f"{data[4:8]!r}. Pass a file that tf.lite.TFLiteConverter wrote."
        )
    try:
        model = schema().Model.GetRootAs(data, 0)
        return [_graph(model, data, i) for i in range(model.SubgraphsLength())]
    except _STUMBLES as error:
        raise WeightsError(
            f"path={title!r}: the file is damaged or cut short ({type(error).__name__}: {error}). "
            "Convert the model again."
        ) from error


def _graph(model: Any, data: bytes, number: int) -> Graph:
    graph = model.Subgraphs(number)
    tensors = tuple(_tensor(model, data, graph.Tensors(i)) for i in range(graph.TensorsLength()))
    operators = tuple(
        _operator(model, graph.Operators(i), len(tensors)) for i in range(graph.OperatorsLength())
    )
    return Graph(tensors, operators, _operands(graph.InputsAsNumpy, len(tensors)))


def _operator(model: Any, operator: Any, count: int) -> Operator:
    known = model.OperatorCodes(operator.OpcodeIndex())
    # Files written before there were more than 127 operators have only the older field.
    code = _names("BuiltinOperator").get(
        max(known.BuiltinCode(), known.DeprecatedBuiltinCode()), "UNKNOWN"
    )
    options = {}
    table = operator.BuiltinOptions()
    if code in _OPTIONS and table is not None:
        kind, fields = _OPTIONS[code]
        view = getattr(schema(), kind)()
        view.Init(table.Bytes, table.Pos)
        options = {field: int(getattr(view, field)()) for field in fields}
    inputs, outputs = (
        _operands(o, count) for o in (operator.InputsAsNumpy, operator.OutputsAsNumpy)
    )
    return Operator(code, inputs, outputs, options)


def _operands(vector: Callable[[], Any], count: int) -> tuple[int, ...]:
    operands = _vector(vector)
    if operands.size and not -1 <= int(operands.min()) <= int(operands.max()) < count:
        raise IndexError(f"an operand is none of the {count} tensors")
    return tuple(int(i) for i in operands)


def _tensor(model: Any, data: bytes, tensor: Any) -> Tensor:
    shape = tuple(int(side) for side in _vector(tensor.ShapeAsNumpy))
    if min(shape, default=0) < 0:
        raise TfexplainError(f"a tensor has the shape {shape}")
    quantization = tensor.Quantization()
    scales, zeros, axis, plain = _quantization(quantization)
    sparsity = tensor.Sparsity()
    signature = _vector(tensor.ShapeSignatureAsNumpy)
    return Tensor(
        name=(tensor.Name() or b"").decode(errors="replace")[:_LONGEST_NAME],
        dtype=_names("TensorType").get(tensor.Type(), f"type {tensor.Type()}").lower(),
        shape=shape,
        unknown=frozenset(np.flatnonzero(signature < 0).tolist()),
        buffer=tensor.Buffer(),
        data=_content(model.Buffers(tensor.Buffer()), data),
        scales=scales,
        zeros=zeros,
        axis=axis,
        plain=plain,
        sparsity=None if sparsity is None else _sparsity(sparsity),
    )


def _content(buffer: Any, data: bytes) -> Array | None:
    """Returns the bytes of a constant. Files above 2 GB keep them behind the flatbuffer."""
    if buffer.Offset() > 1:
        start, size = buffer.Offset(), buffer.Size()
        if start + size > len(data):
            raise TfexplainError(f"a tensor ends at byte {start + size:,} of {len(data):,}")
        return np.frombuffer(data, np.uint8, size, start)
    return _vector(buffer.DataAsNumpy) if buffer.DataLength() else None


def _quantization(table: Any) -> tuple[Array, Array, int, bool]:
    if table is None:
        return np.zeros(0, np.float32), np.zeros(0, np.int64), 0, True
    scales, zeros = _vector(table.ScaleAsNumpy), _vector(table.ZeroPointAsNumpy)
    if not zeros.size:
        zeros = np.zeros(scales.size, np.int64)
    if zeros.size != scales.size:
        raise TfexplainError(f"a tensor has {scales.size} scales and {zeros.size} zero points")
    plain = table.DetailsType() == schema().QuantizationDetails.NONE
    return scales.astype(np.float32), zeros.astype(np.int64), table.QuantizedDimension(), plain


def _sparsity(table: Any) -> Sparsity:
    levels = tuple(_level(table.DimMetadata(i)) for i in range(table.DimMetadataLength()))
    order, blocks = (
        tuple(int(i) for i in _vector(v))
        for v in (table.TraversalOrderAsNumpy, table.BlockMapAsNumpy)
    )
    return Sparsity(order, blocks, levels)


def _level(level: Any) -> Level:
    if level.Format() == schema().DimensionType.DENSE:
        return Level(level.DenseSize())
    parts = []
    for kind, table in (
        (level.ArraySegmentsType(), level.ArraySegments()),
        (level.ArrayIndicesType(), level.ArrayIndices()),
    ):
        name = _INDEX_VECTORS.get(kind)
        vector = getattr(schema(), name)() if name else None
        if vector is None or table is None:
            raise TfexplainError("a sparse tensor has no indices")
        vector.Init(table.Bytes, table.Pos)
        parts.append(_vector(vector.ValuesAsNumpy))
    return Level(0, *parts)


def _vector(read: Callable[[], Any]) -> Array:
    """Returns an array of the file; the parser answers 0 for one that is left out."""
    numbers = read()
    return numbers if isinstance(numbers, np.ndarray) else np.zeros(0, np.int64)
