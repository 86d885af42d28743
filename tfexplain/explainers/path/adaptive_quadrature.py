"""Adaptive quadrature along paths, finer where the integrand changes most."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tfexplain.explainers.path.paths import Paths
from tfexplain.types import Array

FIRST = 9  # nodes a path begins with, ends included
AT_ONCE = 4  # intervals halved before the next are chosen
HELD = 256 * 2**20
_ROUNDING = 8 * float(np.finfo(np.float32).eps)  # of a score, relative


@dataclass(frozen=True)
class Point:
    """A position in [0, 1] on one of a sample's paths."""

    path: int
    along: float


@dataclass(frozen=True, eq=False)
class Integral:
    """Holds the integral of one sample and its estimated error.

    Attributes:
        mean: float64 [D], the mean integrand over its paths.
        start: The mean score where its paths start.
        error: See `AdaptiveQuadrature.error`.
        passes: How many nodes that took.
    """

    mean: Array
    start: float
    error: float
    passes: int


@dataclass(frozen=True, eq=False)
class Node:
    """A point with its integrand, float32 [D], and its score."""

    point: Point
    values: Array
    score: float

    @cached_property
    def total(self) -> float:
        """The sum of the integrand; asked for by every interval beside the node."""
        return float(self.values.sum(dtype="f8"))


@dataclass(frozen=True, eq=False)
class Interval:
    """Two neighbouring nodes.

    `change` is their distance times the greatest change of the integrand. `gap` is what the
    trapezoid adds to the sum of the map less the change of the score.
    """

    left: Node
    right: Node
    change: float
    gap: float


class AdaptiveQuadrature:
    """Computes the mean integrand over the paths of one sample, by bisected trapezoids.

    Each path begins with `FIRST` equispaced nodes. Then, again and again, `AT_ONCE` intervals are
    halved: those over which the integrand changes most (length times greatest change of any value),
    or over which the score changes by what the integrand does not explain. All nodes are kept; none
    is computed twice.

    Args:
        paths: Number of paths; the result is their mean.
        most: Greatest number of nodes, all paths together; at least `FIRST` a path.
    """

    def __init__(self, paths: int, most: int) -> None:
        self._paths, self._most = paths, most
        self._intervals: list[Interval] = []
        self._halved: list[Interval] = []
        self._mean: Any = 0.0
        self._variance: Any = 0.0
        self._start = 0.0
        self._gap = 0.0
        self._score = 0.0
        self.asked: list[Point] = []
        self.passes = 0

    @property
    def integral(self) -> Integral:
        """The integral of the nodes so far."""
        return Integral(self._mean, self._start, self.error, self.passes)

    @property
    def error(self) -> float:
        """The estimated error of the mean, relative to its greatest magnitude; NaN if that is NaN.

        If the integrand jumps once within each interval, anywhere in it with the same probability,
        then each value has an error of known variance, and the greatest error among D values is
        expected to be at most sqrt(2 ln 2D) standard deviations of the most uncertain one. This
        fits networks of ReLUs, whose gradient is constant where no unit switches.

        A jump between two nodes and back shows in the score only, not in the integrand. So the
        error is at least the share of the map that its sum is off by: what was missed may be
        distributed like the map, or be more concentrated.
        """
        deviation, largest = np.sqrt(self._variance.max()), np.abs(self._mean).max()
        jumps = _share(self._spreads * deviation, largest)
        missed = _share(float(self._missed(self._gap)), np.abs(self._mean).sum())
        return float(np.maximum(jumps, missed))

    @property
    def _spreads(self) -> float:
        """The expected maximum of D errors, in standard deviations; an upper bound."""
        return math.sqrt(2 * math.log(2 * len(self._mean)))

    def _missed(self, gap: Any) -> Any:
        """Returns the size of gaps beyond the rounding errors of scores."""
        return np.maximum(np.abs(gap) - _ROUNDING * self._score, 0)

    def wanted(self) -> list[Point]:
        """Returns the points whose nodes `add` takes next, in this order; empty at the limit."""
        if not self.passes:
            along = np.linspace(0, 1, FIRST).tolist()
            self.asked = [Point(path, at) for path in range(self._paths) for at in along]
            return self.asked
        changes = np.array([interval.change for interval in self._intervals])
        gaps = self._missed(np.array([interval.gap for interval in self._intervals]))
        largest, whole = np.abs(self._mean).max(), np.abs(self._mean).sum()
        # Of a map that is zero everywhere a gap is all that is known.
        changes = np.maximum(self._spreads * changes, gaps * (largest / whole if whole else 1))
        # Rounded, so that noise in the last digits does not choose among equal ones.
        ranks = (changes / changes.max()).astype(np.float16)
        chosen = np.argsort(-ranks, kind="stable")[: min(AT_ONCE, self._most - self.passes)]
        self._halved = [self._intervals[i] for i in sorted(chosen)]
        self.asked = [_middle(interval) for interval in self._halved]
        return self.asked

    def add(self, nodes: list[Node]) -> None:
        """Adds the nodes at the points that were wanted."""
        with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinity are told as such
            if self.passes:
                self._halve(nodes)
            else:
                self._begin(nodes)
        self.passes += len(nodes)

    def _begin(self, nodes: list[Node]) -> None:
        for left, right in itertools.pairwise(nodes):
            if left.point.path == right.point.path:
                self._append(left, right, _jump(left, right))
                length = self._length(left, right)
                self._mean = self._mean + length / 2 * np.add(left.values, right.values, dtype="f8")
        self._start = float(np.mean([n.score for n in nodes if n.point.along == 0]))
        self._score = max(abs(node.score) for node in nodes)

    def _halve(self, nodes: list[Node]) -> None:
        for interval, node in zip(self._halved, nodes, strict=True):
            left, right = interval.left, interval.right
            length = self._length(left, right)
            first, second = _jump(left, node), _jump(node, right)
            self._mean += length / 4 * (first - second)
            self._variance -= length**2 / 12 * np.square(first + second)
            self._gap -= interval.gap
            self._append(left, node, first)
            self._append(node, right, second)
            self._intervals.remove(interval)
        np.maximum(self._variance, 0, out=self._variance)  # what rounding left

    def _append(self, left: Node, right: Node, jump: Array) -> None:
        """Adds an interval, and the variance of its trapezoid's error if the integrand jumps once,
        anywhere in it."""
        length, squares = self._length(left, right), np.square(jump)
        self._variance = self._variance + length**2 / 12 * squares
        change = length * math.sqrt(squares.max() / 12)
        gap = length / 2 * (left.total + right.total) - (right.score - left.score) / self._paths
        self._gap += gap
        self._intervals.append(Interval(left, right, change, gap))

    def _length(self, left: Node, right: Node) -> float:
        return (right.point.along - left.point.along) / self._paths


