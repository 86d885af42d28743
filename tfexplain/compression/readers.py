"""Which source a layer's kernels have: plain, Keras' modes, tfmot's wrappers told by class name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil, log2, prod
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from tfexplain.compression.buffers import Variable, dtype_name, is_variable, nbytes, view
from tfexplain.compression.keras_modes import KERAS_MODES, Quantized, Update, low_rank
from tfexplain.compression.layout import Layout, Shape, layout_of, output_positions
from tfexplain.compression.sources import (
    Clustered,
    FakeQuantized,
    Plain,
    Reordered,
    Source,
)
from tfexplain.compression.weights import LayerWeights

Layer: TypeAlias = Any
Shapes: TypeAlias = Callable[[str], "tuple[int, ...] | None"]

_WRAPPERS = frozenset(
    {"PruneLowMagnitude", "QuantizeWrapper", "QuantizeWrapperV2", "ClusterWeights"}
)
_UNAPPLIED = (
    "a mask variable lies beside the kernel; whether the layer applies it is not known, so zeros "
    "are counted in the kernel itself"
)
_UNTOUCHED = 6.0  # what tfmot starts its ranges with


@dataclass(frozen=True)
class Kernel:
    """A kernel's variable with the way to read it, before it becomes a `LayerWeights`."""

    weight: str
    variable: Variable
    shape: Shape
    stored: Quantized


def read_layer(
    path: str, layer: Layer, inner: Mapping[int, str], taken: set[int], shapes: Shapes
) -> Iterator[LayerWeights]:
    """The kernels that `layer` itself owns; for a wrapper, those of the layer in it.

    Args:
        path: Of the layer.
        layer: Of Keras 3 or tf_keras.
        inner: Paths of the layers below it, by id.
        taken: Ids of variables already read; added to.
        shapes: Output shapes by path.
    """
    wrapper = _wrapper(layer)
    if wrapper:
        kernels = _WRAPPED[wrapper](layer)
        owner = layer.layer
        path = inner.get(id(owner), path)
    else:
        kernels, owner = _own(layer), layer
    for kernel in kernels:
        if id(kernel.variable) not in taken:
            taken.add(id(kernel.variable))
            yield _weights(path, owner, wrapper, kernel, shapes(path))


def _wrapper(layer: Layer) -> str:
    names = (cls.__name__ for cls in type(layer).__mro__)
    return next((name for name in names if name in _WRAPPERS), "")


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
    return _floats(layer, low_rank(layer))


def _quantizable(layer: Layer) -> bool:
    return any(is_variable(getattr(layer, n, None)) for n in ("kernel_scale", "embeddings_scale"))


def _quantized(layer: Layer, mode: str) -> list[Kernel]:
    read = KERAS_MODES.get(mode)
    if read is not None:
        return [Kernel(name, v, shape, q) for name, v, shape, q in read(layer)]
    return [_unknown(layer, v, mode) for v in _matrices(layer)]


def _unknown(layer: Layer, variable: Variable, mode: str) -> Kernel:
    note = (
        f"quantization mode {mode!r} is not known to this version of tfexplain: its dtype and "
        "bytes are shown, its values are not read"
    )
    beside = tuple(v for v in layer.weights if v is not variable and len(v.shape) < 2)
    stored = Quantized(mode, None, overhead=beside, note=note)
    return Kernel(_name(variable), variable, tuple(variable.shape), stored)


def _floats(
    layer: Layer, updates: Mapping[int, Update], skip: frozenset[int] = frozenset()
) -> list[Kernel]:
    masks = _masks(layer)
    return [
        _plain(v, masks.get(_shape(v)), updates.get(id(v)))
        for v in _matrices(layer)
        if id(v) not in skip and id(v) not in {id(m) for m in masks.values()}
    ]


def _matrices(layer: Layer) -> list[Variable]:
    """Variables of the layer itself that can be kernels: two axes or more.

    From the lists that Keras keeps, never from attributes: after tracing, tfmot leaves symbolic
    tensors there.
    """
    named = ("_trainable_variables", "_non_trainable_variables")  # Keras 3
    if not hasattr(layer, named[0]):
        named = ("_trainable_weights", "_non_trainable_weights")
    lists = [list(getattr(layer, name, ())) for name in named]
    adapters = {id(v) for n in ("kernel", "embeddings") for v in _adapters(layer, n)}
    return [
        v
        for v in (*lists[0], *(w for w in lists[1] if not _shaped_like_state(w)))
        if len(v.shape) > 1 and is_variable(v) and id(v) not in adapters
    ]


def _shaped_like_state(variable: Variable) -> bool:
    """Whether a variable that is not trained is a counter or a seed and no frozen kernel."""
    return not tf.as_dtype(dtype_name(variable)).is_floating and "seed" in _name(variable)


def _adapters(layer: Layer, name: str) -> list[Variable]:
    if not getattr(layer, "lora_enabled", False):
        return []
    return [v for end in "ab" if is_variable(v := getattr(layer, f"lora_{name}_{end}", None))]


