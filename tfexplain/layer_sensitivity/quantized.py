"""Computes what a kernel becomes when its weights are stored in few bits; numpy only."""

from __future__ import annotations

import numpy as np

from tfexplain.checks import is_whole
from tfexplain.errors import SettingError
from tfexplain.types import Array

# What Keras adds to the largest magnitude, so that kernels of zeros have a scale.
_EPSILON = 1e-7
BITS = (2, 16)


def quantized(kernel: Array, bits: int, axis: int | None = -1) -> Array:
    """Rounds a kernel to `bits` bits, symmetrically around zero, and returns it as floats.

    Codes go from -(2^(bits-1) - 1) to 2^(bits-1) - 1, which stands for the largest magnitude: with
    8 bits what `model.quantize("int8")` stores of a dense kernel, with 4 what it stores in int4
    without blocks.

    Args:
        kernel: Weights of any shape.
        bits: From 2 to 16.
        axis: Whose entries have a scale each, by default the last one; None: one scale for all.

    Returns:
        Of the kernel's shape and type.

    Raises:
        SettingError: another number of bits.

    References:
        Krishnamoorthi 2018, sections 2.3 and 3.1, https://arxiv.org/abs/1806.08342

    >>> quantized(np.array([-1.0, 0.4, 0.8]), 2, axis=None).round(3)
    array([-1.,  0.,  1.])
    """
    low, high = BITS
    if not is_whole(bits) or not low <= bits <= high:
        raise SettingError(f"bits={bits!r}: expected a whole number from {low} to {high}.")
    others = None
    if axis is not None:
        others = tuple(i for i in range(kernel.ndim) if i != axis % kernel.ndim)
    most = 2 ** (bits - 1) - 1
    # In float32 where the kernel has fewer bits: a scale of float16 would round before the codes.
    values = kernel.astype(np.promote_types(kernel.dtype, np.float32), copy=False)
    scale = np.divide(most, np.abs(values).max(axis=others, keepdims=True) + _EPSILON)
    codes = np.clip(np.round(values * scale), -most, most)
    result: Array = (codes / scale).astype(kernel.dtype)
    return result
