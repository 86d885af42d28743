"""The rules that `benchmarks/adaptive.py` compares: how to spend passes along one path.

Each rule is a generator of levels: passes so far, map, and the rule's own estimate of its error.
Where a rule has no better one, the estimate is the change of the map since the level before.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from adaptive_cases import Array, Line, relative
from numpy.polynomial import legendre

from tfexplain.explainers.path.adaptive_quadrature import AT_ONCE, FIRST, AdaptiveQuadrature, Node

MOST = 129


@dataclass(frozen=True)
class Level:
    """The map after so many passes, and the estimate of its error, NaN where there is none."""

    passes: int
    values: Array
    error: float


Rule: TypeAlias = Callable[[Line], Iterator[Level]]
# nodes -> weights; what they need besides positions: scores and integrands at them
Weights: TypeAlias = Callable[[Array, Array, Array], Array]


def levels(positions: list[Array], weights: Weights, *, nested: bool) -> Rule:
    """The rule of given sets of nodes; only nested ones have an estimate."""

    def rule(line: Line) -> Iterator[Level]:
        before: Array | None = None
        for nodes in positions:
            scores, values = line.at(nodes)
            found = weights(nodes, scores, values) @ values
            error = relative(before, found) if nested and before is not None else float("nan")
            yield Level(len(nodes), found, error)
            before = found

    return rule


# -------------------------------------------------------------------------- weights of nodes


def trapezoids(nodes: Array, *_: Array) -> Array:
    """Half of the interval on either side."""
    half = np.diff(nodes) / 2
    return np.pad(half, (0, 1)) + np.pad(half, (1, 0))


def tangents(nodes: Array, scores: Array, values: Array) -> Array:
    """Each interval is shared where the tangents of the score at its ends meet.

    With one switching ReLU between two nodes the score is two straight lines: where they meet
    is the switch, and the integral is exact. No pass is added, for scores come with gradients.
    """
    slopes, length = values.sum(axis=1, dtype="f8"), np.diff(nodes)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (np.diff(scores) / length - slopes[:-1]) / np.diff(slopes)
    share = np.clip(np.nan_to_num(share, nan=0.5), 0, 1)
    return np.pad(length * (1 - share), (0, 1)) + np.pad(length * share, (1, 0))


def equal(nodes: Array, *_: Array) -> Array:
    """All nodes alike."""
    return np.full(len(nodes), 1 / len(nodes))


def interpolatory(nodes: Array, *_: Array) -> Array:
    """Exact for polynomials of as many terms as there are nodes."""
    matrix = legendre.legvander(2 * nodes - 1, len(nodes) - 1).T
    return np.linalg.solve(matrix, np.eye(len(nodes))[0])


# ------------------------------------------------------------------------- positions of nodes


def gauss(count: int) -> Array:
    """Gauss-Legendre."""
    return (legendre.leggauss(count)[0] + 1) / 2


def midpoints(count: int) -> Array:
    """The middles of so many equal intervals."""
    return (np.arange(count) + 0.5) / count


def chebyshev(intervals: int) -> Array:
    """Clenshaw-Curtis."""
    return (1 - np.cos(np.linspace(0, np.pi, intervals + 1))) / 2


@functools.cache
def patterson() -> list[Array]:
    """Gauss 3, and Patterson's nested extensions to 7, 15, 31 and 63 nodes."""
    found = [legendre.leggauss(3)[0]]
    for _ in range(4):
        nodes = found[-1]
        count = len(nodes)
        x, w = legendre.leggauss(2 * count + 4)
        product = w * np.prod(2 * (x[:, None] - nodes), axis=1)
        basis = legendre.legvander(x, count + 1)
        moments = (basis[:, :-1] * product[:, None]).T @ basis
        terms = np.linalg.solve(moments[:, :-1], -moments[:, -1])
        roots = legendre.legroots(np.append(terms, 1.0))
        found.append(np.sort(np.concatenate([nodes, roots.real])))
    return [(nodes + 1) / 2 for nodes in found]


# ------------------------------------------------------------------------ rules of their own


def richardson(line: Line) -> Iterator[Level]:
    """Trapezoids and their halves, extrapolated as if the error fell with the square."""
    coarse: Array | None = None
    before: Array | None = None
    for count in (4, 8, 16, 32, 64, 128):
        nodes = np.linspace(0, 1, count + 1)
        fine = trapezoids(nodes) @ line.at(nodes)[1]
        if coarse is not None:
            found = fine + (fine - coarse) / 3
            error = float("nan") if before is None else relative(before, found)
            yield Level(len(nodes), found, error)
            before = found
        coarse = fine


def bisection(line: Line) -> Iterator[Level]:
    """What `IntegratedGradients` does."""
    ours = AdaptiveQuadrature(1, MOST)
    while points := ours.wanted():
        nodes = zip(*line.at(np.array([point.along for point in points])), strict=True)
        ours.add([Node(p, v, s) for p, (s, v) in zip(points, nodes, strict=True)])
        yield Level(ours.passes, ours.integral.mean, ours.error)


