"""Defines `read_tflite`, which reads every kernel of a .tflite file like those of a Keras model.

The axes of a kernel in the file are others than Keras': a convolution is [O, H, W, I], a fully
connected layer [O, I]. They are read in the order that Keras has, through views, so every number
that depends on it (structure, n:m, sizes, churn) equals that of the model it was converted from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod

from tfexplain.compression.layout import Kind, Layout, Shape
from tfexplain.compression.tflite.file import File, Graph, Operator, Tensor, read_file
from tfexplain.compression.tflite.names import tidy
from tfexplain.compression.tflite.sources import BITS, CODES, FLOATS, Axes, source_of
from tfexplain.compression.weights import LayerWeights, WeightsError

# Operators that only write a constant in another way.
_UNPACKING = ("DEQUANTIZE", "DENSIFY")
# Operators whose output has as many elements as their first input.
_SAME_SIZE = frozenset(
    {"RESHAPE", "TRANSPOSE", "QUANTIZE", "DEQUANTIZE", "ADD", "SUB", "MUL", "DIV", "RELU", "RELU6"}
    | {"LEAKY_RELU", "PRELU", "ELU", "GELU", "TANH", "LOGISTIC", "HARD_SWISH", "SOFTMAX"}
)
_DYNAMIC = "dynamic range: what it is multiplied with is float, and quantized as it runs"
_UNPACKED = "dequantized to float32 before it is used"


_MATRIX = Axes("dense", (), (1,), (0,))
_IMAGE = Axes("conv", (1, 2), (3,), (0,))
_RECURRENT: Mapping[str, Mapping[int, Axes]] = {
    "RNN": {1: _MATRIX, 2: _MATRIX},
    "UNIDIRECTIONAL_SEQUENCE_RNN": {1: _MATRIX, 2: _MATRIX},
    # Of four gates to inputs and to the state before, and a projection.
    "LSTM": dict.fromkeys((*range(1, 9), 16), _MATRIX),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": dict.fromkeys((*range(1, 9), 16), _MATRIX),
}
# Positions of the weights among an operator's inputs, and what their dimensions are.
_WEIGHTS: Mapping[str, Mapping[int, Axes]] = {
    "CONV_2D": {1: _IMAGE},
    "DEPTHWISE_CONV_2D": {1: Axes("depthwise", (0, 1, 2), (), (3,))},
    "TRANSPOSE_CONV": {1: Axes("transposed", (1, 2), (0,), (3,), swapped=True)},
    "CONV_3D": {1: Axes("conv", (0, 1, 2), (3,), (4,))},
    "CONV_3D_TRANSPOSE": {1: Axes("transposed", (0, 1, 2), (3,), (4,), swapped=True)},
    "FULLY_CONNECTED": {1: _MATRIX},
    "EMBEDDING_LOOKUP": {1: Axes("lookup", (), (0,), (1,))},
    "GATHER": {0: Axes("lookup", (), (0,), (1,))},
    **_RECURRENT,
}


@dataclass(frozen=True)
class _Use:
    """Holds a kernel and the operator that uses it.

    Attributes:
        main: Whether the graph is the model's own, and not that of a loop.
        position: Among the operator's inputs.
        path: Path of the layer, once it is derived.
        weight: Name of the kernel in it.
        unpacked: Whether it is made floats before the operator sees it.
    """

    graph: Graph
    main: bool
    operator: Operator
    position: int
    tensor: Tensor
    axes: Axes
    unpacked: bool
    path: str = ""
    weight: str = "kernel"


def read_tflite(path: File) -> list[LayerWeights]:
    """Reads every kernel of a .tflite file, in the order in which they are used.

    Kernels are constants that convolutions, fully connected layers, recurrent layers and matrix
    products multiply with, and tables that are looked up in. Each is read once, and its
    multiply-adds are those of its first use, however often it is used. Float, float16, int8, uint8,
    int4 and sparse kernels are read, per tensor or per channel; of others dtype and bytes are
    shown. Inputs of a loop and variables do not count as kernels.

    Args:
        path: Path of the file, or its bytes. The file is read into memory; values are dequantized
            piece by piece, sparse kernels one at a time.

    Raises:
        OSError: the file cannot be read.
        WeightsError: it is no .tflite file, or it is damaged.
    """
    uses: dict[int, _Use] = {}
    for number, graph in enumerate(read_file(path)):
        for use in _uses(graph, number == 0):
            uses.setdefault(use.tensor.buffer, use)
    used = list(uses.values())
    named = zip(used, tidy([_names(use) for use in used]), strict=True)
    layers = [_weights(replace(use, path=path, weight=weight)) for use, (path, weight) in named]
    shared = {layer.path for layer in layers if layer.weight != "kernel"}
    return [replace(layer, alone=layer.path not in shared) for layer in layers]


def _uses(graph: Graph, main: bool) -> Iterator[_Use]:
    for operator in graph.operators:
        for position, axes in _operands(graph, operator).items():
            tensor, unpacked = _constant(graph, operator, position)
            if tensor is not None and _is_kernel(operator, tensor):
                yield _Use(graph, main, operator, position, tensor, axes, unpacked)


def _operands(graph: Graph, operator: Operator) -> Mapping[int, Axes]:
    if operator.code != "BATCH_MATMUL":
        return _WEIGHTS.get(operator.code, {})
    result = {}
    for position, flag in ((0, "AdjX"), (1, "AdjY")):
        tensor = graph.tensor(operator.inputs, position)
        if tensor is not None and len(tensor.shape) > 1:
            last = len(tensor.shape) - 1
            # The second factor is [..., I, O], the first [..., O, I]; either may be turned.
            turned = bool(operator.options.get(flag, 0)) == (position == 1)
            inner, columns = (last, last - 1) if turned else (last - 1, last)
            kind: Kind = "dense" if last == 1 else "other"
            result[position] = Axes(kind, tuple(range(last - 1)), (inner,), (columns,))
    return result


def _constant(graph: Graph, operator: Operator, position: int) -> tuple[Tensor | None, bool]:
    """Returns (the constant behind an operand, whether it is dequantized on the way)."""
    tensor, unpacked = graph.tensor(operator.inputs, position), False
    for _ in _UNPACKING:
        if tensor is None or tensor.data is not None:
            break
        maker = graph.makers.get(operator.inputs[position])
        if maker is None or maker.code not in _UNPACKING:
            break
        unpacked = unpacked or maker.code == "DEQUANTIZE"
        operator, position = maker, 0
        tensor = graph.tensor(maker.inputs, 0)
    return (None if tensor is None or tensor.data is None else tensor), unpacked


def _is_kernel(operator: Operator, tensor: Tensor) -> bool:
    if operator.code not in ("GATHER", "EMBEDDING_LOOKUP"):
        return True
    numbers = tensor.dtype in FLOATS or tensor.scales.size > 0
    return numbers and len(tensor.shape) == 2 and not operator.options.get("Axis")


def _names(use: _Use) -> list[str]:
    """Returns names that may tell the layer: the kernel's, its bias' and the output's."""
    graph, operator = use.graph, use.operator
    others = (graph.tensor(operator.inputs, 2), graph.tensor(operator.outputs, 0))
    return [use.tensor.name, *(tensor.name for tensor in others if tensor is not None)]


