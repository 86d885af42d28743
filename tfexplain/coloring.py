"""The rule by which maps are coloured, in pictures here and on the page, which takes its numbers.

Colour means the map and nothing else. What lies under a map is grey and dark; the map is clear at
zero and opaque from `SOLID` of the scale on, so that from there equal values have equal colours
whatever lies below; and no colour is darker than the brightest input under it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]

SOLID = 0.25  # share of the scale from which a map hides its input
DIM = 1 / 3  # lightness of a dimmed input, relative to the input
GREY = (0.3, 0.59, 0.11)  # weights of red, green and blue in a dimmed input
PLATE = (0, 0, 0)  # what maps without a picture are drawn on
SMALL = 32  # coarse maps over inputs whose longer side is shorter are drawn pixel by pixel
CEILING = 0.99  # share of a pixel map's magnitudes up to which the scale reaches
NOISE = 2.0**-23  # relative rounding error of float32: evidence below that share of its score is 0
LEVELS = 127  # colours on each side of zero; twice as many for maps without signs

# Anchor colours from zero to the scale, evenly spaced, six hex digits each: one hue an arm, as
# saturated as sRGB allows. Oklab lightness rises evenly from 0.50 to 0.74 in all of them.
SIGNED = {
    "blueRed": (
        "0541fc034ef80458f60560f60767f8086efa0b74fc157bfd1e82fd2788fd308efd3894fd419afd49a0fd51a5fd"
        "5aabfd62b0fd",
        "ba0916c20a16ca0b16d10c16d90d16e10e16e90f15f11015f91114fd231efd3a2efd4a3bfd5746fd6351fd6e5b"
        "fd7765fe816e",
    ),
    "purpleGreen": (
        "970ab79e0bbea40bc5ab0cccb10dd3b80edabf0fe1c610e8cd11efd412f6da1cfbde2efde040fde34efde55afd"
        "e865fdea6ffd",
        "077826087d260982270a88270a8d270b92270c97260d9d260ea2250fa82310ad2110b31f11b81b12be1713c310"
        "1cc81124ce12",
    ),
}


def strength(shares: Floats) -> Floats:
    """The opacity of values, given as shares of the scale: 0 at zero, 1 from `SOLID` on."""
    return np.minimum(np.abs(shares) / SOLID, 1)


def dimmed(picture: Bytes) -> Bytes:
    """A uint8 RGB picture [..., 3] as it lies under a map: grey, `DIM` of its lightness."""
    grey = picture.astype(np.float32) @ np.array(GREY, np.float32)
    return np.repeat(np.round(DIM * grey).astype(np.uint8)[..., None], 3, axis=-1)


def luminance(colors: Floats) -> Floats:
    """WCAG 2's relative luminance of colours [..., 3] from 0 to 1."""
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    result: Floats = linear @ np.array([0.2126, 0.7152, 0.0722])
    return result


def bright_part(ramp: Floats) -> Floats:
    """The part [m, 3] of a ramp [n, 3] that is brighter than any dimmed input."""
    bright = luminance(ramp) > luminance(np.full(3, DIM))
    return ramp[int(np.argmax(bright)) :] if bright.any() else ramp


def unsigned_table(ramp: Floats) -> Floats:
    """RGBA [2 * LEVELS + 1, 4] for shares from 0 to 1, from a ramp [n, 3]."""
    shares = np.linspace(0, 1, 2 * LEVELS + 1)
    return np.column_stack([_spread(bright_part(ramp), shares), strength(shares)])


def signed_table(negative: Floats, positive: Floats) -> Floats:
    """RGBA [2 * LEVELS + 1, 4] for shares from -1 to 1, from an arm [n, 3] for each sign."""
    shares = np.linspace(-1, 1, 2 * LEVELS + 1)
    arms = [_spread(arm, np.abs(shares)) for arm in (negative, positive)]
    colors = np.where(shares[:, None] < 0, *arms)
    return np.column_stack([colors, strength(shares)])


def anchors(digits: str) -> Floats:
    """Colours [n, 3] from 0 to 1, of six hex digits each.

    >>> anchors("ff0000000033").tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 0.2]]
    """
    return np.frombuffer(bytes.fromhex(digits), np.uint8).reshape(-1, 3) / 255


def _spread(ramp: Floats, shares: Floats) -> Floats:
    places = np.linspace(0, 1, len(ramp))
    return np.column_stack([np.interp(shares, places, channel) for channel in ramp.T])


@dataclass(frozen=True)
class Scale:
    """The magnitude at the end of the colours, and what lies beyond it.

    Attributes:
        limit: That magnitude; 0 where all values are zero.
        above: Share of the values other than zero that are larger.
    """

    limit: float
    above: float = 0.0

    def text(self, unit: str, *, signed: bool) -> str:
        """`0 to 0.6 logit (above: 1%)`."""
        most = f"{'±' if signed else '0 to '}{self.limit:.3g} {unit}"
        return f"{most} (above: {100 * self.above:.1g}%)" if self.above else most


class Magnitudes:
    """Counts the magnitudes of finite values in bins of 7 bits of precision, zeros left out."""

    def __init__(self) -> None:
        self.most = 0.0
        self._counts = np.zeros(1 << 15, np.int64)

    def add(self, values: npt.NDArray[Any]) -> Magnitudes:
        """Count more values."""
        sizes = np.abs(values[np.isfinite(values)]).astype(np.float32)
        bins = sizes[sizes > 0].view(np.uint32) >> 16
        self._counts += np.bincount(bins.ravel(), minlength=1 << 15)
        self.most = max(self.most, float(sizes.max(initial=0.0)))
        return self

    def octaves(self) -> list[tuple[float, float, int]]:
        """Counts the magnitudes between consecutive powers of two: (from, to, how many)."""
        counts = self._counts.reshape(-1, 1 << 7).sum(axis=1)
        known = np.flatnonzero(counts)
        if not len(known):
            return []
        every = range(int(known[0]), int(known[-1]) + 1)
        return [(2.0 ** (i - 127), 2.0 ** (i - 126), int(counts[i])) for i in every]

    def scale(self, *, pixels: bool) -> Scale:
        """The largest magnitude; of pixel maps, what `CEILING` of the magnitudes do not exceed."""
        total = int(self._counts.sum())
        if not pixels or total == 0:
            return Scale(self.most)
        reached = np.cumsum(self._counts)
        last = int(np.searchsorted(reached, CEILING * total))
        edge = float(np.array([(last + 1) << 16], np.uint32).view(np.float32)[0])
        if edge >= self.most:
            return Scale(self.most)
        return Scale(edge, (total - int(reached[last])) / total)


def is_noise(largest: float, score: float) -> bool:
    """Whether a largest magnitude, in the unit of its score, is but a rounding error."""
    return largest <= NOISE * abs(score)
