"""Chooses the epochs whose maps a report holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def thinned(steps: Sequence[int], most: int, preferred: Collection[int] = ()) -> list[int]:
    """Returns at most `most` of the rising `steps`.

    The last one is always among them, then the first, then those `preferred`, then whichever lies
    farthest from all chosen ones.

    >>> thinned(range(10), 4), thinned(range(10), 4, preferred=[7])
    ([0, 4, 6, 9], [0, 3, 7, 9])
    """
    if len(steps) <= most:
        return list(steps)
    first = [steps[-1], steps[0], *(step for step in steps if step in preferred)]
    chosen = list(dict.fromkeys(first))[:most]
    places = {step: place for place, step in enumerate(steps)}
    while len(chosen) < most:
        taken = [places[step] for step in chosen]
        chosen.append(max(steps, key=lambda s: min(abs(places[s] - place) for place in taken)))
    return sorted(chosen)
