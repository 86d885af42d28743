"""Describes a kernel as a reader finds it, before it becomes a `LayerWeights`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tfexplain.compression.buffers import Variable
from tfexplain.compression.layout import Layout, Shape
from tfexplain.compression.sources import Source


@dataclass(frozen=True)
class Storage:
    """Describes how a kernel is stored; the fields are those of `LayerWeights`.

    Attributes:
        source: A function of the kernel's layout, or None where values cannot be read.
        overhead: Variables that the codes need to be understood.
        beside: Further variables that belong to the kernel now but not to an exported model.
        columns: Columns of the matrix of stored codes, where it is not the layout's.
    """

    mode: str
    source: Callable[[Layout], Source] | None
    bits_stored: float | None = None
    bits_compute: int | None = None
    bits_code: float | None = None
    code_range: tuple[int, int] | None = None
    overhead: tuple[Variable, ...] = ()
    beside: tuple[Variable, ...] = ()
    calibrated: bool | None = None
    note: str = ""
    columns: int | None = None


@dataclass(frozen=True)
class StoredKernel:
    """Holds a kernel's variable and its storage, before it becomes a `LayerWeights`.

    `owner` is the layer that the kernel belongs to, where it is another than the one that is read.
    """

    weight: str
    variable: Variable
    shape: Shape
    stored: Storage
    role: Literal["kernel", "unknown"] = "kernel"
    owner: Any = None


def kernel_of(variable: Variable, mode: str, source: Any, **stored: Any) -> StoredKernel:
    quantized = Storage(mode, source, **stored)
    return StoredKernel(name_of(variable), variable, shape_of(variable), quantized)


def name_of(variable: Variable) -> str:
    """Returns `kernel` of `dense/kernel:0`."""
    return str(variable.name).split("/")[-1].split(":")[0]


def shape_of(variable: Variable) -> Shape:
    return tuple(int(side) for side in variable.shape)
