"""Chooses the epochs whose maps a report holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise


def thinned(steps: Sequence[float], most: int, preferred: Collection[float] = ()) -> list[float]:
    """Returns at most `most` of the rising `steps`.

    The last one is always among them, then the first, then those `preferred`; all others are
    spread evenly over the gaps between these.

    >>> thinned(range(10), 4), thinned(range(10), 4, preferred=[7])
    ([0, 3, 6, 9], [0, 3, 7, 9])
    """
    if len(steps) <= most:
        return list(steps)
    first = [steps[-1], steps[0], *(step for step in steps if step in preferred)]
    fixed = sorted({steps.index(step) for step in list(dict.fromkeys(first))[:most]})
    gaps = list(pairwise(fixed))
    inside = [0] * len(gaps)
    for _ in range(most - len(fixed)):
        widths = [(end - begin) / (1 + n) for (begin, end), n in zip(gaps, inside, strict=True)]
        inside[widths.index(max(widths))] += 1
    spread = (
        begin + i * (end - begin) // (n + 1)
        for (begin, end), n in zip(gaps, inside, strict=True)
        for i in range(1, n + 1)
    )
    return [steps[place] for place in sorted([*fixed, *spread])]
