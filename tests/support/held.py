"""Kernels that are plain arrays: measured without any Keras layer around them."""

from __future__ import annotations

from typing import Any

from tfexplain.compression import LayerWeights
from tfexplain.compression.layout import Layout
from tfexplain.compression.sources import Tile


class Held:
    """A source over an array that is already there."""

    def __init__(self, array: Any, columns: int) -> None:
        self.matrix = array.reshape(-1, columns)

    def open(self) -> Any:
        return lambda rows, columns: Tile(self.matrix[rows, columns])

    def steps(self) -> None:
        return None

    def zeros(self) -> None:
        return None


def held(array: Any, layout: Layout, positions: int | None = None) -> LayerWeights:
    """A layer over an array, without Keras."""
    return LayerWeights(
        path="layer",
        weight="kernel",
        part="",
        layer_type="Dense",
        wrapper="",
        shape=array.shape,
        layout=layout,
        mode="float",
        dtype="float32",
        trainable=True,
        calibrated=None,
        note="",
        bits_stored=32,
        bits_compute=32,
        bits_code=32,
        code_range=None,
        overhead_bytes=0,
        bytes_stored=array.nbytes,
        positions=positions,
        source=Held(array, layout.columns),
        quantized=False,
    )
