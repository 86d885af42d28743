"""Draws pairs of rows: one gives a window, the other takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Holds pairs of rows by their numbers.

    Attributes:
        takers: int64 [P], rows into which a window is put.
        givers: int64 [P], rows that it comes from, of other classes.
        alike: int64 [P], other rows of the takers' own classes, for the level of chance; a taker
            itself where there is no other.
    """

    takers: Places
    givers: Places
    alike: Places

    def __len__(self) -> int:
        return len(self.takers)


def draw_pairs(classes: Places, count: int, seed: int) -> Pairs:
    """Draws up to `count` pairs of rows of different classes, each row as seldom as can be.

    In each round every row takes once and gives once: rows stand in the order of their classes,
    and each takes from the row so many places further that the class is another one.

    Args:
        classes: int64 [R], the class of each row.
        count: How many pairs.
        seed: Seed of the draw.

    >>> pairs = draw_pairs(np.array([0, 0, 1, 1]), 4, 0)
    >>> sorted(pairs.takers.tolist()), bool((pairs.takers // 2 != pairs.givers // 2).all())
    ([0, 1, 2, 3], True)
    """
    rng, drawn, size = np.random.default_rng(seed), [], 0
    most = np.unique(classes, return_counts=True)[1].max(initial=0)
    rows = len(classes)
    while size < count and most < rows:
        pairs = _round(classes, int(most), rng)
        drawn.append(pairs[:, : count - size])
        size += pairs.shape[1]
    return Pairs(*np.concatenate([np.zeros((3, 0), np.int64), *drawn], axis=1))


def _round(classes: Places, most: int, rng: np.random.Generator) -> Places:
    """Returns takers, givers and rows alike, int64 [3, P], in random order."""
    rows = len(classes)
    kinds = rng.permutation(int(classes.max()) + 1)
    order = np.lexsort((rng.random(rows), kinds[classes]))
    # No class is longer than this, so whoever is further along is of another one.
    shift = int(rng.integers(min(most, rows - most), max(most, rows - most) + 1))
    own = classes[order]
    begins = np.searchsorted(kinds[own], kinds[own], side="left")
    ends = np.searchsorted(kinds[own], kinds[own], side="right")
    places = np.arange(rows)
    further = begins + (places - begins + np.maximum(1, (ends - begins) // 2)) % (ends - begins)
    pairs = np.stack([order, np.roll(order, -shift), order[further]])
    pairs = pairs[:, classes[pairs[0]] != classes[pairs[1]]]
    return pairs[:, rng.permutation(pairs.shape[1])]
