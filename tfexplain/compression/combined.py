"""Sources that combine or reorder others: LoRA's updates, float references, other axes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tfexplain.compression.buffers import Variable, view
from tfexplain.compression.sources import Source, Tile, TileReader
from tfexplain.types import Array


@dataclass(frozen=True)
class LowRankSource:
    """Adds LoRA's update factor * A B to another source, as the layer does.

    Attributes:
        a: [..., rank].
        b: [rank, last axis of the kernel].
    """

    base: Source
    a: Variable
    b: Variable
    factor: float

    def steps(self) -> Array | None:
        return self.base.steps()

    def zeros(self) -> Array | None:
        return self.base.zeros()

    def open(self) -> TileReader:
        base, b = self.base.open(), view(self.b)
        a = view(self.a)

        def piece(rows: slice, columns: slice) -> Tile:
            tile = base(rows, columns)
            # [rows, heads, rank] where the columns of the matrix are heads times the last axis.
            heads = a.reshape(-1, tile.effective.shape[1] // b.shape[1] or 1, a.shape[-1])
            if b.shape[1] >= tile.effective.shape[1]:
                delta = heads.reshape(-1, a.shape[-1])[rows] @ b[:, columns]
            else:
                delta = (heads[rows] @ b).reshape(tile.effective.shape)
            delta = delta * np.float32(self.factor)
            reference = None if tile.reference is None else tile.reference + delta
            return replace(tile, effective=tile.effective + delta, reference=reference)

        return piece


@dataclass(frozen=True)
class ReferencedSource:
    """Joins a source with another one whose values are the float reference."""

    base: Source
    reference: Source

    def steps(self) -> Array | None:
        return self.base.steps()

    def zeros(self) -> Array | None:
        return self.base.zeros()

    def open(self) -> TileReader:
        base, reference = self.base.open(), self.reference.open()
        return lambda rows, columns: replace(
            base(rows, columns), reference=reference(rows, columns).effective
        )


@dataclass(frozen=True)
class ReorderedSource:
    """Reorders the axes of another source's kernel, which is decoded as a whole."""

    base: Source
    shape: tuple[int, ...]
    order: tuple[int, ...]
    columns: int

    def steps(self) -> Array | None:
        return self.base.steps()

    def zeros(self) -> Array | None:
        return self.base.zeros()

    def open(self) -> TileReader:
        whole = self.base.open()(slice(None), slice(None))
        stored = whole.effective.shape

        def in_line(array: Array | None) -> Array | None:
            if array is None:
                return None
            full = np.broadcast_to(array, stored).reshape(self.shape).transpose(self.order)
            line: Array = full.reshape(-1, self.columns)
            return line

        moved = {name: in_line(getattr(whole, name)) for name in Tile.__dataclass_fields__}

        def piece(rows: slice, columns: slice) -> Tile:
            cut = {n: None if a is None else a[rows, columns] for n, a in moved.items()}
            return Tile(**cut)  # type: ignore[arg-type]

        return piece
