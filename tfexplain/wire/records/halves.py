"""Stores maps as float16 of value / scale, with the scale beside it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tfexplain.types import Array
from tfexplain.wire.container import Container

LARGEST = float(np.finfo(np.float32).max)


def to_half(values: npt.ArrayLike) -> tuple[Array, np.float32]:
    """Returns float16 of values / scale; scale is the largest finite magnitude, 0 where there is
    none."""
    full = np.asarray(values, np.float32)
    finite = full[np.isfinite(full)]
    scale = np.float32(np.max(np.abs(finite), initial=0.0))
    if scale == 0:
        return np.ascontiguousarray(full, np.float16), scale
    # float64, because value / scale overflows for scales below float32's normal range.
    return (full.astype(np.float64) / np.float64(scale)).astype("<f2"), scale


def to_halves(values: npt.ArrayLike) -> tuple[Array, Array]:
    """Applies `to_half` to each part of an array [c, ...]; returns halves and scales float32
    [c]."""
    full = np.asarray(values, np.float32)
    sizes = np.abs(full.reshape(len(full), -1))
    scales = sizes.max(axis=1, where=np.isfinite(sizes), initial=0.0)
    by = np.where(scales == 0, 1, scales).astype(np.float64)
    return (full / by.reshape(-1, *[1] * (full.ndim - 1))).astype("<f2"), scales


def from_half(packed: Array, scale: npt.ArrayLike) -> Array:
    """Returns float32 of what `to_half` returned."""
    # infinity * 0 in a map without any finite value; halves above 1 of bytes that no writer wrote
    with np.errstate(invalid="ignore", over="ignore"):
        values = packed.astype(np.float32) * np.asarray(scale, np.float32)
    return np.where(np.isfinite(packed), values, packed.astype(np.float32))


def check_scale(raw: Container, key: str = "scale") -> float:
    """Returns the header's number `key`; raises `SchemaError` where it is no scale."""
    scale = raw.number(key)
    raw.check(0 <= scale <= LARGEST, "a finite scale >= 0, within float32")
    return scale
