"""Measures the drift of maps: from another model's, or from the same model's at another time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.quality.similarity import similarity

# By explainer and layer.
Places: TypeAlias = Mapping[tuple[str, str], "Shown"]


@dataclass(frozen=True, eq=False)
class Shown:
    """Holds the maps of one explainer at one layer, and what they explain.

    Attributes:
        maps: [N, f], [N, h, w], [N, d, h, w], or attention [N, heads, q, k].
        targets: int [N], the explained outputs; -1 where a function was explained.
        predicted: int [N], the predicted classes; -1 where there are none.
    """

    maps: npt.NDArray[np.float32]
    targets: npt.NDArray[np.int32]
    predicted: npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Drifted:
    """Holds the similarity of two sets of maps, sample by sample.

    Attributes:
        values: float64 [N, measures of `MEASURES`], 1 for equal maps; NaN where the two explain
            different targets, for then their maps answer different questions.
        agrees: bool [N], whether both predict the same.
    """

    values: npt.NDArray[np.float64]
    agrees: npt.NDArray[np.bool_]


def drift(now: Shown, reference: Shown) -> Drifted:
    """Compares two sets of maps of the same samples.

    SSIM takes the largest magnitude in both sets as its range.

    Raises:
        TfexplainError: maps of different shapes.
    """
    values = similarity(now.maps, reference.maps)
    values[now.targets != reference.targets] = np.nan
    return Drifted(values, now.predicted == reference.predicted)


def matched(maps: Places, reference: Places) -> dict[tuple[str, str], Shown]:
    """Returns the reference's maps at each explainer and layer of `maps`.

    Raises:
        TfexplainError: a place that one of the two has not, or maps of another shape.
    """
    for name, layer in sorted(maps.keys() ^ reference.keys()):
        lists = [
            ", ".join(p for n, p in places if n == name) or "none" for places in (maps, reference)
        ]
        raise TfexplainError(
            f"{name} at layer {layer!r}: expected maps of both; got maps at {lists[0]} and, of the "
            f"reference, at {lists[1]}."
        )
    shared = {place: reference[place] for place in maps}
    for (name, layer), same in shared.items():
        shapes = [list(shown.maps.shape[1:]) for shown in (maps[name, layer], same)]
        if shapes[0] != shapes[1]:
            raise TfexplainError(
                f"{name} at layer {layer!r}: expected maps of one shape; got {shapes[0]} and, of "
                f"the reference, {shapes[1]}."
            )
    return shared
