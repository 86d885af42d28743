"""Defines `quantized_weights`, which computes with quantized weights for a while, and its formula.

Symmetric quantization by the greatest magnitude, as Keras' own modes store it: values * scale are
rounded to whole codes of [-m, m], m = 2^(bits - 1) - 1, scale = m / (max|values| + epsilon).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

import numpy as np

from tfexplain.compression.keras.read import read
from tfexplain.compression.layout import Layout
from tfexplain.compression.weights import LayerWeights, WeightsError, find
from tfexplain.errors import TfexplainError
from tfexplain.model.preserved_state import copies, put_back
from tfexplain.types import Array, Model

Per = Literal["channel", "tensor"]
BITS = range(2, 17)
# Keras adds it to each range, so that one of zeros divides.
_EPSILON = np.float32(1e-7)
# Modes whose values are floats when the layer multiplies with them, zeros of a mask included.
_FLOATS = ("float", "pruning")


@contextmanager
def quantized_weights(
    model: Model, bits: int | Mapping[str, int], per: Per = "channel"
) -> Iterator[list[LayerWeights]]:
    """Previews quantized weights: while open, `model` computes with rounded kernels.

    What is rounded are the kernels that are stored as floats, in place, as int8 or int4 of Keras
    would store them; biases, normalization and activations stay. On leaving, also by an error or
    Ctrl-C, each weight is again what it was, to the bit. For evaluation and explanation: what
    training changes inside is lost.

    Args:
        model: A built model of Keras 3 or tf_keras.
        bits: Bits of each code, 2 to 16: one number for all kernels, or one by layer's name (the
            path, or the end of it) for those layers alone.
        per: A scale for each output channel (for each row of an embedding), or one for the tensor.

    Yields:
        The kernels that are rounded, as `compression.read` lists them.

    Raises:
        TfexplainError: `bits` or `per` are none of these.
        WeightsError: a layer is not there or has no float kernel, or no layer has.

    Examples:
        >>> import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.set_weights([np.array([[1.0], [0.25]], "float32")])
        >>> with quantized_weights(model, bits=2):
        ...     model.get_weights()[0].ravel().round(3).tolist()
        [1.0, 0.0]
        >>> model.get_weights()[0].ravel().round(3).tolist()
        [1.0, 0.25]
    """
    _check(bits, per)
    chosen = _chosen(read(model), bits)
    with put_back([copy for layer, _ in chosen for copy in copies(layer.variable)]):
        for layer, width in chosen:
            for copy in copies(layer.variable):
                copy.assign(quantized_kernel(copy.numpy(), layer.layout, width, per))
        yield [layer for layer, _ in chosen]


def fake_quantized(kernel: Array, bits: int, axis: int | None = None) -> Array:
    """Rounds values to what symmetric codes of so many bits can express.

    Args:
        kernel: Floats of any shape.
        bits: 2 to 16.
        axis: Axis whose places have a scale each; None: one scale for all.

    Returns:
        Values of the kernel's shape and type.

    Examples:
        >>> fake_quantized(np.array([[1.0, 0.1], [0.4, 0.06]]), 2, axis=1).round(2).tolist()
        [[1.0, 0.1], [0.0, 0.1]]
    """
    most = np.float32(2 ** (bits - 1) - 1)
    values = kernel if kernel.dtype == np.float64 else kernel.astype(np.float32)
    others = (
        None if axis is None else tuple(a for a in range(kernel.ndim) if a != axis % kernel.ndim)
    )
    widest = np.max(np.abs(values), axis=others, keepdims=True, initial=0)
    scale = most / (widest + _EPSILON)
    codes = np.clip(np.round(values * scale), -most, most)
    return np.asarray(codes / scale, kernel.dtype)


def quantized_kernel(values: Array, layout: Layout, bits: int, per: Per = "channel") -> Array:
    """Rounds a kernel whose axes are described by `layout`, of the shape that its variable has."""
    if per == "tensor":
        return fake_quantized(values, bits)
    rounded = fake_quantized(layout.to_cube(values), bits, 1 if layout.kind == "lookup" else 2)
    return layout.from_cube(rounded, values.shape)


def _check(bits: int | Mapping[str, int], per: str) -> None:
    for width in bits.values() if isinstance(bits, Mapping) else [bits]:
        if width not in BITS:
            raise TfexplainError(
                f"bits={width!r}: expected {BITS[0]} to {BITS[-1]}; got {width!r}. "
                "Pass 8 or 4, or a mapping of layers' names to bits."
            )
    if per not in ("channel", "tensor"):
        raise TfexplainError(f"per={per!r}: expected 'channel' or 'tensor'; got {per!r}.")


def _chosen(
    layers: list[LayerWeights], bits: int | Mapping[str, int]
) -> list[tuple[LayerWeights, int]]:
    """Pairs the kernels to be rounded with their bits."""
    able = [
        w for w in layers if w.mode in _FLOATS and w.role == "kernel" and w.variable is not None
    ]
    if not isinstance(bits, Mapping):
        if not able:
            modes = ", ".join(sorted({layer.mode for layer in layers}))
            raise WeightsError(
                f"model: expected kernels of floats; got {modes or 'no kernel'}. "
                "Pass the model as it was before it was quantized."
            )
        return [(layer, bits) for layer in able]
    chosen = []
    for name, width in bits.items():
        layer = find(layers, name, "bits")
        if layer not in able:
            raise WeightsError(
                f"bits={{{name!r}: {width}}}: expected a kernel of floats; got mode "
                f"{layer.mode!r}. Leave this layer out."
            )
        chosen.append((layer, width))
    return chosen
