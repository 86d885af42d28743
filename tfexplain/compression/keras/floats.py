"""Reads kernels that a layer keeps as floats, those that wrappers leave alone included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod

import tensorflow as tf

from tfexplain.compression.buffers import Variable, dtype_name, is_variable
from tfexplain.compression.keras.lora import Update
from tfexplain.compression.keras.mask_constraint import mask_constraint
from tfexplain.compression.keras.roles import role_of
from tfexplain.compression.kernels import StoredKernel, kernel_of, name_of, shape_of
from tfexplain.compression.layout import Shape
from tfexplain.compression.sources import FloatSource, Source
from tfexplain.model.keras_private import own_non_trainable, own_trainable
from tfexplain.types import Layer

_UNAPPLIED = (
    "a mask variable lies beside the kernel; whether the layer applies it is not known, so zeros "
    "are counted in the kernel itself"
)


def floats(
    layer: Layer, updates: Mapping[int, Update], skip: frozenset[int] = frozenset()
) -> list[StoredKernel]:
    """Returns the float kernels that a layer keeps itself, but for those whose ids are in `skip`.

    Weights whose role is not known come with them, and say so.
    """
    masks, kernels = _masks(layer), []
    for variable in variables(layer):
        role = role_of(layer, name_of(variable))
        if id(variable) in skip or role == "other":
            continue
        if not tf.as_dtype(dtype_name(variable)).is_floating:
            kernels += [_codes(variable)] if role == "kernel" else []
        elif role == "kernel":
            kernels.append(
                _plain(variable, masks.get(shape_of(variable)), updates.get(id(variable)))
            )
        else:
            kernel = _plain(variable, masks.get(shape_of(variable)), None)
            kernels.append(of_unknown_role(kernel, layer))
    applied = {id(v) for kernel in kernels for v in kernel.stored.beside}
    return [kernel for kernel in kernels if id(kernel.variable) not in applied]


def of_unknown_role(kernel: StoredKernel, layer: Layer) -> StoredKernel:
    """Returns the weight with a note that says its role is unknown."""
    note = (
        f"role unknown: what {type(layer).__name__} does with this weight is not known, so no total"
        ' counts it; if the layer multiplies its input with it, call it "kernel" or "..._kernel"'
    )
    note = "; ".join(filter(None, (note, kernel.stored.note)))
    return replace(kernel, role="unknown", stored=replace(kernel.stored, note=note))


def _codes(variable: Variable) -> StoredKernel:
    note = "integers whose scale is not known: dtype and bytes are shown, values are not read"
    return kernel_of(variable, "float", None, note=note)


def variables(layer: Layer) -> list[Variable]:
    """Returns variables of the layer itself, but for single numbers and LoRA's factors.

    They come from the lists that Keras keeps, never from attributes: after tracing, tfmot leaves
    symbolic tensors there.
    """
    adapters = {id(v) for n in ("kernel", "embeddings") for v in _adapters(layer, n)}
    return [
        v
        for v in (*own_trainable(layer), *own_non_trainable(layer))
        if is_variable(v) and prod(shape_of(v)) > 1 and id(v) not in adapters
    ]


def _adapters(layer: Layer, name: str) -> list[Variable]:
    if not getattr(layer, "lora_enabled", False):
        return []
    return [v for end in "ab" if is_variable(v := getattr(layer, f"lora_{name}_{end}", None))]


def _masks(layer: Layer) -> dict[Shape, Variable]:
    """Returns variables called a mask, by shape, as people have who prune by hand."""
    masks: dict[Shape, Variable] = {}
    for variable in variables(layer):
        if "mask" in name_of(variable) and not getattr(variable, "trainable", False):
            masks[shape_of(variable)] = variable
    return masks


def _plain(variable: Variable, mask: Variable | None, update: Update | None) -> StoredKernel:
    held = mask_constraint(variable)
    if held is not None:
        return kernel_of(
            variable,
            "pruning",
            lambda layout: _updated(
                FloatSource(variable, layout.columns, held.mask, applied=True), update
            ),
            beside=(held.mask, *(update.variables if update else ())),
        )
    note = "" if mask is None else _UNAPPLIED
    beside = () if mask is None else (mask,)
    return kernel_of(
        variable,
        "float",
        lambda layout: _updated(FloatSource(variable, layout.columns, mask), update),
        beside=beside if update is None else (*beside, *update.variables),
        note=note,
    )


def _updated(source: Source, update: Update | None) -> Source:
    return source if update is None else update.apply(source)
