"""Divides a model into stages: what has one resolution, or what stands between two products."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tfexplain.model.layer_calls import LayerCall

# What is passed as `layer=` for all of them.
STAGES = "stages"
# Sides that differ by no more are of one resolution, as those of convolutions without padding.
_ALIKE = 1.5
_FEWEST, _MOST = 3, 16


def stages(calls: Sequence[LayerCall]) -> list[LayerCall]:
    """Returns the last call of each stage, in call order.

    A stage is a run of calls of one resolution; with fewer than three resolutions, it is what
    stands behind a product with weights and before the next one, of the resolution of its first.
    Its last call is the last one that all gradients pass (a sum, and not its branch), where there
    is one; that of the last stage is the last of all. Above 16 stages it is every second one, or
    third, ..., counted from the last.

    Args:
        calls: Those worth a map, at least one, in call order.
    """
    runs = _by_resolution(calls)
    if len(runs) < _FEWEST:
        trunk = [call for call in calls if call.dominates or call is calls[-1]]
        if len(trunk) < _FEWEST:  # as where sums are no layers
            trunk = list(calls)
        runs = [list(run) for _, run in groupby(trunk, key=lambda call: call.products)]
    lasts = [*map(_last, runs[:-1]), calls[-1]]
    step = -(-len(lasts) // _MOST)
    return lasts[::-1][::step][::-1]


def _by_resolution(calls: Sequence[LayerCall]) -> list[list[LayerCall]]:
    runs: list[list[LayerCall]] = []
    for call in calls:
        if not runs or not _alike(runs[-1][0], call):
            runs.append([])
        runs[-1].append(call)
    return runs


def _alike(first: LayerCall, second: LayerCall) -> bool:
    assert first.grid is not None
    assert second.grid is not None
    sides = zip(first.grid.sides, second.grid.sides, strict=True)
    return all(not a or not b or max(a, b) <= _ALIKE * min(a, b) for a, b in sides)


def _last(run: Sequence[LayerCall]) -> LayerCall:
    own = [call for call in run if _alike(run[0], call)]
    return next((call for call in reversed(own) if call.dominates), own[-1])
