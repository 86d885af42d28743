"""Reads kernels inside tfmot's wrappers, told by class name: importing tfmot changes `tf.keras`.

After tracing, the wrapped layer's `kernel` is a symbolic tensor under quantization and clustering,
so variables are taken from the wrapper's own lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil, log2, prod
from typing import Any

import numpy as np

from tfexplain.compression.buffers import Variable, is_variable, view
from tfexplain.compression.keras.floats import floats, of_unknown_role, variables
from tfexplain.compression.keras.roles import role_of
from tfexplain.compression.kernels import StoredKernel, kernel_of, shape_of
from tfexplain.compression.sources import ClusteredSource, FakeQuantizedSource, FloatSource
from tfexplain.model import tap
from tfexplain.model.keras_private import quantized_weights
from tfexplain.types import Layer

_RANGES = frozenset({"min_var", "max_var", "sparsity_mask"})
# What quantizers that preserve clusters keep as well, by tfmot's names.
_CLUSTERS = frozenset(
    {"cluster_centroids_tf", "pulling_indices_tf", "ori_weights_vars_tf", "weight_name"}
    | {"clst_impl", "centroids_mask"}
)
_BESIDE = ("sparsity_mask", "cluster_centroids_tf", "pulling_indices_tf", "ori_weights_vars_tf")
_UNTOUCHED = 6.0  # what tfmot starts its ranges with


def _pruned(wrapper: Layer) -> list[StoredKernel]:
    kernels = []
    for variable, mask, threshold in wrapper.pruning_vars:
        kernels.append(
            kernel_of(
                variable,
                "pruning",
                lambda layout, v=variable, m=mask: FloatSource(v, layout.columns, m, applied=True),
                beside=(mask, threshold),
            )
        )
    return _with_rest(wrapper, kernels)


def _quantization_aware(wrapper: Layer) -> list[StoredKernel]:
    return _with_rest(wrapper, [_fake_quantized(*weight) for weight in quantized_weights(wrapper)])


def _fake_quantized(variable: Variable, quantizer: Any, ranges: Mapping[str, Any]) -> StoredKernel:
    bits = getattr(quantizer, "num_bits", None)
    known = {"min_var", "max_var"} <= set(ranges) <= _RANGES | _CLUSTERS
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
    # Quantizers that preserve clusters write clusters and zeros into the kernel while they train,
    # and use it as it is at inference; the one that preserves zeros only applies its mask there.
    applied = "Cluster" not in type(quantizer).__name__
    return kernel_of(
        variable,
        "qat",
        lambda layout: FakeQuantizedSource(
            variable, layout.columns, low, high, int(bits), narrow, mask, applied
        ),
        bits_code=int(bits),
        bits_compute=int(bits),
        code_range=(int(narrow), (1 << int(bits)) - 1),
        overhead=(low, high),
        beside=tuple(
            v for name in sorted(ranges) if name in _BESIDE and is_variable(v := ranges[name])
        ),
        calibrated=touched,
        note="" if touched else "ranges are as tfmot created them: no batch was trained yet",
    )


def _range_fits(variable: Variable, quantizer: Any, low: Variable) -> bool:
    """Returns whether ranges are one number, or one for each place on the kernel's last axis."""
    count = prod(shape_of(low))
    return count == 1 or (
        count == variable.shape[-1] and "Transpose" not in type(quantizer).__name__
    )


def _clustered(wrapper: Layer) -> list[StoredKernel]:
    kernels = []
    for name, variable in wrapper.original_clusterable_weights.items():
        centroids, indices = wrapper.cluster_centroids[name], wrapper.pulling_indices[name]
        count = int(centroids.shape[-1])
        kernel = kernel_of(
            variable,
            "clustering",
            lambda layout, v=variable, c=centroids, i=indices: ClusteredSource(
                v, layout.columns, c, i
            ),
            bits_code=ceil(log2(count)),
            code_range=(0, count - 1),
            overhead=(centroids,),
            beside=(indices,),
        )
        kernels.append(replace(kernel, weight=str(name).split("/")[-1]))
    return _with_rest(wrapper, kernels)


def _with_rest(wrapper: Layer, kernels: list[StoredKernel]) -> list[StoredKernel]:
    """Returns the kernels with the layer of each, and those that the wrapper leaves alone."""
    owners = _owners(wrapper.layer)
    owned = []
    for kernel in kernels:
        owner = owners.get(id(kernel.variable), wrapper.layer)
        role = role_of(owner, kernel.weight)
        if role != "other":
            known = kernel if role == "kernel" else of_unknown_role(kernel, owner)
            owned.append(replace(known, owner=owner))
    skip = frozenset(id(kernel.variable) for kernel in kernels)
    return [*owned, *floats(wrapper.layer, {}, skip)]


def _owners(layer: Layer) -> dict[int, Layer]:
    """Returns the layer in `layer` (a cell, a projection of attention) that has a variable, by its
    id."""
    inner = (layer, *tap.layers_by_path(layer).values())
    return {id(v): owner for owner in reversed(inner) for v in variables(owner)}


WRAPPED: dict[str, Callable[[Layer], list[StoredKernel]]] = {
    "PruneLowMagnitude": _pruned,
    "QuantizeWrapper": _quantization_aware,
    "QuantizeWrapperV2": _quantization_aware,
    "ClusterWeights": _clustered,
}
