"""Finds places of inputs where labels can be read alone: what a model could read there."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.quality.probe import linear_probe, linear_probes, shuffled_probe

Array = npt.NDArray[np.float64]
# Of cells: first one and how many, along each axis.
Window: TypeAlias = tuple[tuple[int, int], ...]

# Pictures and lines are averaged over so many blocks along a side at most; windows are 1, 2 or 4
# cells wide.
SIDE_BLOCKS, LINE_BLOCKS = 16, 64
SIDE_CELLS, LINE_CELLS, WIDTHS = 8, 32, (1, 2, 4)
# A place takes no more than this share of the input.
LARGEST = 1 / 8
MOST_COLUMNS = 512
CODE = 16  # numbers that stand for a word
MOST_PLACES = 3
# A probe of the place reads as many labels as one of the whole input, but for so many of them.
NEARLY = 0.02
# ... and is so far on the way from chance to all of them.
TOLD = 0.5
LEAST_ROWS = 50
MOST_NUMBERS = 1 << 20  # that are probed at once


@dataclass(frozen=True)
class Readable:
    """Describes a place where labels can be read alone, by shares of rows that probes are right on.

    Attributes:
        corner, size: First position and how many, along each axis of positions.
        alone: By a probe of the place alone.
        rest: By a probe of everything else: what the object tells without the place.
        shuffled: By a probe of the place with shuffled labels, the level of chance.
    """

    corner: tuple[int, ...]
    size: tuple[int, ...]
    alone: float
    rest: float
    shuffled: float


@dataclass(frozen=True)
class Probed:
    """Holds what probes read of an input.

    Attributes:
        sides: Positions along each axis.
        whole: Share of rows that a probe of the whole input is right on.
        rows: How many rows.
        places: Where labels can be read alone, the best first; none touch, but columns of a table.
    """

    sides: tuple[int, ...]
    whole: float
    rows: int
    places: tuple[Readable, ...]


def readable_places(values: npt.NDArray[Any], labels: npt.ArrayLike, axes: int) -> Probed:
    """Finds small places from which alone a linear probe reads what it reads of the whole input.

    Says what a model could read there, and nothing of any model.

    Args:
        values: Inputs: pictures [N, h, w, C], lines [N, t, C], or tables and words [N, f]; whole
            numbers are taken for names.
        labels: Class of each row, int [N].
        axes: How many axes of positions there are, 1 or 2, behind the first.

    Raises:
        TfexplainError: fewer than 50 rows, one class, or more positions than are probed.

    >>> x = np.random.default_rng(0).normal(size=(80, 8, 8, 1)); y = np.arange(80) % 2
    >>> x[:, 0, 7, 0] = y
    >>> [place.corner for place in readable_places(x, y, 2).places]
    [(0, 7)]
    """
    classes = np.asarray(labels)
    _check(values, classes, axes)
    sides = values.shape[1 : 1 + axes]
    table = values.ndim == 2 and values.dtype.kind == "f"
    blocks, edges = _in_blocks(_numbers(values, axes), axes, table)
    cells = _cells(blocks.shape[1 : 1 + axes], table)
    whole = linear_probe(blocks, classes)
    counts = [len(own) - 1 for own in cells]
    windows = list(_windows(counts, table))
    read = _read_alone(blocks, [_slices(cells, own) for own in windows], classes)
    found = [own for own, alone in zip(windows, read, strict=True) if alone >= whole - NEARLY]
    places = []
    most = _most(counts)
    for window in found if table else _joined(found):
        if math.prod(n for _, n in window) > most:
            continue
        own = _slices(cells, window)
        inside, rest = blocks[own], blocks.copy()
        rest[own] = 0
        alone, shuffled = linear_probe(inside, classes), shuffled_probe(inside, classes)
        if alone - shuffled < TOLD * (1 - shuffled):
            continue
        ends = [(int(e[b.start]), int(e[b.stop])) for e, b in zip(edges, own[1:], strict=True)]
        first, count = tuple(a for a, _ in ends), tuple(b - a for a, b in ends)
        places.append(Readable(first, count, alone, linear_probe(rest, classes), shuffled))
    places = sorted(places, key=lambda one: -one.alone)[:MOST_PLACES]
    return Probed(tuple(sides), whole, len(classes), tuple(places))


def mass_at(
    maps: npt.ArrayLike, sides: Sequence[int], corner: Sequence[int], size: Sequence[int]
) -> Array:
    """Computes the share of each map's evidence that lies in a window of the input, float64 [N].

    Evidence for the target counts: values below zero do not. A map of other sides than the input's
    lies over it; a cell at the window's edge counts by its part inside. NaN where a map has none.

    >>> mass_at([[3.0, 1.0, -5.0, 0.0]], (4,), (0,), (1,)).tolist()
    [0.75]
    >>> mass_at([[1.0, 1.0]], (4,), (0,), (1,)).tolist()
    [0.25]
    """
    values = np.asarray(maps, np.float64)
    finite = np.isfinite(values.reshape(len(values), -1)).all(axis=1)
    evidence = np.maximum(np.where(finite.reshape(-1, *[1] * (values.ndim - 1)), values, 0), 0)
    total = evidence.reshape(len(values), -1).sum(axis=1)
    inside = evidence
    for side, first, count in zip(sides, corner, size, strict=True):
        cells = inside.shape[1]
        edges = np.arange(cells + 1) * side / cells
        part = np.clip(np.minimum(edges[1:], first + count) - np.maximum(edges[:-1], first), 0, 1e9)
        inside = np.tensordot(inside, part / np.diff(edges), axes=(1, 0))
    defined = finite & (total > 0)
    return np.where(defined, inside / np.where(defined, total, 1.0), np.nan)


def _check(values: npt.NDArray[Any], classes: npt.NDArray[Any], axes: int) -> None:
    if len(classes) < LEAST_ROWS or len(np.unique(classes)) < 2:
        raise TfexplainError(
            f"labels: expected {LEAST_ROWS} rows of two classes or more; got {len(classes)} of "
            f"{len(np.unique(classes))}. Pass more rows."
        )
    columns = axes == 1 and values.ndim == 2 and values.dtype.kind == "f"
    if axes not in (1, 2) or (columns and values.shape[1] > MOST_COLUMNS):
        raise TfexplainError(
            f"values: expected 1 or 2 axes of positions, and up to {MOST_COLUMNS} columns; got "
            f"{list(values.shape)}. Pass fewer columns, or one slice of a volume."
        )


def _numbers(values: npt.NDArray[Any], axes: int) -> Array:
    """Returns numbers of each position [N, *sides, C]; words get random codes of their own."""
    if values.dtype.kind in "iub" and values.ndim == 2:
        names, own = np.unique(values, return_inverse=True)
        codes = np.random.default_rng(0).normal(size=(len(names), CODE))
        return np.asarray(codes[own.reshape(values.shape)])
    numbers = values.astype(np.float64)
    return np.asarray(numbers[..., None] if values.ndim == 1 + axes else numbers)


def _in_blocks(numbers: Array, axes: int, table: bool) -> tuple[Array, list[npt.NDArray[np.int64]]]:
    """Returns means over blocks [N, *blocks, C], and where blocks begin and the last ends."""
    edges: list[npt.NDArray[np.int64]] = []
    for axis in range(1, 1 + axes):
        side = numbers.shape[axis]
        most = SIDE_BLOCKS if axes == 2 else LINE_BLOCKS
        bounds = _evenly(side, side if table else min(side, most))
        numbers = np.add.reduceat(numbers, bounds[:-1], axis=axis)
        held = np.diff(bounds).reshape([-1] + [1] * (numbers.ndim - 1 - axis))
        numbers, edges = numbers / held, [*edges, bounds]
    return numbers, edges


def _cells(blocks: Sequence[int], table: bool) -> list[npt.NDArray[np.int64]]:
    """Returns at which blocks cells begin along each axis, and where the last ends."""
    most = SIDE_CELLS if len(blocks) == 2 else LINE_CELLS
    return [_evenly(count, count if table else min(count, most)) for count in blocks]


def _evenly(side: int, parts: int) -> npt.NDArray[np.int64]:
    return np.round(np.linspace(0, side, parts + 1)).astype(np.int64)


def _slices(cells: Sequence[npt.NDArray[np.int64]], window: Window) -> tuple[slice, ...]:
    """Returns the blocks of a window of cells, of all rows."""
    axes = zip(cells, window, strict=True)
    of_axes = [slice(int(own[first]), int(own[first + n])) for own, (first, n) in axes]
    return (slice(None), *of_axes)


def _read_alone(
    blocks: Array, windows: Sequence[tuple[slice, ...]], classes: npt.NDArray[Any]
) -> Array:
    """Returns what a probe of each window alone reads; those of equal shape are probed at once."""
    read = np.zeros(len(windows))
    shapes: dict[tuple[int, ...], list[int]] = {}
    for number, own in enumerate(windows):
        shapes.setdefault(blocks[own].shape, []).append(number)
    for shape, numbers in shapes.items():
        once = max(1, MOST_NUMBERS // math.prod(shape))
        for part in (numbers[i : i + once] for i in range(0, len(numbers), once)):
            read[part] = linear_probes(np.stack([blocks[windows[i]] for i in part]), classes)
    return read


def _most(counts: Sequence[int]) -> float:
    """Returns how many cells a place has at most."""
    return max(1, LARGEST * math.prod(counts))


def _windows(counts: Sequence[int], table: bool) -> Iterator[Window]:
    """Yields windows of cells: of tables each column, for neighbours mean nothing there."""
    widths = (1,) if table else WIDTHS
    for size in itertools.product(*([w for w in widths if w <= n] for n in counts)):
        if math.prod(size) > _most(counts):
            continue
        free = [range(n - w + 1) for n, w in zip(counts, size, strict=True)]
        for corner in itertools.product(*free):
            yield tuple(zip(corner, size, strict=True))


def _joined(found: Sequence[Window]) -> list[Window]:
    """Returns places: what has a smaller window inside is left out, and windows that touch are
    parts of one."""
    places: list[Window] = []
    for window in found:
        if any(other != window and _holds(window, other) for other in found):
            continue
        # What touches this window may not have touched before.
        while touching := [own for own in places if _touch(window, own)]:
            places = [own for own in places if own not in touching]
            window = _around([window, *touching])
        places.append(window)
    return places


def _holds(window: Window, other: Window) -> bool:
    axes = zip(window, other, strict=True)
    return all(a <= b and b + m <= a + n for (a, n), (b, m) in axes)


def _touch(window: Window, other: Window) -> bool:
    axes = zip(window, other, strict=True)
    return all(a <= b + m and b <= a + n for (a, n), (b, m) in axes)


def _around(windows: Sequence[Window]) -> Window:
    ends = [[(a, a + n) for a, n in axis] for axis in zip(*windows, strict=True)]
    bounds = [(min(a for a, _ in axis), max(b for _, b in axis)) for axis in ends]
    return tuple((a, b - a) for a, b in bounds)
