"""Computes four measures of similarity of maps, each blind to something else.

Pearson sees magnitudes, Spearman only their order, `top10_iou` only where the strongest evidence
lies, SSIM local structure on one scale for all samples. Correlations and overlap agree with what
the page computes from a log.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

TOP_SHARE = 0.1
# Wang et al. 2004: an 11 x 11 window of this width, and what keeps flat windows from 0 / 0.
_WINDOW, _SIGMA, _K1, _K2 = 11, 1.5, 0.01, 0.03


def similarity(a: npt.ArrayLike, b: npt.ArrayLike, scale: float | None = None) -> Array:
    """Computes every measure of `MEASURES` for every sample.

    Args:
        a: Maps [N, h, w], or [N, f] of features, such as `Attribution.maps`.
        b: Maps of the same shape, for the same targets.
        scale: Range of the data for SSIM, in the maps' unit; default the largest
            finite magnitude in both arrays. One scale for all samples: a map is not stretched.

    Returns:
        float64 [N, 4], 1 for equal maps; NaN where a measure is not defined (see each).

    Raises:
        TfexplainError: arrays of different shapes, or without an axis of positions.

    Example:
        >>> ramp = np.arange(6.0).reshape(1, 2, 3)
        >>> similarity(ramp, ramp).tolist()
        [[1.0, 1.0, 1.0, 1.0]]
    """
    a, b = _checked(a, b)
    scale = largest(a, b) if scale is None else scale
    return np.stack([pearson(a, b), spearman(a, b), top_overlap(a, b), ssim(a, b, scale)], axis=1)


def pearson(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Computes the linear correlation over the positions where both maps are finite, float64 [N].

    The result is NaN where one of the maps does not vary there.
    """
    x, y, both = _pairs(a, b)
    return _correlation(x, y, both)


