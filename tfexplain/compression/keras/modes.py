"""Describes how Keras 3 stores the kernels of a quantized layer, by the mode's name.

Keras' own `layer.kernel` gives raw codes, with LoRA codes plus a float update: it is never used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from tfexplain.compression.buffers import Variable, is_variable, view
from tfexplain.compression.keras.lora import with_update
from tfexplain.compression.kernels import Storage
from tfexplain.compression.layout import Layout, Shape
from tfexplain.compression.sources import AffineSource, Float8Source, FloatSource, Source
from tfexplain.model.keras_private import dequantizing_scale, stored_variable
from tfexplain.types import Array, Layer

Codes: TypeAlias = Callable[[slice, slice], Array]


Entry: TypeAlias = tuple[str, Variable, Shape, Storage]


def embedded(layer: Layer) -> bool:
    """Returns whether the layer looks rows up rather than multiplying."""
    return hasattr(layer, "embeddings_scale")


def _float_bits(layer: Layer) -> int:
    return 8 * int(tf.as_dtype(layer.compute_dtype).size)


def _compute_bits(layer: Layer) -> int:
    """Returns 8 where inputs are quantized too; a layer that quantizes weights only computes in
    float."""
    quantizes_inputs = getattr(layer, "inputs_quantizer", None) is not None
    return 8 if quantizes_inputs and not embedded(layer) else _float_bits(layer)


# ------------------------------------------------------------------------------------- int8


def _int8(layer: Layer) -> list[Entry]:
    if embedded(layer):
        return [
            _int8_entry(
                layer, "embeddings", stored_variable(layer, "embeddings"), layer.embeddings_scale, 0
            ),
            *_reverse(layer, lambda v, s: _int8_entry(layer, "reverse_embeddings", v, s, 1)),
        ]
    return [_int8_entry(layer, "kernel", stored_variable(layer, "kernel"), layer.kernel_scale, 1)]


def _reverse(layer: Layer, entry: Callable[[Variable, Variable], Entry]) -> list[Entry]:
    """Returns the second kernel of a ReversibleEmbedding whose weights are not tied."""
    if not is_variable(vars(layer).get("reverse_embeddings")):
        return []
    return [entry(layer.reverse_embeddings, layer.reverse_embeddings_scale)]


def _int8_entry(layer: Layer, name: str, codes: Variable, scale: Variable, axis: int) -> Entry:
    shape = tuple(codes.shape)

    def source(layout: Layout) -> Source:
        return AffineSource(
            partial(_matrix, codes, layout.columns),
            lambda: _int8_scale(layer, scale, shape, layout, axis),
            (-127, 127),
            divide=True,
        )

    stored = Storage(
        "int8",
        source,
        bits_compute=_compute_bits(layer),
        code_range=(-128, 127),
        overhead=(scale,),
    )
    return name, codes, shape, with_update(layer, codes, stored)


def _matrix(codes: Variable, columns: int) -> Codes:
    matrix = view(codes).reshape(-1, columns)
    return lambda rows, cols: matrix[rows, cols]


def _int8_scale(layer: Layer, scale: Variable, shape: Shape, layout: Layout, axis: int) -> Array:
    """Returns scales as [1, C], [R, 1] or, for kernels that must be reordered, as the whole
    matrix."""
    adjust = dequantizing_scale(layer)
    if adjust is None:
        return view(scale).reshape((1, -1) if axis == 1 else (-1, 1))
    scales = np.asarray(adjust(view(scale)))
    if _trails(scales.shape, shape, layout.columns):
        return scales.reshape(1, -1)
    return np.broadcast_to(scales, shape).reshape(-1, layout.columns)


def _trails(scales: Shape, shape: Shape, columns: int) -> bool:
    """Returns whether scales vary along the last axes of the kernel only, and along all of its
    columns."""
    first = next(axis for axis in range(len(shape) + 1) if prod(shape[axis:]) <= columns)
    return prod(scales) == columns and all(side == 1 for side in scales[:first])


# ------------------------------------------------------------------------------------- int4


def _int4(layer: Layer) -> list[Entry]:
    if not embedded(layer):
        return [_int4_kernel(layer)]
    shape = (int(layer.input_dim), int(layer.output_dim))
    zero = getattr(layer, "embeddings_zero", None)
    forward = _int4_entry(
        layer,
        "embeddings",
        stored_variable(layer, "embeddings"),
        layer.embeddings_scale,
        zero,
        shape,
        1,
    )
    back_zero = getattr(layer, "reverse_embeddings_zero", None)
    return [
        forward,
        *_reverse(
            layer,
            lambda v, s: _int4_entry(
                layer, "reverse_embeddings", v, s, back_zero, shape[::-1], 0, pack_axis=0
            ),
        ),
    ]


def _int4_kernel(layer: Layer) -> Entry:
    codes = stored_variable(layer, "kernel")
    shape = getattr(layer, "original_kernel_shape", None) or (codes.shape[0], layer.units)
    zero = getattr(layer, "kernel_zero", None)
    return _int4_entry(layer, "kernel", codes, layer.kernel_scale, zero, tuple(shape), 0)


def _int4_entry(
    layer: Layer,
    name: str,
    codes: Variable,
    scale: Variable,
    zero: Variable | None,
    shape: Shape,
    group_axis: int,
    pack_axis: int = 1,
) -> Entry:
    """Describes two codes to a byte along `pack_axis`; groups run along `group_axis` of the
    matrix."""
    rows = int(codes.shape[0]) if pack_axis == 1 else shape[0]
    columns = prod(shape) // rows
    grouped = zero is not None
    # One scale per channel stands on the axis that groups do not run along.
    flat = (1, -1) if group_axis == 0 else (-1, 1)

    def source(layout: Layout) -> Source:
        return AffineSource(
            partial(_nibbles, codes, (rows, columns), pack_axis, True),
            lambda: view(scale) if grouped else view(scale).reshape(flat),
            (-8, 7) if grouped else (-7, 7),
            zero=(lambda: view(zero)) if grouped else None,
            group=(lambda: view(layer.g_idx)) if grouped else None,
            group_axis=group_axis,
            divide=not grouped,
        )

    stored = Storage(
        "int4",
        source,
        bits_stored=4,
        bits_compute=_compute_bits(layer),
        bits_code=4,
        code_range=(-8, 7),
        overhead=(scale, zero, layer.g_idx) if grouped else (scale,),
        columns=columns,
    )
    return name, codes, shape, with_update(layer, codes, stored)


def _nibbles(variable: Variable, shape: Shape, axis: int, signed: bool) -> Codes:
    """Unpacks codes [rows, columns] from bytes with two along `axis`, the lower half first."""
    packed = view(variable)

    def cut(rows: slice, columns: slice) -> Array:
        wanted = [range(n)[part] for n, part in zip(shape, (rows, columns), strict=True)]
        pair = wanted[axis]
        index: list[slice] = [slice(part.start, part.stop) for part in wanted]
        index[axis] = slice(pair.start // 2, (pair.stop + 1) // 2)
        bytes_ = packed[tuple(index)].view(np.uint8)
        halves = np.stack([bytes_ & 15, bytes_ >> 4], axis + 1)
        sides = list(bytes_.shape)
        sides[axis] *= 2
        codes = halves.reshape(sides)
        if signed:
            codes = (codes ^ 8).view(np.int8) - np.int8(8)
        odd = pair.start % 2
        keep = slice(odd, odd + len(pair))
        return codes[keep] if axis == 0 else codes[:, keep]

    return cut


# ----------------------------------------------------------------------------------- float8


def _float8(layer: Layer) -> list[Entry]:
    kernel, scale = stored_variable(layer, "kernel"), layer.kernel_scale
    # Everything that the mode adds to the layer, of its inputs and gradients too.
    others = [f"{part}_amax_history" for part in ("inputs", "kernel", "outputs_grad")]
    others += ["inputs_scale", "outputs_grad_scale"]
    stored = Storage(
        "float8",
        lambda layout: Float8Source(kernel, layout.columns, scale),
        bits_compute=8,
        bits_code=8,
        code_range=(0, 255),
        overhead=(scale,),
        beside=tuple(v for name in others if is_variable(v := getattr(layer, name, None))),
        note="the variable stays float32; rounding to float8 happens in the layer",
    )
    return [("kernel", kernel, tuple(kernel.shape), stored)]


# --------------------------------------------------------------------------------- gptq, awq


def _gptq(layer: Layer) -> list[Entry]:
    return [_transposed(layer, "gptq", bool(layer.is_gptq_calibrated), _gptq_bits(layer))]


def _awq(layer: Layer) -> list[Entry]:
    return [_transposed(layer, "awq", bool(layer.is_awq_calibrated), 4)]


def _gptq_bits(layer: Layer) -> int:
    bits = getattr(layer.dtype_policy, "weight_bits", None)
    packed = int(layer.quantized_kernel.shape[0]) < int(layer.kernel_scale.shape[0])
    return int(bits) if bits else 4 if packed else 8


def _transposed(layer: Layer, mode: str, calibrated: bool, bits: int) -> Entry:
    """Transposes to codes [columns, rows], with scales and zero points [columns, groups]."""
    codes = layer.quantized_kernel
    beside = (codes, layer.kernel_scale, layer.kernel_zero, layer.g_idx)
    if not calibrated:
        kernel = stored_variable(layer, "kernel")
        note = f"{mode} was asked for but never calibrated: the layer computes in float"
        plain = Storage(
            mode,
            lambda layout: FloatSource(kernel, layout.columns),
            beside=beside,
            calibrated=False,
            note=note,
        )
        return "kernel", kernel, tuple(kernel.shape), with_update(layer, kernel, plain)
    columns, rows = int(layer.kernel_scale.shape[0]), int(codes.shape[1])
    shape = getattr(layer, "original_kernel_shape", None) or (rows, columns)
    protection = layer.awq_scales if mode == "awq" else None

    def source(layout: Layout) -> Source:
        return AffineSource(
            partial(_turned, codes, (columns, rows), bits == 4),
            lambda: view(layer.kernel_scale).T,
            (0, (1 << bits) - 1),
            zero=lambda: view(layer.kernel_zero).T,
            group=lambda: view(layer.g_idx),
            row_divisor=None if protection is None else lambda: view(protection).reshape(-1, 1),
        )

    stored = Storage(
        mode,
        source,
        bits_stored=4 if bits == 4 else 8,
        bits_compute=_float_bits(layer),
        bits_code=bits,
        code_range=(0, (1 << bits) - 1),
        overhead=(*beside[1:], *([] if protection is None else [protection])),
        calibrated=True,
        columns=columns,
    )
    return "kernel", codes, tuple(shape), stored


def _turned(codes: Variable, shape: Shape, packed: bool) -> Codes:
    if packed:
        nibbles = _nibbles(codes, shape, 0, False)
        return lambda rows, columns: nibbles(columns, rows).T
    matrix = view(codes)
    return lambda rows, columns: matrix[columns, rows].T


KERAS_MODES: dict[str, Callable[[Layer], list[Entry]]] = {
    "int8": _int8,
    "int4": _int4,
    "float8": _float8,
    "gptq": _gptq,
    "awq": _awq,
}
