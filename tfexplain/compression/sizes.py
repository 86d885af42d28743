"""Computes the bytes of an exported kernel, by the way zeros are left out."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from math import ceil

import numpy as np

from tfexplain.compression.weights import LayerWeights


@dataclass(frozen=True)
class Sizes:
    """Holds bytes; scales, zero points and centroids are counted in each.

    Attributes:
        stored: All variables of the kernel as they stand in memory now, masks included.
        dense: Every weight in `bits_code` bits.
        bitmask: One bit per weight, and the weights that are not zero.
        csr: Of the matrix [K * I, O]: weights that are not zero, a column index each in the least
            whole number of bytes that counts the columns, and a pointer of 4 bytes per row (8 from
            2^32 weights on).
        gzip: The dense codes or floats after zlib at level 6, or None where not asked for.
    """

    stored: int
    dense: int
    bitmask: int
    csr: int
    gzip: int | None = None


def sizes(layer: LayerWeights, nonzeros: int, compress: bool = False) -> Sizes:
    """Computes the sizes of a kernel that has `nonzeros` weights other than zero."""
    bits, extra, count = layer.bits_code, layer.overhead_bytes, layer.size
    rows = layer.layout.outer * layer.layout.inputs
    pointer = 4 if nonzeros < 1 << 32 else 8
    return Sizes(
        stored=layer.bytes_stored,
        dense=ceil(count * bits / 8) + extra,
        bitmask=ceil(count / 8) + ceil(nonzeros * bits / 8) + extra,
        csr=ceil(nonzeros * (bits / 8 + _index_bytes(layer.layout.outputs)))
        + pointer * (rows + 1)
        + extra,
        gzip=_gzip(layer) + extra if compress else None,
    )


def _index_bytes(columns: int) -> int:
    return next(size for size in (1, 2, 4, 8) if columns <= 1 << (8 * size))


def _gzip(layer: LayerWeights) -> int:
    """Returns the compressed bytes of the packed codes, or of the floats in their own type."""
    packer = zlib.compressobj(6)
    total = 0
    for block in layer.blocks():
        codes = block.piece.codes
        if codes is None:
            # Half of tfmot's zeros are -0.0, which would not compress with the others.
            values = block.piece.effective + np.float32(0)
            data = (values.astype(layer.dtype) if layer.dtype == "float16" else values).tobytes()
        else:
            small = (codes.reshape(-1) - (layer.code_range or (0, 0))[0]).astype(np.uint8)
            data = _pairs(small).tobytes() if layer.bits_code <= 4 else small.tobytes()
        total += len(packer.compress(data))
    return total + len(packer.flush())


def _pairs(codes: np.typing.NDArray[np.uint8]) -> np.typing.NDArray[np.uint8]:
    even = codes if codes.size % 2 == 0 else np.append(codes, np.uint8(0))
    return (even[::2] | even[1::2] << 4).astype(np.uint8)
