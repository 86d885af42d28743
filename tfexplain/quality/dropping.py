"""Tells how many features could be dropped, by the score while ever more of them are hidden."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LOSS = 0.02  # as the page has it


def droppable(
    counts: npt.ArrayLike, scores: npt.ArrayLike, *, error: bool = False, loss: float = LOSS
) -> int:
    """Returns how many of the least important features can be hidden at little loss.

    Args:
        counts: int [K], how many are hidden, from none to all.
        scores: float64 [K], the score with so many hidden.
        error: Whether the score is an error, of which less is better.
        loss: How much worse it may become on the way: points of an accuracy, 0.02 being 2%; of an
            error, as a share of it.

    >>> droppable([0, 1, 2, 3], [0.9, 0.95, 0.892, 0.5])
    2
    """
    own = np.asarray(scores, np.float64)
    worse = own - own[0] if error else own[0] - own
    most = loss * own[0] if error else loss
    within = np.append(worse <= most, False)
    return int(np.asarray(counts)[max(0, int(within.argmin()) - 1)])