def bisected(
    weights: Weights = trapezoids, at_once: int = AT_ONCE, first: int = FIRST, share: float = 0.0
) -> Rule:
    """Bisection with other weights, or of all intervals above a share of the greatest change; the
    estimate is the change since half the passes."""

    def rule(line: Line) -> Iterator[Level]:
        nodes, known = np.linspace(0, 1, first), list[Level]()
        while True:
            scores, values = line.at(nodes)
            found = weights(nodes, scores, values) @ values
            half = [one.values for one in known if 2 * one.passes <= len(nodes) + 1]
            error = relative(half[-1], found) if half else float("nan")
            known.append(Level(len(nodes), found, error))
            yield known[-1]
            changes = np.diff(nodes) * np.abs(np.diff(values, axis=0)).max(axis=1)
            chosen = np.argsort(-changes, kind="stable")
            if share:
                chosen = chosen[changes[chosen] > share * changes.max()]
            chosen = chosen[: (MOST if share else at_once)][: MOST - len(nodes)]
            if not len(chosen):
                return
            nodes = np.sort(np.append(nodes, (nodes[chosen] + nodes[chosen + 1]) / 2))

    return rule


def kronrod_panels(line: Line) -> Iterator[Level]:
    """Gauss 7 and Kronrod 15 on the panel whose pair differs most, which is then halved."""
    nodes = interpolate_kronrod()
    panels: list[tuple[float, float, Array, Array]] = []
    new, passes = [(0.0, 1.0)], 0
    while passes + 15 * len(new) <= MOST:
        for left, right in new:
            values = (right - left) * line.at(left + (right - left) * nodes)[1]
            fine, coarse = interpolatory(nodes) @ values, interpolatory(nodes[1::2]) @ values[1::2]
            panels.append((left, right, fine, fine - coarse))
            passes += 15
        found = sum(panel[2] for panel in panels)
        error = np.abs(sum(panel[3] for panel in panels)).max() / np.abs(found).max()
        yield Level(passes, np.asarray(found), float(error))
        worst = max(range(len(panels)), key=lambda i: np.abs(panels[i][3]).max())
        left, right, *_ = panels.pop(worst)
        new = [(left, (left + right) / 2), ((left + right) / 2, right)]


@functools.cache
def interpolate_kronrod() -> Array:
    """The 15 nodes of Kronrod's extension of Gauss 7."""
    nodes = legendre.leggauss(7)[0]
    x, w = legendre.leggauss(20)
    basis = legendre.legvander(x, 8)
    product = w * np.prod(2 * (x[:, None] - nodes), axis=1)
    moments = (basis[:, :-1] * product[:, None]).T @ basis
    terms = np.linalg.solve(moments[:, :-1], -moments[:, -1])
    roots = legendre.legroots(np.append(terms, 1.0)).real
    return (np.sort(np.concatenate([nodes, roots])) + 1) / 2


def by_score(line: Line) -> Iterator[Level]:
    """Nodes where the score changes most, as nine first ones show; half of them equispaced."""
    first = np.linspace(0, 1, 9)
    scores, _ = line.at(first)
    steps = np.abs(np.diff(scores))
    density = 0.5 / 8 + 0.5 * steps / max(float(steps.sum()), 1e-30)
    reached = np.concatenate([[0], np.cumsum(density)])
    for count in (24, 56, 120):
        edges = np.interp(np.linspace(0, 1, count + 1), reached / reached[-1], first)
        _, values = line.at((edges[1:] + edges[:-1]) / 2)
        yield Level(count + len(first), np.diff(edges) @ values, float("nan"))


def golden_ratio(line: Line) -> Iterator[Level]:
    """Each next node a golden section of the circle on: any number of nodes is evenly spread."""
    phase = (0.5 + np.arange(MOST) * (np.sqrt(5) - 1) / 2) % 1
    nested = levels([phase[:n] for n in (8, 16, 32, 64, 128)], equal, nested=True)
    return nested(line)


HALVED = [np.linspace(0, 1, count + 1) for count in (4, 8, 16, 32, 64, 128)]
RULES: dict[str, Rule] = {
    "bisection (ours)": bisection,
    "bisection, one at a time": bisected(at_once=1),
    "bisection of all above half": bisected(share=0.5),
    "bisection, tangents": bisected(tangents),
    "Gauss-Legendre": levels(
        [gauss(n) for n in (16, 32, 50, 64, 128)], interpolatory, nested=False
    ),
    "midpoints": levels([midpoints(n) for n in (16, 32, 50, 64, 128)], equal, nested=False),
    "midpoints, thirds": levels([midpoints(n) for n in (2, 6, 18, 54)], equal, nested=True),
    "trapezoids, halves": levels(HALVED, trapezoids, nested=True),
    "trapezoids, halves, tangents": levels(HALVED, tangents, nested=True),
    "trapezoids, halves, graded": levels([x**2 for x in HALVED], trapezoids, nested=True),
    "Richardson": richardson,
    "Clenshaw-Curtis": levels(
        [chebyshev(n) for n in (4, 8, 16, 32, 64, 128)], interpolatory, nested=True
    ),
    "Patterson": levels(patterson(), interpolatory, nested=True),
    "Kronrod 7-15, panels": kronrod_panels,
    "golden ratio": golden_ratio,
    "by change of score": by_score,
}


def run(rule: Rule, line: Line, truth: Array) -> list[dict[str, Any]]:
    """Passes, true and estimated error of each level of a rule on one path."""
    return [
        {"passes": one.passes, "true": relative(one.values, truth), "estimate": one.error}
        for one in rule(line)
        if one.passes <= MOST
    ]
