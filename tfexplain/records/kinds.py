"""What all records share: their kinds, and bytes in one order."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tfexplain.container import Array

Kind: TypeAlias = Literal[
    "samples",
    "metrics",
    "predictions",
    "status",
    "map",
    "channels",
    "inputs",
    "kernels",
    "kernel",
    "drift",
    "fidelity",
]


def little_endian(values: npt.ArrayLike, dtype: str) -> Array:
    """`values` as an array whose bytes can be written down."""
    return np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder("<"))
