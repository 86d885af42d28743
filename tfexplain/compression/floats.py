"""Kernels that a layer keeps as floats: those of plain layers, and what wrappers leave alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import tensorflow as tf

from tfexplain.compression.buffers import Variable, dtype_name, is_variable
from tfexplain.compression.kernels import Kernel, kernel_of, name_of, shape_of
from tfexplain.compression.layout import Shape
from tfexplain.compression.lora import Update
from tfexplain.compression.sources import Plain, Source

Layer: TypeAlias = Any

_UNAPPLIED = (
    "a mask variable lies beside the kernel; whether the layer applies it is not known, so zeros "
    "are counted in the kernel itself"
)


def floats(
    layer: Layer, updates: Mapping[int, Update], skip: frozenset[int] = frozenset()
) -> list[Kernel]:
    """The float kernels that a layer keeps itself, but for those whose ids are in `skip`."""
    masks = _masks(layer)
    return [
        _plain(v, masks.get(shape_of(v)), updates.get(id(v)))
        for v in matrices(layer)
        if id(v) not in skip and id(v) not in {id(m) for m in masks.values()}
    ]


def matrices(layer: Layer) -> list[Variable]:
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
    return not tf.as_dtype(dtype_name(variable)).is_floating and "seed" in name_of(variable)


def _adapters(layer: Layer, name: str) -> list[Variable]:
    if not getattr(layer, "lora_enabled", False):
        return []
    return [v for end in "ab" if is_variable(v := getattr(layer, f"lora_{name}_{end}", None))]


def _masks(layer: Layer) -> dict[Shape, Variable]:
    """Variables called a mask, by shape: those of people who prune by hand."""
    found: dict[Shape, Variable] = {}
    for variable in matrices(layer):
        if "mask" in name_of(variable) and not getattr(variable, "trainable", False):
            found[shape_of(variable)] = variable
    return found


def _plain(variable: Variable, mask: Variable | None, update: Update | None) -> Kernel:
    note = "" if mask is None else _UNAPPLIED
    beside = () if mask is None else (mask,)
    return kernel_of(
        variable,
        "float",
        lambda layout: _updated(Plain(variable, layout.columns, mask), update),
        beside=beside if update is None else (*beside, *update.variables),
        note=note,
    )


def _updated(source: Source, update: Update | None) -> Source:
    return source if update is None else update.apply(source)
