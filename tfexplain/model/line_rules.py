"""Tells what becomes of a line of positions in one operation of a graph, by the operation's type.

A rule takes an operation and the lines of its inputs, None for those that hold none, and returns
the line of its output, why there is none, or nothing where it cannot say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import tensorflow as tf

ALL = "each position reads all words"


@dataclass(frozen=True)
class Line:
    """Where the positions of a tensor lie, and what they read.

    `merged` are the lengths of a sample's positions and channels where samples and positions are
    joined to one axis, the first, as products of matrices want them.
    """

    axis: int
    step: int = 1
    offsets: frozenset[int] = frozenset({0})
    merged: tuple[int | None, int | None] | None = None

    def later(self, by: int) -> Line:
        """Returns the line that begins so many positions later."""
        return replace(self, offsets=frozenset(o + by * self.step for o in self.offsets))

    def seen(self, first: int, every: int, width: int, apart: int = 1) -> Line:
        """Returns what reads `width` positions, `apart` from each other, at every so many."""
        offsets = {o + (first + k * apart) * self.step for o in self.offsets for k in range(width)}
        return replace(self, step=self.step * every, offsets=frozenset(offsets))


Lines: TypeAlias = "Sequence[Line | None]"
Found: TypeAlias = "Line | str | None"


def _each(op: Any, lines: Lines) -> Found:
    """Of numbers computed one by one, several inputs aligned at their last axes."""
    rank = op.outputs[0].shape.rank
    placed = []
    for cause, line in zip(op.inputs, lines, strict=True):
        if line is None:
            continue
        if rank is None or cause.shape.rank is None:
            return None
        axis = line.axis + rank - cause.shape.rank
        if cause.shape[line.axis] == 1 and op.outputs[0].shape[axis] != 1:
            return ALL
        placed.append(replace(line, axis=axis))
    first = placed[0]
    if any(replace(line, offsets=first.offsets) != first for line in placed):
        return None
    return replace(first, offsets=frozenset().union(*(line.offsets for line in placed)))


def _first(op: Any, lines: Lines) -> Found:
    """Of numbers computed one by one from the first input; others are of channels."""
    return lines[0] if not any(lines[1:]) else None


def _along_last(op: Any, lines: Lines) -> Found:
    line, rank = lines[0], op.inputs[0].shape.rank
    assert line is not None
    return ALL if line.axis == rank - 1 else line


def _reduced(op: Any, lines: Lines) -> Found:
    line, rank = lines[0], op.inputs[0].shape.rank
    where = tf.get_static_value(op.inputs[1])
    if line is None or rank is None or where is None:
        return None
    axes = {int(axis) % rank for axis in where.ravel()}
    if line.axis in axes:
        return ALL
    before = 0 if op.get_attr("keep_dims") else sum(axis < line.axis for axis in axes)
    return replace(line, axis=line.axis - before)


def _windowed(op: Any, lines: Lines) -> Found:
    """A convolution or a pooling."""
    line = lines[0]
    shape = op.inputs[0].shape
    if line is None or any(lines[1:]) or line.merged or shape.rank != 4:
        return None
    first = op.get_attr("data_format") == b"NCHW"
    spatial = (2, 3) if first else (1, 2)
    if line.axis not in spatial:
        return None
    apart = 1
    if "Pool" in op.type:
        width = op.get_attr("ksize")[line.axis]
    else:
        width = op.inputs[1].shape[spatial.index(line.axis)]
        apart = op.get_attr("dilations")[line.axis]
    every = op.get_attr("strides")[line.axis]
    before = _padding(op, line.axis, shape[line.axis], (width - 1) * apart + 1, every)
    return None if before is None else line.seen(-before, every, width, apart)


def _padding(op: Any, axis: int, length: int | None, span: int, every: int) -> int | None:
    """How many positions of padding stand in front."""
    kind = op.get_attr("padding")
    if kind == b"VALID":
        return 0
    if kind == b"EXPLICIT":
        return int(op.get_attr("explicit_paddings")[2 * axis])
    if every == 1:
        return (span - 1) // 2
    if length is None:
        return None
    return int(max((-(-length // every) - 1) * every + span - length, 0) // 2)


def _padded(op: Any, lines: Lines) -> Found:
    line, sides = lines[0], tf.get_static_value(op.inputs[1])
    return None if line is None or sides is None else line.later(-int(sides[line.axis][0]))


def _to_batch(op: Any, lines: Lines) -> Found:
    """How a dilated convolution is made one of neighbours."""
    line = lines[0]
    block, sides = map(tf.get_static_value, op.inputs[1:])
    if line is None or block is None or sides is None or not 1 <= line.axis <= len(block):
        return None
    line = line.later(-int(sides[line.axis - 1][0]))
    return replace(line, step=line.step * int(block[line.axis - 1]))


def _from_batch(op: Any, lines: Lines) -> Found:
    line = lines[0]
    block, crops = map(tf.get_static_value, op.inputs[1:])
    if line is None or block is None or crops is None or not 1 <= line.axis <= len(block):
        return None
    line = replace(line, step=line.step // int(block[line.axis - 1]))
    return line.later(int(crops[line.axis - 1][0]))


def _sliced(op: Any, lines: Lines) -> Found:
    line, rank = lines[0], op.inputs[0].shape.rank
    begin, _, strides = map(tf.get_static_value, op.inputs[1:])
    unusual = op.get_attr("ellipsis_mask") or op.get_attr("new_axis_mask")
    if line is None or begin is None or strides is None or unusual:
        return None
    shrunk, masked = op.get_attr("shrink_axis_mask"), op.get_attr("begin_mask")
    gone = sum(bool(shrunk >> i & 1) for i in range(line.axis))
    moved = replace(line, axis=line.axis - gone)
    if line.axis >= len(begin) or rank is None:
        return moved
    if shrunk >> line.axis & 1 or strides[line.axis] < 1:
        return None
    start = 0 if masked >> line.axis & 1 else int(begin[line.axis])
    if start < 0:
        length = op.inputs[0].shape[line.axis]
        if length is None:
            return None
        start = max(0, start + length)
    return moved.seen(start, int(strides[line.axis]), 1)


def _joined(op: Any, lines: Lines) -> Found:
    rank, where = op.outputs[0].shape.rank, tf.get_static_value(op.inputs[-1])
    known = [line for line in lines if line is not None]
    if rank is None or where is None or any(line.axis != known[0].axis for line in known):
        return None
    if int(where) % rank != known[0].axis:
        first = known[0]
        if any(replace(line, offsets=first.offsets) != first for line in known):
            return None
        return replace(first, offsets=frozenset().union(*(line.offsets for line in known)))
    before = 0
    for cause, line in zip(op.inputs, lines, strict=False):
        if line is not None:
            return line.later(-before) if len(known) == 1 else None
        before += cause.shape[known[0].axis] or 0
    return None


def _expanded(op: Any, lines: Lines) -> Found:
    line, rank, where = lines[0], op.outputs[0].shape.rank, tf.get_static_value(op.inputs[1])
    if line is None or rank is None or where is None:
        return None
    return replace(line, axis=line.axis + int(int(where.ravel()[0]) % rank <= line.axis))


def _squeezed(op: Any, lines: Lines) -> Found:
    line, rank = lines[0], op.inputs[0].shape.rank
    if line is None or rank is None or not op.get_attr("squeeze_dims"):
        return None
    gone = [axis % rank for axis in op.get_attr("squeeze_dims")]
    if line.axis in gone:
        return None
    return replace(line, axis=line.axis - sum(axis < line.axis for axis in gone))


def _transposed(op: Any, lines: Lines) -> Found:
    line, where = lines[0], tf.get_static_value(op.inputs[1])
    if line is None or where is None:
        return None
    return replace(line, axis=where.tolist().index(line.axis))


def _reshaped(op: Any, lines: Lines) -> Found:
    line, given, made = lines[0], op.inputs[0].shape, op.outputs[0].shape
    if line is None or given.rank is None or made.rank is None:
        return None
    if line.merged:
        back = made.rank == 3 and made[1] == line.merged[0]
        return replace(line, axis=1, merged=None) if back else None
    if line.axis == 1 and given.rank == 3 and made.rank == 2 and made[-1] in (None, given[-1]):
        return replace(line, axis=0, merged=(given[1], given[2]))
    before, length = _product(given[: line.axis]), given[line.axis]
    for axis in range(made.rank):
        if made[axis] == length and _product(made[:axis]) == before and length is not None:
            return replace(line, axis=axis)
    return None


def _product(sides: Any) -> tuple[int, int]:
    """How many sides are not known, and the product of the others."""
    known = [side for side in sides if side is not None]
    product = 1
    for side in known:
        product *= side
    return len(sides) - len(known), product


def _multiplied(op: Any, lines: Lines) -> Found:
    """A product of matrices; the first has positions in its rows."""
    line, rank = lines[0], op.inputs[0].shape.rank
    if lines[1] is not None or line is None or rank is None:
        return ALL  # as in attention: with what depends on other positions
    turned = op.get_attr("transpose_a" if op.type == "MatMul" else "adj_x")
    if line.merged and op.inputs[1].shape[0] != line.merged[1]:
        return ALL
    return ALL if turned or line.axis == rank - 1 else line


def _summed(op: Any, lines: Lines) -> Found:
    known = [i for i, line in enumerate(lines) if line is not None]
    line = lines[known[0]]
    if len(known) > 1 or line is None:
        return ALL
    given, made = op.get_attr("equation").decode().split("->")
    labels = given.split(",")[known[0]]
    if "." in labels or labels[line.axis] not in made:
        return ALL
    return replace(line, axis=made.index(labels[line.axis]))


_ONE_BY_ONE = [
    "Abs",
    "Add",
    "AddN",
    "AddV2",
    "Cast",
    "Ceil",
    "CheckNumerics",
    "ClipByValue",
    "Cos",
    "Div",
    "DivNoNan",
    "Elu",
    "Equal",
    "Erf",
    "Erfc",
    "Exp",
    "Expm1",
    "Floor",
    "FloorDiv",
    "FloorMod",
    "Greater",
    "GreaterEqual",
    "Identity",
    "IdentityN",
    "IsFinite",
    "IsInf",
    "IsNan",
    "LeakyRelu",
    "Less",
    "LessEqual",
    "Log",
    "Log1p",
    "LogicalAnd",
    "LogicalNot",
    "LogicalOr",
    "Maximum",
    "Minimum",
    "Mul",
    "MulNoNan",
    "Neg",
    "NotEqual",
    "Pow",
    "PreventGradient",
    "RealDiv",
    "Reciprocal",
    "Relu",
    "Relu6",
    "Rint",
    "Round",
    "Rsqrt",
    "Select",
    "SelectV2",
    "Selu",
    "Sigmoid",
    "Sign",
    "Sin",
    "Snapshot",
    "Softplus",
    "Softsign",
    "Sqrt",
    "Square",
    "SquaredDifference",
    "StopGradient",
    "Sub",
    "Tan",
    "Tanh",
    "TruncateDiv",
    "Xdivy",
    "Xlogy",
]
RULES: Mapping[str, Callable[[Any, Lines], Found]] = {
    **dict.fromkeys(_ONE_BY_ONE, _each),
    **dict.fromkeys(("BiasAdd", "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars"), _first),
    **dict.fromkeys(("FakeQuantWithMinMaxVarsPerChannel", "FusedBatchNormV3"), _first),
    **dict.fromkeys(("LogSoftmax", "Softmax"), _along_last),
    **dict.fromkeys(("All", "Any", "Max", "Mean", "Min", "Prod", "Sum"), _reduced),
    **dict.fromkeys(("AvgPool", "Conv2D", "DepthwiseConv2dNative", "MaxPool"), _windowed),
    **dict.fromkeys(("Pad", "PadV2"), _padded),
    **dict.fromkeys(("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "MatMul"), _multiplied),
    "BatchToSpaceND": _from_batch,
    "ConcatV2": _joined,
    "Einsum": _summed,
    "ExpandDims": _expanded,
    "Reshape": _reshaped,
    "SpaceToBatchND": _to_batch,
    "Squeeze": _squeezed,
    "StridedSlice": _sliced,
    "Transpose": _transposed,
}
