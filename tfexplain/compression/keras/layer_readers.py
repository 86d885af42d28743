"""Chooses the source of a layer's kernels: plain, Keras' modes, tfmot's wrappers by class name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import TypeAlias

import tensorflow as tf

from tfexplain.compression.buffers import Variable, dtype_name, is_variable, nbytes
from tfexplain.compression.combined import ReorderedSource
from tfexplain.compression.keras.floats import floats, variables
from tfexplain.compression.keras.lora import low_rank
from tfexplain.compression.keras.modes import KERAS_MODES
from tfexplain.compression.keras.roles import role_of
from tfexplain.compression.keras.wrappers import WRAPPED
from tfexplain.compression.kernels import Storage, StoredKernel, name_of
from tfexplain.compression.layout import (
    Layout,
    Shape,
    layout_of,
    unknown_layout,
)
from tfexplain.compression.weights import LayerWeights
from tfexplain.types import Layer

# Of the layer at a path, and one of its kernels: how often a sample uses it.
Positions: TypeAlias = Callable[[str, Layer, Layout], "int | None"]


def read_layer(
    path: str, layer: Layer, paths: Mapping[int, str], taken: set[int], positions: Positions
) -> Iterator[LayerWeights]:
    """Returns the kernels that `layer` itself owns; for a wrapper, those of the layer in it.

    Args:
        path: Path of the layer.
        layer: A layer of Keras 3 or tf_keras.
        paths: Paths of all layers, by id.
        taken: Ids of variables already read; added to.
        positions: How often one sample uses each weight.
    """
    wrapper = _wrapper(layer)
    owner = layer.layer if wrapper else layer
    path = paths.get(id(owner), path)
    try:
        kernels = WRAPPED[wrapper](layer) if wrapper else _own(layer)
    except Exception as error:
        # One layer that cannot be read must not take the others with it.
        yield _unreadable(path, owner, wrapper, error)
        return
    for kernel in kernels:
        if id(kernel.variable) not in taken:
            taken.add(id(kernel.variable))
            inner = kernel.owner or owner
            place = paths.get(id(inner), path)
            try:
                yield _weights(place, inner, wrapper, kernel, positions)
            except Exception as error:
                yield _unreadable(place, inner, wrapper, error, kernel)


def _wrapper(layer: Layer) -> str:
    names = (cls.__name__ for cls in type(layer).__mro__)
    return next((name for name in names if name in WRAPPED), "")


def _weights(
    path: str, layer: Layer, wrapper: str, kernel: StoredKernel, positions: Positions
) -> LayerWeights:
    stored, variable = kernel.stored, kernel.variable
    known = kernel.role == "kernel"
    layout = (layout_of if known else _any_layout)(layer, kernel.weight, kernel.shape)
    source = stored.source(_natural(layout, kernel.shape)) if stored.source else None
    if source is not None and (layout.order or stored.columns not in (None, layout.columns)):
        order = layout.order or tuple(range(len(kernel.shape)))
        source = ReorderedSource(source, kernel.shape, order, layout.columns)
    bits = 8 * tf.as_dtype(dtype_name(variable)).size
    extra = (*stored.overhead, *stored.beside)
    return LayerWeights(
        path=path,
        weight=kernel.weight,
        part="",
        layer_type=type(layer).__name__,
        wrapper=wrapper,
        shape=kernel.shape,
        layout=layout,
        mode=stored.mode,
        dtype=dtype_name(variable),
        trainable=any(_trainable(layer, v) for v in (variable, *stored.overhead, *stored.beside)),
        calibrated=stored.calibrated,
        note=stored.note,
        bits_stored=stored.bits_stored or bits,
        bits_compute=stored.bits_compute or bits,
        bits_code=stored.bits_code or bits,
        code_range=stored.code_range,
        overhead_bytes=sum(map(nbytes, stored.overhead)),
        bytes_stored=nbytes(variable) + sum(map(nbytes, extra)),
        positions=positions(path, layer, layout),
        source=source,
        quantized=stored.code_range is not None,
        role=kernel.role,
        variable=variable,
    )


def _any_layout(layer: Layer, weight: str, shape: Shape) -> Layout:
    return unknown_layout(shape)


def _unreadable(
    path: str, layer: Layer, wrapper: str, error: Exception, kernel: StoredKernel | None = None
) -> LayerWeights:
    """Returns a row for what could not be read, which says why; of a whole layer without a
    kernel."""
    shape = () if kernel is None else kernel.shape
    bits = 8 * tf.as_dtype(dtype_name(kernel.variable)).size if kernel else 0
    return LayerWeights(
        path=path,
        weight=kernel.weight if kernel else "weights",
        part="",
        layer_type=type(layer).__name__,
        wrapper=wrapper,
        shape=shape,
        layout=unknown_layout(shape),
        mode=kernel.stored.mode if kernel else "unknown",
        dtype=dtype_name(kernel.variable) if kernel else "",
        trainable=bool(getattr(layer, "trainable", False)),
        calibrated=None,
        note=f"cannot be read, so its values are left out: {type(error).__name__}: {error}"[:300],
        bits_stored=bits,
        bits_compute=bits,
        bits_code=bits,
        code_range=None,
        overhead_bytes=0,
        bytes_stored=nbytes(kernel.variable) if kernel else 0,
        positions=None,
        source=None,
        quantized=False,
        broken=True,
    )


def _natural(layout: Layout, shape: Shape) -> Layout:
    """Returns the matrix that the memory holds, where the layout asks for other axes than it
    has."""
    if layout.order is None:
        return layout
    return Layout("dense", 1, prod(shape[:-1]), shape[-1])


def _trainable(layer: Layer, variable: Variable) -> bool:
    return bool(layer.trainable and getattr(variable, "trainable", False))


def _own(layer: Layer) -> list[StoredKernel]:
    """Returns kernels of a layer without wrapper: of its quantization mode, else its float
    variables."""
    mode = getattr(layer, "quantization_mode", None)
    if mode and _quantizable(layer):
        return _quantized(layer, str(mode))
    return floats(layer, low_rank(layer))


def _quantizable(layer: Layer) -> bool:
    return any(is_variable(getattr(layer, n, None)) for n in ("kernel_scale", "embeddings_scale"))


def _quantized(layer: Layer, mode: str) -> list[StoredKernel]:
    read = KERAS_MODES.get(mode)
    if read is not None:
        return [StoredKernel(name, v, shape, q) for name, v, shape, q in read(layer)]
    kernels = [v for v in variables(layer) if "kernel" in role_of(layer, _plain_name(v))]
    return [_unknown(layer, v, mode) for v in kernels]


def _plain_name(variable: Variable) -> str:
    return name_of(variable).removeprefix("quantized_")


def _unknown(layer: Layer, variable: Variable, mode: str) -> StoredKernel:
    note = (
        f"quantization mode {mode!r} is not known to this version of tfexplain: its dtype and "
        "bytes are shown, its values are not read"
    )
    beside = tuple(v for v in layer.weights if v is not variable and len(v.shape) < 2)
    stored = Storage(mode, None, overhead=beside, note=note)
    return StoredKernel(name_of(variable), variable, tuple(variable.shape), stored)
