"""Boxes of inputs, as data sets of objects have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError


@dataclass(frozen=True, eq=False)
class Boxes:
    """Describes regions by their corners: of pictures (left, top, right, bottom).

    A position lies inside where its middle does, so that of whole numbers right and bottom are the
    first columns and rows outside.

    Attributes:
        corners: [4] for all samples, [N, 4], or several boxes a sample [N, n, 4], of which those
            with NaN or without any area are none. Of curves they are 2 numbers (begin, end), of
            volumes 6: (left, top, front, right, bottom, back).
        relative: Whether they are shares of the sides, 0 to 1, and not positions.

    References:
        The order is `xyxy` of Keras and torchvision.

    >>> Boxes([1, 0, 3, 1]).masks((1, 2, 4)).astype(int).tolist()
    [[[0, 1, 1, 0], [0, 0, 0, 0]]]
    """

    corners: npt.ArrayLike
    relative: bool = False

    def masks(self, shape: Sequence[int]) -> npt.NDArray[np.bool_]:
        """Returns which positions lie inside, bool [N, *sides].

        Raises:
            TfexplainError: another shape, or corners outside of the input.
        """
        count, sides = shape[0], np.array(shape[1:])
        corners, most = np.asarray(self.corners, np.float64), np.ones(len(sides))
        if corners.ndim not in (1, 2, 3) or corners.shape[-1] != 2 * len(sides):
            raise self._error(f"{2 * len(sides)} corners a box for sides {sides.tolist()}")
        if corners.ndim > 1 and len(corners) != count:
            raise self._error(f"boxes of {count} samples")
        # Corners are named from the last axis to the first.
        scale = sides if self.relative else most
        several = corners.reshape(len(corners) if corners.ndim > 1 else 1, -1, 2, len(sides))
        low, high = np.moveaxis(several[..., ::-1] * scale, 2, 0)
        known = np.isfinite(low + high).all(axis=-1) & (low < high).all(axis=-1)
        outside = ((low < 0) | (high > sides)).any(axis=-1)
        if (outside & known).any():
            raise self._error(f"corners within {(most if self.relative else sides)[::-1].tolist()}")
        within = known.reshape(*known.shape, *[1] * len(sides))
        for axis, side in enumerate(sides):
            own = [1] * len(sides)
            own[axis] = side
            middles = np.arange(side) + 0.5
            begin, end = low[..., axis, None], high[..., axis, None]
            along = (begin <= middles) & (middles < end)
            within = within & along.reshape(*known.shape, *own)
        return np.broadcast_to(within.any(axis=1), tuple(shape))

    def _error(self, expected: str) -> TfexplainError:
        corners = np.asarray(self.corners)
        return TfexplainError(
            f"regions: Boxes: expected {expected}; got shape {list(corners.shape)}, "
            f"{np.nanmin(corners):g} to {np.nanmax(corners):g}. Pass (left, top, right, bottom), "
            "relative=True for shares of the sides."
        )
