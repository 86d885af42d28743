"""Reads the mean of a model's input pictures, which some records hold."""

from __future__ import annotations

from tfexplain.types import Array
from tfexplain.wire.container import Container

MAX_SIDE = 256


def read_mean(raw: Container) -> Array:
    """Reads `mean` uint8 [H, W, 1 or 3], empty where there is none; raises `SchemaError`."""
    mean = raw.array("mean", "U8", 3)
    raw.check(mean.shape[2] in (1, 3), "a mean of 1 or 3 channels")
    raw.check(max(mean.shape[:2]) <= MAX_SIDE, f"a mean of up to {MAX_SIDE} pixels a side")
    return mean