def _jump(left: Node, right: Node) -> Array:
    jump: Array = np.subtract(right.values, left.values, dtype="f8")
    return jump


def _share(part: float, whole: float) -> float:
    if part == 0:
        return 0.0
    return float(part / whole) if whole else math.inf


def _middle(interval: Interval) -> Point:
    left, right = interval.left.point, interval.right.point
    return Point(left.path, (left.along + right.along) / 2)


def integrals(paths: Paths, tolerance: float, most: int) -> list[Integral]:
    """Computes the mean of gradient times path of each sample by adaptive quadrature.

    Points of all samples form one queue that is cut in chunks of the paths' size; a sample joins
    its end again once all its points are back. So no sample's result depends on the others. At most
    `HELD` bytes of integrands are held, or one sample's.

    Args:
        paths: From B * N origins; path b * N + n leads from origin b * N + n to sample n.
        tolerance: The estimated error at which a sample is done.
        most: How many nodes a sample may take on each of its paths.
    """
    count = paths.origins // paths.samples
    held = HELD if paths.memory is None else min(HELD, paths.memory // 8)
    at_once = max(1, held // (integrand_bytes(paths) * most))
    waiting = deque(range(paths.samples))
    active: dict[int, AdaptiveQuadrature] = {}
    nodes: dict[int, list[Node]] = {}
    queue: deque[tuple[int, Point]] = deque()
    done: dict[int, Integral] = {}
    while len(done) < paths.samples:
        while waiting and len(active) < at_once:
            sample = waiting.popleft()
            active[sample], nodes[sample] = AdaptiveQuadrature(count, most * count), []
            queue.extend((sample, point) for point in active[sample].wanted())
        chunk = [queue.popleft() for _ in range(min(paths.size, len(queue)))]
        for sample, node in _nodes(paths, chunk):
            nodes[sample].append(node)
        for sample in dict.fromkeys(sample for sample, _ in chunk):
            bisection = active[sample]
            if len(nodes[sample]) < len(bisection.asked):
                continue
            bisection.add(nodes[sample])
            nodes[sample] = []
            wanted = bisection.wanted() if bisection.error > tolerance else []
            queue.extend((sample, point) for point in wanted)
            if not wanted:
                done[sample] = active.pop(sample).integral
    return [done[sample] for sample in range(paths.samples)]


def affordable(integrand: int, most: int) -> int:
    """Returns how many nodes a sample may take on each path, from the bytes of its integrands.

    That is `most`; for inputs of over a million values, as many as keep one sample's integrands
    within `HELD` bytes, at least `FIRST`.

    The memory that is free at the moment does not matter, or two runs would differ.
    """
    return min(most, max(FIRST, HELD // integrand))


def integrand_bytes(paths: Paths) -> int:
    """Returns the bytes of one integrand on each path of a sample."""
    values = sum(math.prod(shape) for shape in paths.shapes)
    return 4 * values * (paths.origins // paths.samples)


def _nodes(paths: Paths, chunk: Sequence[tuple[int, Point]]) -> list[tuple[int, Node]]:
    """Computes the nodes at the points of a chunk."""
    samples = np.array([sample for sample, _ in chunk])
    origins = samples + paths.samples * np.array([point.path for _, point in chunk])
    scores, parts = paths.at(samples, origins, np.array([point.along for _, point in chunk]))
    return [
        (sample, Node(point, np.concatenate([part[i].ravel() for part in parts]), float(scores[i])))
        for i, (sample, point) in enumerate(chunk)
    ]