def _weights(use: _Use) -> LayerWeights:
    tensor = use.tensor
    layout, shape = _layout(use)
    assert tensor.data is not None
    scales = tensor.scales.nbytes + tensor.zeros.nbytes
    indices = tensor.sparsity.nbytes if tensor.sparsity else 0
    source, note = source_of(tensor, use.axes, layout)
    codes = CODES.get(tensor.dtype) if source is not None else None
    compute, how = _compute(use)
    bits = BITS.get(tensor.dtype, 8 * tensor.data.nbytes / tensor.size)
    return LayerWeights(
        path=use.path,
        weight=use.weight,
        part="",
        layer_type=use.operator.code,
        wrapper="",
        shape=shape,
        layout=layout,
        mode="float" if tensor.dtype in FLOATS else tensor.dtype,
        dtype=tensor.dtype,
        trainable=False,
        calibrated=None,
        note=note or how,
        bits_stored=bits,
        bits_compute=compute,
        bits_code=bits,
        code_range=codes,
        overhead_bytes=scales,
        bytes_stored=tensor.data.nbytes + scales + indices,
        positions=_positions(use, layout),
        source=source,
        quantized=codes is not None,
    )


def _layout(use: _Use) -> tuple[Layout, Shape]:
    """Returns (layout, shape as Keras has it)."""
    tensor, axes = use.tensor, use.axes
    order = [axis for part in axes.parts for axis in part]
    if len(tensor.shape) != len(order) or not tensor.size:
        raise WeightsError(
            f"tensor={tensor.name!r}: expected a kernel of {len(order)} dimensions for "
            f"{use.operator.code}; got shape {tensor.shape}. The file is damaged."
        )
    shape = tuple(tensor.shape[axis] for axis in order)
    outer, inner, columns = (prod(tensor.shape[a] for a in part) for part in axes.parts)
    groups = 1
    if axes.kind == "depthwise":
        groups = _divisor(columns, _channels(use))
        shape = (*tensor.shape[1:3], groups, columns // groups)
    elif axes.kind == "conv":
        groups = _divisor(columns, _channels(use) // inner)
    return Layout(axes.kind, outer, inner, columns, groups, axes.swapped), shape


def _channels(use: _Use) -> int:
    fed = use.graph.tensor(use.operator.inputs, 0)
    return fed.shape[-1] if fed is not None and fed.shape else 0


def _divisor(outputs: int, groups: int) -> int:
    """Returns `groups` where that many can share the outputs evenly."""
    return groups if groups > 0 and outputs % groups == 0 else 1


def _fed(use: _Use) -> int:
    """Returns the number of the tensor that the kernel is multiplied with; -1 where there is
    none."""
    operands = use.operator.inputs
    position = 0
    if use.axes.kind == "transposed":
        position = 2
    elif use.operator.code == "BATCH_MATMUL":
        position = 1 - use.position
    return operands[position] if position < len(operands) else -1


def _compute(use: _Use) -> tuple[int, str]:
    """Returns (bits per weight that the operator multiplies with, what is unusual about that)."""
    looked_up = use.axes.kind == "lookup"
    other = use.graph.tensor(use.operator.outputs if looked_up else (_fed(use),), 0)
    if use.unpacked:
        return 32, _UNPACKED
    if use.tensor.dtype in FLOATS:
        return 32, ""
    dynamic = other is not None and other.dtype in FLOATS
    return 8, _DYNAMIC if dynamic and not looked_up else ""


def _positions(use: _Use, layout: Layout) -> int | None:
    """Returns how often one sample uses each weight; None in loops, and where the file leaves it
    open."""
    if layout.kind == "lookup":
        return 0
    graph, fed = use.graph, _fed(use)
    if not use.main or fed < 0 or use.operator.code in _RECURRENT:
        return None
    if layout.kind in ("conv", "depthwise", "transposed"):
        # A transposed convolution spreads the whole kernel from each place of its input.
        source = (fed,) if layout.kind == "transposed" else use.operator.outputs
        places = graph.tensor(source, 0)
        if places is None or places.unknown - {0}:
            return None
        return prod(places.shape[1:-1])
    elements = _elements(graph, fed)
    used = layout.positions * layout.inputs
    return None if elements is None or elements % used else elements // used


def _elements(graph: Graph, number: int) -> int | None:
    """Returns how many numbers of the tensor `number` belong to one sample.

    Dense layers on sequences take [samples * positions, inputs], of a length that the file leaves
    open, so the tensor that those were computed from is looked at.
    """
    wider = narrower = 1
    for _ in graph.operators:
        maker = graph.makers.get(number)
        if len(graph.tensors[number].shape) > 2 or maker is None or not maker.inputs:
            break
        weight = graph.tensor(maker.inputs, 1)
        if maker.code == "FULLY_CONNECTED" and weight is not None and len(weight.shape) == 2:
            wider, narrower = wider * weight.shape[0], narrower * max(weight.shape[1], 1)
        elif maker.code not in _SAME_SIZE:
            break
        number = maker.inputs[0]
    fed, whole = graph.tensors[number], graph.tensor(graph.inputs, 0)
    batch = whole.shape[0] if whole is not None and len(whole.shape) > 1 else 1
    elements, rest = divmod(prod(fed.shape) * wider, max(batch, 1) * narrower)
    return None if rest or fed.unknown - {0} else elements
