"""Which source a layer's kernels have: plain, Keras' modes, tfmot's wrappers told by class name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any, TypeAlias

import tensorflow as tf

from tfexplain.compression.buffers import Variable, dtype_name, is_variable, nbytes
from tfexplain.compression.combined import Reordered
from tfexplain.compression.floats import floats, matrices
from tfexplain.compression.keras_modes import KERAS_MODES
from tfexplain.compression.kernels import Kernel, Quantized, name_of
from tfexplain.compression.layout import Layout, Shape, layout_of, output_positions
from tfexplain.compression.lora import low_rank
from tfexplain.compression.weights import LayerWeights
from tfexplain.compression.wrappers import WRAPPED

Layer: TypeAlias = Any
Shapes: TypeAlias = Callable[[str], "tuple[int, ...] | None"]


def read_layer(
    path: str, layer: Layer, paths: Mapping[int, str], taken: set[int], shapes: Shapes
) -> Iterator[LayerWeights]:
    """The kernels that `layer` itself owns; for a wrapper, those of the layer in it.

    Args:
        path: Of the layer.
        layer: Of Keras 3 or tf_keras.
        paths: Those of all layers, by id.
        taken: Ids of variables already read; added to.
        shapes: Output shapes by path.
    """
    wrapper = _wrapper(layer)
    if wrapper:
        kernels = WRAPPED[wrapper](layer)
        owner = layer.layer
        path = paths.get(id(owner), path)
    else:
        kernels, owner = _own(layer), layer
    for kernel in kernels:
        if id(kernel.variable) not in taken:
            taken.add(id(kernel.variable))
            yield _weights(path, owner, wrapper, kernel, shapes(path))


def _wrapper(layer: Layer) -> str:
    names = (cls.__name__ for cls in type(layer).__mro__)
    return next((name for name in names if name in WRAPPED), "")


def _weights(
    path: str, layer: Layer, wrapper: str, kernel: Kernel, output: Shape | None
) -> LayerWeights:
    stored, variable = kernel.stored, kernel.variable
    layout = layout_of(layer, kernel.weight, kernel.shape)
    source = stored.source(_natural(layout, kernel.shape)) if stored.source else None
    if source is not None and (layout.order or stored.columns not in (None, layout.columns)):
        order = layout.order or tuple(range(len(kernel.shape)))
        source = Reordered(source, kernel.shape, order, layout.columns)
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
        positions=output_positions(layer, layout, output),
        source=source,
        quantized=stored.code_range is not None,
    )


def _natural(layout: Layout, shape: Shape) -> Layout:
    """The matrix that the memory holds, where the layout asks for other axes than it has."""
    if layout.order is None:
        return layout
    return Layout("dense", 1, prod(shape[:-1]), shape[-1])


def _trainable(layer: Layer, variable: Variable) -> bool:
    return bool(layer.trainable and getattr(variable, "trainable", False))


def _own(layer: Layer) -> list[Kernel]:
    """Kernels of a layer without wrapper: of its quantization mode, else its float variables."""
    mode = getattr(layer, "quantization_mode", None)
    if mode and _quantizable(layer):
        return _quantized(layer, str(mode))
    return floats(layer, low_rank(layer))


def _quantizable(layer: Layer) -> bool:
    return any(is_variable(getattr(layer, n, None)) for n in ("kernel_scale", "embeddings_scale"))


def _quantized(layer: Layer, mode: str) -> list[Kernel]:
    read = KERAS_MODES.get(mode)
    if read is not None:
        return [Kernel(name, v, shape, q) for name, v, shape, q in read(layer)]
    return [_unknown(layer, v, mode) for v in matrices(layer)]


def _unknown(layer: Layer, variable: Variable, mode: str) -> Kernel:
    note = (
        f"quantization mode {mode!r} is not known to this version of tfexplain: its dtype and "
        "bytes are shown, its values are not read"
    )
    beside = tuple(v for v in layer.weights if v is not variable and len(v.shape) < 2)
    stored = Quantized(mode, None, overhead=beside, note=note)
    return Kernel(name_of(variable), variable, tuple(variable.shape), stored)
