"""Labels that bring the region of each row with them."""

from __future__ import annotations

from typing import Any, NamedTuple


class WithRegions(NamedTuple):
    """Holds labels and the region of each row, in the place of the labels: `fit(x, WithRegions(y,
    masks))`, or as the second part of a dataset's elements.

    The loss and metrics see `y` alone, in `evaluate` too.

    Attributes:
        y: Labels, as the loss takes them.
        regions: Masks [N, *sides], bool or 0 and 1; a row whose mask is empty is not penalised.

    >>> import numpy as np
    >>> WithRegions(np.zeros(2), np.ones((2, 8, 8), bool)).regions.shape
    (2, 8, 8)
    """

    y: Any
    regions: Any


def parted(y: Any) -> tuple[Any, Any | None]:
    """Returns labels as the loss takes them, and the regions that came with them, if any did."""
    return (y.y, y.regions) if isinstance(y, WithRegions) else (y, None)