def _masks(layer: Layer) -> dict[Shape, Variable]:
    """Variables called a mask, by shape: those of people who prune by hand."""
    found: dict[Shape, Variable] = {}
    for variable in _matrices(layer):
        if "mask" in _name(variable) and not getattr(variable, "trainable", False):
            found[_shape(variable)] = variable
    return found


def _plain(variable: Variable, mask: Variable | None, update: Update | None) -> Kernel:
    note = "" if mask is None else _UNAPPLIED
    beside = () if mask is None else (mask,)
    return _kernel(
        variable,
        "float",
        lambda layout: _updated(Plain(variable, layout.columns, mask), update),
        beside=beside if update is None else (*beside, *update.variables),
        note=note,
    )


def _updated(source: Source, update: Update | None) -> Source:
    return source if update is None else update.apply(source)


def _kernel(variable: Variable, mode: str, source: Any, **stored: Any) -> Kernel:
    quantized = Quantized(mode, source, **stored)
    return Kernel(_name(variable), variable, _shape(variable), quantized)


def _name(variable: Variable) -> str:
    """`kernel` of `dense/kernel:0`."""
    return str(variable.name).split("/")[-1].split(":")[0]


def _shape(variable: Variable) -> Shape:
    return tuple(int(side) for side in variable.shape)


# -------------------------------------------------------------------------- tfmot's wrappers


def _pruned(wrapper: Layer) -> list[Kernel]:
    kernels = []
    for variable, mask, threshold in wrapper.pruning_vars:
        kernels.append(
            _kernel(
                variable,
                "pruning",
                lambda layout, v=variable, m=mask: Plain(v, layout.columns, m, applied=True),
                beside=(mask, threshold),
            )
        )
    return _with_rest(wrapper, [k for k in kernels if len(k.shape) > 1])


def _quantization_aware(wrapper: Layer) -> list[Kernel]:
    found = []
    for variable, quantizer, ranges in wrapper._weight_vars:
        if len(variable.shape) > 1:
            found.append(_fake_quantized(variable, quantizer, ranges))
    return _with_rest(wrapper, found)


def _fake_quantized(variable: Variable, quantizer: Any, ranges: Mapping[str, Any]) -> Kernel:
    bits = getattr(quantizer, "num_bits", None)
    known = set(ranges) in ({"min_var", "max_var"}, {"min_var", "max_var", "sparsity_mask"})
    shared = known and _range_fits(variable, quantizer, ranges["min_var"])
    if bits is None or not shared:
        note = (
            f"quantizer {type(quantizer).__name__} is not known to this version of tfexplain: "
            "its dtype and bytes are shown, its values are not read"
        )
        return _kernel(variable, "qat", None, note=note)
    low, high, mask = ranges["min_var"], ranges["max_var"], ranges.get("sparsity_mask")
    narrow = bool(getattr(quantizer, "narrow_range", False))
    touched = bool(np.any(view(low) != -_UNTOUCHED) or np.any(view(high) != _UNTOUCHED))
    return _kernel(
        variable,
        "qat",
        lambda layout: FakeQuantized(variable, layout.columns, low, high, int(bits), narrow, mask),
        bits_code=int(bits),
        bits_compute=int(bits),
        code_range=(int(narrow), (1 << int(bits)) - 1),
        overhead=(low, high),
        calibrated=touched,
        note="" if touched else "ranges are as tfmot created them: no batch was trained yet",
    )


def _range_fits(variable: Variable, quantizer: Any, low: Variable) -> bool:
    """Whether ranges are one number, or one for each place on the kernel's last axis."""
    count = prod(_shape(low))
    return count == 1 or (
        count == variable.shape[-1] and "Transpose" not in type(quantizer).__name__
    )


def _clustered(wrapper: Layer) -> list[Kernel]:
    kernels = []
    for name, variable in wrapper.original_clusterable_weights.items():
        if len(variable.shape) < 2:
            continue
        centroids, indices = wrapper.cluster_centroids[name], wrapper.pulling_indices[name]
        count = int(centroids.shape[-1])
        kernel = _kernel(
            variable,
            "clustering",
            lambda layout, v=variable, c=centroids, i=indices: Clustered(v, layout.columns, c, i),
            bits_code=ceil(log2(count)),
            code_range=(0, count - 1),
            overhead=(centroids,),
            beside=(indices,),
        )
        kernels.append(replace(kernel, weight=str(name).split("/")[-1]))
    return _with_rest(wrapper, kernels)


def _with_rest(wrapper: Layer, kernels: list[Kernel]) -> list[Kernel]:
    """Further kernels of the wrapped layer, which the wrapper leaves alone."""
    skip = frozenset(id(kernel.variable) for kernel in kernels)
    return [*kernels, *_floats(wrapper.layer, {}, skip)]


_WRAPPED: dict[str, Callable[[Layer], list[Kernel]]] = {
    "PruneLowMagnitude": _pruned,
    "QuantizeWrapper": _quantization_aware,
    "QuantizeWrapperV2": _quantization_aware,
    "ClusterWeights": _clustered,
}
