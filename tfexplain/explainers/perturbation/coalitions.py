"""Computes Shapley values as a linear map of the worths of coalitions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfexplain.errors import TfexplainError
from tfexplain.types import Array

EXACT = 10  # players up to which every coalition is asked


@dataclass(frozen=True, eq=False)
class CoalitionDesign:
    """Holds the coalitions to evaluate, and the linear map from their worths to Shapley values.

    Attributes:
        members: bool [M, G]: the players in each; the first has none, the second all.
        shares: float64 [G, M], the linear map: Shapley values are `shares @ worths`. Columns add up
            so that the values' sum is the worth of all less that of none, whichever coalitions were
            evaluated.
    """

    members: Array
    shares: Array


def plan(players: int, most: int, rng: np.random.Generator) -> CoalitionDesign:
    """Chooses coalitions: all for up to `EXACT` players, or where `most` allows it.

    Otherwise sizes with few coalitions (a single player, all but one, ...) are taken in full as far
    as `most` reaches. The rest is drawn, with the weights of the Shapley kernel for sizes, each
    coalition with its complement. Weighted least squares with a fixed sum gives the values.

    Args:
        players: Number of players G, at least 1.
        most: Greatest number of coalitions, where not all are evaluated.
        rng: Generator of the draws.

    Raises:
        TfexplainError: `most` is too small to tell the players apart.

    References:
        Lundberg and Lee 2017, theorem 2, https://arxiv.org/abs/1705.07874; sampling in pairs:
        Covert and Lee 2021, section 4.2, https://arxiv.org/abs/2012.01536
    """
    wanted = 2**players - 2 if players <= EXACT else min(most - 2, 2**players - 2)
    if wanted < min(2 * players, 2**players - 2):
        raise TfexplainError(
            f"coalitions={most}: expected at least {2 * players + 2} for {players} features or "
            "groups, two for each and two more. Pass more, or fewer groups=."
        )
    inner, weights = _coalitions(players, wanted, rng)
    both = np.array([[False], [True]]).repeat(players, axis=1)
    return CoalitionDesign(
        np.concatenate([both, inner]), _shares(inner.astype(np.float64), weights)
    )


def _coalitions(players: int, wanted: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Returns coalitions bool [m, G] between none and all, and their weights in the regression."""
    sizes = np.arange(1, players)
    mass = 1 / (sizes * (players - sizes))  # of the kernel, of all coalitions of a size together
    members, weights = [np.zeros((0, players), bool)], [np.zeros(0)]
    first, left = 1, wanted
    while first <= players - first:
        both = sorted({first, players - first})
        count = sum(math.comb(players, size) for size in both)
        share = mass[first - 1 : players - first]
        due = left * mass[np.array(both) - 1].sum() / share.sum()  # if all were drawn
        if first > 1 and (count > left or due < count * (1 - 1e-9)):
            break
        for size in both:
            members.append(_all_of(players, size))
            weights.append(np.full(len(members[-1]), mass[size - 1] / len(members[-1])))
        first, left = first + 1, left - count
    if first <= players - first and left >= 2:
        share = mass[first - 1 : players - first]
        drawn, counts = _drawn(players, first, share / share.sum(), left // 2, rng)
        members.append(drawn)
        weights.append(share.sum() * counts / counts.sum())
    return np.concatenate(members), np.concatenate(weights)


def _all_of(players: int, size: int) -> Array:
    """Returns every coalition of a size, bool [C, G]."""
    chosen = np.array(list(itertools.combinations(range(players), size)))
    members = np.zeros((len(chosen), players), bool)
    np.put_along_axis(members, chosen, True, axis=1)
    return members


def _drawn(
    players: int, first: int, chances: Sequence[float] | Array, pairs: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draws coalitions of sizes from `first` on, each with its complement, and counts the
    repeats."""
    sizes = rng.choice(np.arange(first, first + len(chances)), pairs, p=chances)
    ranks = rng.random((pairs, players)).argsort(axis=1).argsort(axis=1)
    members = ranks < sizes[:, None]
    return np.unique(np.concatenate([members, ~members]), axis=0, return_counts=True)


def _shares(inner: Array, weights: Array) -> Array:
    """Solves least squares with the sum held at the worth of all less that of none, [G, 2 + m].

    With the Lagrange multiplier of that sum the normal equations are one symmetric system.
    """
    players = inner.shape[1]
    system = np.ones((players + 1, players + 1))
    system[:players, :players] = (inner * weights[:, None]).T @ inner
    system[players, players] = 0
    inverse = np.linalg.inv(system)
    of_inner = inverse[:players, :players] @ (inner * weights[:, None]).T
    of_all = inverse[:players, players:]
    of_none = -of_all - of_inner.sum(axis=1, keepdims=True)
    return np.concatenate([of_none, of_all, of_inner], axis=1)


def pair_shares(members: Array) -> Array:
    """Returns the linear map from the worths of all coalitions to Shapley interaction indices.

    For players i and j it is the mean, over the coalitions S without both, of v(S + i + j) -
    v(S + i) - v(S + j) + v(S), each size of S counting alike.

    Args:
        members: bool [2^G, G], every coalition once.

    Returns:
        float64 [G, G, 2^G], symmetric in the players, zeros on the diagonal.

    References:
        Grabisch and Roubens 1999, equation 4, https://doi.org/10.1007/s001820050125
    """
    players = members.shape[1]
    both = members[:, :, None].astype(np.int64) + members[:, None, :]
    others = members.sum(axis=1)[:, None, None] - both
    # 1 / ((G - 1) (G - 2 over s)), for sizes s that others may have.
    by_size = np.array([1 / math.comb(max(0, players - 2), s) for s in range(players - 1)])
    shares = np.where(both == 1, -1.0, 1.0) * by_size[np.minimum(others, len(by_size) - 1)]
    shares = shares.transpose(1, 2, 0) / max(1, players - 1)
    shares[np.arange(players), np.arange(players)] = 0
    return np.asarray(shares)
