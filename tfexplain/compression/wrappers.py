"""Kernels inside tfmot's wrappers, told by class name: importing tfmot changes `tf.keras`.

After tracing, the wrapped layer's `kernel` is a symbolic tensor under quantization and clustering,
so variables are taken from the wrapper's own lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil, log2, prod
from typing import Any, TypeAlias

import numpy as np

from tfexplain.compression.buffers import Variable, view
from tfexplain.compression.floats import floats
from tfexplain.compression.kernels import Kernel, kernel_of, shape_of
from tfexplain.compression.sources import Clustered, FakeQuantized, Plain

Layer: TypeAlias = Any

_UNTOUCHED = 6.0  # what tfmot starts its ranges with


def _pruned(wrapper: Layer) -> list[Kernel]:
    kernels = []
    for variable, mask, threshold in wrapper.pruning_vars:
        kernels.append(
            kernel_of(
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
        return kernel_of(variable, "qat", None, note=note)
    low, high, mask = ranges["min_var"], ranges["max_var"], ranges.get("sparsity_mask")
    narrow = bool(getattr(quantizer, "narrow_range", False))
    touched = bool(np.any(view(low) != -_UNTOUCHED) or np.any(view(high) != _UNTOUCHED))
    return kernel_of(
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
    count = prod(shape_of(low))
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
        kernel = kernel_of(
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
    return [*kernels, *floats(wrapper.layer, {}, skip)]


WRAPPED: dict[str, Callable[[Layer], list[Kernel]]] = {
    "PruneLowMagnitude": _pruned,
    "QuantizeWrapper": _quantization_aware,
    "QuantizeWrapperV2": _quantization_aware,
    "ClusterWeights": _clustered,
}
