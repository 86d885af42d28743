"""Counts structured zeros: whole filters, channels, rows and blocks of them, and n:m patterns."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, lcm, prod

import numpy as np
import numpy.typing as npt

from tfexplain.checks import check_whole
from tfexplain.compression.layout import Layout
from tfexplain.compression.weights import Block
from tfexplain.errors import TfexplainError
from tfexplain.types import Array


@dataclass(frozen=True)
class Pattern:
    """Selects which structures are counted.

    Attributes:
        n: How many of `m` neighbours on the input axis may differ from zero.
        m: Size of such a group.
        block: Inputs and outputs of the blocks that are looked at, within one position.
    """

    n: int = 2
    m: int = 4
    block: tuple[int, int] = (4, 4)

    def __post_init__(self) -> None:
        for number in (self.n, self.m):
            check_whole("pattern", number)
        for side in self.block:
            check_whole("block", side)
        if self.n >= self.m:
            raise TfexplainError(
                f"pattern={(self.n, self.m)}: expected (n, m) with n below m. The usual pattern is "
                "(2, 4)."
            )

    @property
    def align(self) -> int:
        """Number of inputs at whose multiples a kernel may be cut without cutting a group or
        block."""
        return lcm(self.m, *self.block)


@dataclass(frozen=True, eq=False)
class Structure:
    """Holds the counts over one kernel.

    A filter is everything that one output is computed from, a channel everything that reads one
    input (of its group), a row one input at one position. Blocks and groups that reach over the
    edge are filled up with zeros.

    Attributes:
        nonzeros: Weights that differ from zero.
        filters: bool [O], True where all zero.
        channels: bool [G * I], True where all zero, in order of the layer's input channels.
        rows: How many of `row_count` rows are all zero.
        blocks: How many of `block_count` blocks are all zero.
        fits: How many of `groups` groups of m keep to n:m; None where inputs are not summed over.
        padded: Whether the number of inputs is no multiple of m.
        kept: Weights outside of zero filters and channels.
    """

    nonzeros: int
    filters: npt.NDArray[np.bool_]
    channels: npt.NDArray[np.bool_]
    rows: int
    row_count: int
    blocks: int
    block_count: int
    fits: int | None
    groups: int
    padded: bool
    kept: int


class StructureCounter:
    """Counts over a kernel block by block; `result` is its `Structure`."""

    def __init__(self, layout: Layout, pattern: Pattern) -> None:
        self._layout, self._pattern = layout, pattern
        self._outputs = np.zeros(layout.outputs, np.bool_)
        self._inputs = np.zeros((layout.inputs, layout.groups), np.bool_)
        self._live_rows: Array | None = None
        self._nonzeros = self._rows = self._blocks = self._fits = 0

    def add(self, block: Block, nonzero: npt.NDArray[np.bool_]) -> int:
        """Counts `nonzero`, bool [k, i, o]; returns how many there are."""
        count = int(np.count_nonzero(nonzero))
        self._nonzeros += count
        if count == 0:
            self._add_empty(nonzero.shape)
            return 0
        if count == nonzero.size:
            self._add_dense(block, nonzero.shape)
            return count
        # Over positions first: one pass over the block, the rest is small.
        over_k = nonzero[0] if len(nonzero) == 1 else np.logical_or.reduce(nonzero, axis=0)
        self._outputs[block.o] |= np.logical_or.reduce(over_k, axis=0)
        rows = np.logical_or.reduce(nonzero, axis=2)
        self._add_rows(block, rows)
        if self._layout.groups == 1:
            self._inputs[block.i, 0] |= np.logical_or.reduce(rows, axis=0)
        else:
            grouped = over_k.reshape(len(over_k), self._layout.groups, -1)
            self._inputs[block.i] |= grouped.any(axis=2)
        self._add_patterns(nonzero)
        return count

    def _add_empty(self, shape: tuple[int, ...]) -> None:
        k, i, o = shape
        self._fits += k * ceil(i / self._pattern.m) * o
        # Rows and blocks count what is alive, so nothing is added.

    def _add_dense(self, block: Block, shape: tuple[int, ...]) -> None:
        k, i, o = shape
        tall, wide = self._pattern.block
        self._outputs[block.o] = self._inputs[block.i] = True
        self._add_rows(block, np.ones((k, i), np.bool_))
        self._blocks += k * ceil(i / tall) * ceil(o / wide)
        # Only a last group that is filled up with zeros can keep to the pattern.
        if 0 < i % self._pattern.m <= self._pattern.n:
            self._fits += k * o

    def _add_rows(self, block: Block, rows: npt.NDArray[np.bool_]) -> None:
        if block.o == slice(0, self._layout.outputs):
            self._rows += int(np.count_nonzero(rows))
            return
        if self._live_rows is None:
            self._live_rows = np.zeros((self._layout.positions, self._layout.inputs), np.bool_)
        self._live_rows[block.k, block.i] |= rows

    def _add_patterns(self, nonzero: npt.NDArray[np.bool_]) -> None:
        ones = nonzero.view(np.uint8)
        tall, wide = self._pattern.block
        in_group = _sums(ones, self._pattern.m, 1) if self._layout.sums_inputs else None
        if in_group is not None:
            self._fits += int(np.count_nonzero(in_group <= self._pattern.n))
        same = in_group is not None and tall == self._pattern.m
        in_column = in_group if same else _sums(ones, tall, 1)
        assert in_column is not None
        self._blocks += int(np.count_nonzero(_sums((in_column != 0).view(np.uint8), wide, 2)))

    def result(self) -> Structure:
        """Returns the counts."""
        layout, pattern = self._layout, self._pattern
        if self._live_rows is not None:
            self._rows = int(np.count_nonzero(self._live_rows))
        row_count = layout.positions * layout.inputs
        block_count = (
            layout.positions
            * ceil(layout.inputs / pattern.block[0])
            * ceil(layout.outputs / pattern.block[1])
        )
        per_group = self._outputs.reshape(layout.groups, -1).sum(axis=1, dtype=np.int64)
        alive = self._inputs.sum(axis=0, dtype=np.int64)
        return Structure(
            nonzeros=self._nonzeros,
            filters=~self._outputs,
            channels=~self._inputs.T.reshape(-1),
            rows=row_count - self._rows,
            row_count=row_count,
            blocks=block_count - self._blocks,
            block_count=block_count,
            fits=self._fits if layout.sums_inputs else None,
            groups=layout.positions * ceil(layout.inputs / pattern.m) * layout.outputs,
            padded=layout.inputs % pattern.m != 0,
            kept=layout.positions * int((per_group * alive).sum()),
        )


def _sums(ones: npt.NDArray[np.uint8], size: int, axis: int) -> Array:
    """Sums `size` neighbours along axis 1 or 2 of [k, i, o]; the last group is filled up.

    >>> _sums(np.ones((1, 5, 1), np.uint8), 4, 1).ravel().tolist()
    [4, 1]
    """
    length = ones.shape[axis]
    if axis == 2 and size == 4 and length % 4 == 0 and ones.flags.c_contiguous:
        # Four bytes as one word: which words are zero is all that blocks need.
        return ones.view(np.uint32)
    shape = list(ones.shape)
    shape[axis] = ceil(length / size)
    sums = np.zeros(shape, np.uint8 if size < 256 else np.int64)
    for offset in range(min(size, length)):
        part = ones[:, offset::size] if axis == 1 else ones[:, :, offset::size]
        into = sums[:, : part.shape[1]] if axis == 1 else sums[:, :, : part.shape[2]]
        into += part
    return sums


def share(part: int, whole: int) -> float:
    """Returns part / whole, 0 of nothing."""
    return part / whole if whole else 0.0


def sparsity_of(flags: npt.NDArray[np.bool_]) -> float:
    """Returns the share of True."""
    return share(int(np.count_nonzero(flags)), prod(flags.shape))