def spearman(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Computes the correlation of ranks, float64 [N].

    Equal values share the average of their ranks; all else is as for `pearson`.
    """
    x, y, both = _pairs(a, b)
    return _correlation(_ranks(x, both), _ranks(y, both), both)


def spearman_of_others(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Computes the mean correlation of ranks with maps of other samples, float64 [N].

    Each map of `a` is compared with those of `b` of up to four other samples, evenly spread. What
    all maps have in common, such as a bright middle, is alike here too: only what `spearman` is
    above this is of the sample. NaN of a single sample, and where no comparison is defined.

    Example:
        >>> maps = np.array([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])
        >>> spearman_of_others(maps, maps).tolist()
        [-1.0, -1.0]
    """
    a, b = _checked(a, b)
    shifts = np.unique(np.linspace(1, len(a) - 1, _MOST_OTHERS).round().astype(int))
    if len(a) < 2:
        return np.full(len(a), np.nan)
    found = np.stack([spearman(a, np.roll(b, shift, axis=0)) for shift in shifts])
    known = np.isfinite(found)
    total = np.sum(found, axis=0, where=known)
    return np.where(known.any(0), total / np.maximum(known.sum(0), 1), np.nan)


def top_overlap(a: npt.ArrayLike, b: npt.ArrayLike, share: float = TOP_SHARE) -> Array:
    """Computes intersection over union of the positions of the largest magnitudes, float64 [N].

    The positions are `share` of the finite ones, at least one; positions that tie with the last of
    them count too, zeros never do. The result is NaN where a map has no finite magnitude above
    zero.
    """
    a, b = _checked(a, b)
    x, y = (np.abs(maps).reshape(len(maps), -1) for maps in (a, b))
    cuts = [_cutoff(sizes, share) for sizes in (x, y)]
    tops = [sizes >= cut[:, None] for sizes, cut in zip((x, y), cuts, strict=True)]
    either = np.sum(tops[0] | tops[1], axis=1)
    overlap = np.sum(tops[0] & tops[1], axis=1) / np.maximum(either, 1)
    return np.where((cuts[0] > 0) & (cuts[1] > 0), overlap, np.nan)


def ssim(a: npt.ArrayLike, b: npt.ArrayLike, scale: float) -> Array:
    """Computes structural similarity, float64 [N], averaged over all windows within the map.

    The window is Gaussian, of 11 positions an axis, or the greatest odd number that fits a smaller
    map; over features and sequences it has one axis. `scale` is the range of the data in the
    formula's constants, the same for all samples. The result is NaN where a map holds NaN or
    infinity, and for a scale that is not above zero.

    References:
        Wang et al. 2004, eq. 13, https://doi.org/10.1109/TIP.2003.819861
    """
    a, b = _checked(a, b)
    if not scale > 0:
        return np.full(len(a), np.nan)
    # A scale of 1 keeps squares of tiny gradients from underflowing.
    a, b, c1, c2 = a / scale, b / scale, _K1**2, _K2**2
    with np.errstate(invalid="ignore", over="ignore"):
        mean_a, mean_b, aa, bb, ab = _smooth(np.stack([a, b, a * a, b * b, a * b]))
        var_a, var_b, together = aa - mean_a**2, bb - mean_b**2, ab - mean_a * mean_b
        likeness = ((2 * mean_a * mean_b + c1) * (2 * together + c2)) / (
            (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
        )
        mean: Array = likeness.reshape(len(a), -1).mean(axis=1)
    known = [np.isfinite(maps).reshape(len(maps), -1).all(axis=1) for maps in (a, b)]
    return np.where(known[0] & known[1], mean, np.nan)


def largest(*arrays: npt.ArrayLike) -> float:
    """Returns the largest finite magnitude in any of the arrays, 0 where there is none."""
    magnitudes = (np.abs(np.asarray(array, np.float64)) for array in arrays)
    return max(float(np.max(sizes, where=np.isfinite(sizes), initial=0.0)) for sizes in magnitudes)


_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "pearson": pearson,
    "spearman": spearman,
    "top10_iou": top_overlap,
    "ssim": ssim,
}
MEASURES = tuple(_FUNCTIONS)
# A control of "spearman": maps of one sample beside the reference's of others.
OTHERS = "spearman_others"
_MOST_OTHERS = 4


def _checked(a: npt.ArrayLike, b: npt.ArrayLike) -> tuple[Array, Array]:
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if x.shape != y.shape or x.ndim < 2:
        raise TfexplainError(
            "a, b: expected maps of one shape, [N, h, w] or [N, f]; got "
            f"{list(x.shape)} and {list(y.shape)}. Compare the same layer of the same samples."
        )
    return x, y


def _pairs(a: npt.ArrayLike, b: npt.ArrayLike) -> tuple[Array, Array, Mask]:
    """Reshapes both to [N, positions] with zeros where either is not finite, and returns that
    mask."""
    x, y = (maps.reshape(len(maps), -1) for maps in _checked(a, b))
    both = np.isfinite(x) & np.isfinite(y)
    return np.where(both, x, 0.0), np.where(both, y, 0.0), both


def _correlation(x: Array, y: Array, both: Mask) -> Array:
    x, y = _centred(x, both), _centred(y, both)
    xx, yy = np.sum(x * x, axis=1), np.sum(y * y, axis=1)
    defined = (xx > 0) & (yy > 0)
    product = np.sqrt(np.where(defined, xx * yy, 1.0))
    # Rounding may end a hair beyond 1.
    correlation = np.clip(np.sum(x * y, axis=1) / product, -1.0, 1.0)
    return np.where(defined, correlation, np.nan)


def _centred(x: Array, both: Mask) -> Array:
    """Subtracts the mean and scales the largest difference to 1; exactly 0 where nothing varies."""
    high = np.max(x, axis=1, where=both, initial=-np.inf)
    low = np.min(x, axis=1, where=both, initial=np.inf)
    count = np.maximum(both.sum(axis=1), 1)
    mean = np.sum(x, axis=1, where=both) / count
    varies = (high > low)[:, None]
    centred = np.where(both & varies, x - mean[:, None], 0.0)
    size = np.max(np.abs(centred), axis=1, keepdims=True, initial=0.0)
    # Neither huge nor tiny values leave float64 when they are squared.
    return centred / np.where(size > 0, size, 1.0)


def _ranks(x: Array, both: Mask) -> Array:
    """Computes average ranks of the positions that are compared, from 0; the others come last."""
    values = np.where(both, x, np.inf)
    order = np.argsort(values, axis=1, kind="stable")
    in_order = np.take_along_axis(values, order, axis=1)
    place = np.broadcast_to(np.arange(x.shape[1]), x.shape)
    new = np.ones(x.shape, bool)
    new[:, 1:] = in_order[:, 1:] != in_order[:, :-1]
    first = np.maximum.accumulate(np.where(new, place, 0), axis=1)
    ends = np.ones(x.shape, bool)
    ends[:, :-1] = new[:, 1:]
    last = np.where(ends, place, x.shape[1] - 1)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(x.shape)
    np.put_along_axis(ranks, order, (first + last) / 2, axis=1)
    return ranks


def _cutoff(sizes: Array, share: float) -> Array:
    """Returns the smallest magnitude among the largest `share` of finite ones, [N].

    It is never zero if there is one above zero.
    """
    finite = np.isfinite(sizes)
    ascending = np.sort(np.where(finite, sizes, -1.0), axis=1)
    # Half up, as the page rounds.
    count = np.maximum(1, np.floor(finite.sum(axis=1) * share + 0.5).astype(int))
    cut = np.take_along_axis(ascending, sizes.shape[1] - count[:, None], axis=1)[:, 0]
    least = np.min(sizes, axis=1, where=finite & (sizes > 0), initial=np.inf)
    return np.where(cut > 0, cut, np.where(np.isfinite(least), least, 0.0))


def _smooth(maps: Array) -> Array:
    """Computes weighted means over all windows within maps [k, N, ...], along each axis but the
    first two."""
    for axis in range(2, maps.ndim):
        length = maps.shape[axis]
        size = min(_WINDOW, length - 1 + length % 2)
        weights = np.exp(-((np.arange(size) - size // 2) ** 2) / (2 * _SIGMA**2))
        weights /= weights.sum()
        moved, kept = np.moveaxis(maps, axis, 0), length - size + 1
        # Added in one order whatever the memory looks like: equal maps have an SSIM of exactly 1.
        total = weights[0] * moved[:kept]
        for i, weight in enumerate(weights[1:], 1):
            total += weight * moved[i : i + kept]
        maps = np.moveaxis(total, 0, axis)
    return maps
