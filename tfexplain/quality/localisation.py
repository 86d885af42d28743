"""Computes how much of a map's evidence lies in a region that is known beforehand.

All take maps [N, ...] and regions, bool of the same shape, and return float64 [N]; the level of
chance of each is the region's share of the positions, `area`. Evidence for the target counts:
values below zero do not. NaN where a map has none, holds NaN or infinity, or its region is empty.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def area(regions: npt.ArrayLike) -> Array:
    """Computes the region's share of the positions, which a map of noise reaches.

    >>> area([[True, False, False, False]]).tolist()
    [0.25]
    """
    masks = np.asarray(regions, bool)
    return np.asarray(masks.reshape(len(masks), -1).mean(axis=1))


def mass_accuracy(maps: npt.ArrayLike, regions: npt.ArrayLike) -> Array:
    """Computes the share of the evidence that lies in the region.

    References:
        Arras et al. 2022, section 3.3, https://arxiv.org/abs/2003.07258

    >>> mass_accuracy([[3.0, 1.0, -5.0]], [[True, False, True]]).tolist()
    [0.75]
    """
    evidence, inside, defined = _checked(maps, regions)
    total = np.where(defined, evidence.sum(axis=1), 1.0)
    return np.where(defined, (evidence * inside).sum(axis=1) / total, np.nan)


def rank_accuracy(maps: npt.ArrayLike, regions: npt.ArrayLike) -> Array:
    """Computes which share of the k strongest positions lie in the region, k being its size.

    Positions of equal values at the cut count by their share.

    References:
        Arras et al. 2022, section 3.3, https://arxiv.org/abs/2003.07258

    >>> rank_accuracy([[3.0, 2.0, 1.0, 0.0]], [[True, False, True, False]]).tolist()
    [0.5]
    """
    evidence, inside, defined = _checked(maps, regions)
    return _top_inside(evidence, inside, defined, inside.sum(axis=1))


def top_k_intersection(maps: npt.ArrayLike, regions: npt.ArrayLike, share: float = 0.1) -> Array:
    """Computes which share of the strongest positions, a tenth of all, lie in the region.

    References:
        Theiner et al. 2021, https://arxiv.org/abs/2104.14995

    >>> top_k_intersection([[3.0, 2.0, 1.0, 0.0]], [[True, False, True, False]], 0.25).tolist()
    [1.0]
    """
    evidence, inside, defined = _checked(maps, regions)
    count = max(1, round(share * evidence.shape[1]))
    return _top_inside(evidence, inside, defined, np.full(len(evidence), count))


def pointing_game(maps: npt.ArrayLike, regions: npt.ArrayLike) -> Array:
    """Computes whether the strongest position lies in the region: 1 or 0.

    Of several that are as strong, the share that lies in it.

    References:
        Zhang et al. 2018, section 4.1, https://arxiv.org/abs/1608.00507

    >>> pointing_game([[3.0, 2.0], [1.0, 1.0]], [[False, True], [False, True]]).tolist()
    [0.0, 0.5]
    """
    evidence, inside, defined = _checked(maps, regions)
    return _top_inside(evidence, inside, defined, np.ones(len(evidence), int))


def _checked(maps: npt.ArrayLike, regions: npt.ArrayLike) -> tuple[Array, Mask, Mask]:
    """Returns evidence and regions [N, positions], and of which rows a number is defined."""
    values = np.asarray(maps, np.float64)
    masks: Mask = np.asarray(regions)
    if masks.dtype != bool or masks.shape != values.shape:
        raise TfexplainError(
            f"regions: expected bool of the maps' shape {list(values.shape)}; got "
            f"{masks.dtype.name} {list(masks.shape)}. Pass a mask for each map."
        )
    flat = values.reshape(len(values), -1)
    inside = masks.reshape(len(values), -1)
    finite: Mask = np.asarray(np.isfinite(flat).all(axis=1))
    evidence = np.where(finite[:, None], np.maximum(flat, 0.0), 0.0)
    return evidence, inside, finite & (evidence.sum(axis=1) > 0) & inside.any(axis=1)


def _top_inside(
    evidence: Array, inside: Mask, defined: Mask, counts: npt.NDArray[np.int_]
) -> Array:
    """Returns the expected share of the `counts` strongest positions that lie inside."""
    found = np.full(len(evidence), np.nan)
    for row in np.flatnonzero(defined):
        values, own, count = evidence[row], inside[row], int(counts[row])
        cut = np.sort(values)[-count]
        above, at = values > cut, values == cut
        left = count - above.sum()
        found[row] = (own[above].sum() + left * own[at].mean()) / count
    return found
