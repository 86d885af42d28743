"""Measures mask churn: which weights a mask keeps, in one bit each, and how many changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# bit counts of a byte; numpy's own `bitwise_count` needs numpy 2
_ONES = np.array([bin(byte).count("1") for byte in range(256)], np.uint8)


@dataclass(frozen=True, eq=False)
class KeptBits:
    """Holds which weights of a kernel are kept, block by block, one bit each.

    A block that is kept whole is None, so a dense model costs nothing.
    """

    shape: tuple[int, ...]
    blocks: tuple[npt.NDArray[np.uint8] | None, ...]

    def distance(self, other: KeptBits) -> int | None:
        """Counts the weights that changed; None where the two are not of one kernel."""
        if self.shape != other.shape or len(self.blocks) != len(other.blocks):
            return None
        return sum(_distance(a, b) for a, b in zip(self.blocks, other.blocks, strict=True))


def pack(kept: npt.NDArray[np.bool_], count: int) -> npt.NDArray[np.uint8] | None:
    """Packs a block, `count` weights of which are kept, into bits."""
    # Bits behind the end are ones, like those of a block that is None.
    return None if count == kept.size else ~np.packbits(~kept.reshape(-1))


def _distance(a: npt.NDArray[np.uint8] | None, b: npt.NDArray[np.uint8] | None) -> int:
    if a is None and b is None:
        return 0
    differ = ~b if a is None and b is not None else ~a if b is None and a is not None else None
    if differ is None:
        assert a is not None
        assert b is not None
        differ = a ^ b
    return int(_ONES[differ].sum(dtype=np.int64))
