"""Measures in one `fit` how much evidence gathers where labels can be read alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from tfexplain.callbacks.start_maps import Place, StartMaps
from tfexplain.quality.drift import Shown
from tfexplain.quality.readable import mass_at
from tfexplain.trust import Measured
from tfexplain.wire import schema

UNIT = "share of the evidence"


class Gathering:
    """Holds places of inputs where labels can be read alone.

    Args:
        places: By the name of the input.
        start: Maps that training begins with.
    """

    def __init__(self, places: Mapping[str, schema.Places], start: StartMaps) -> None:
        self._places, self._start = places, start

    def names(self, place: Place) -> list[str]:
        """Returns what is measured of an explainer's maps at an input."""
        record = self._places.get(place[1])
        return [schema.mass_name(name) for name in record.names] if record else []

    def measured(self, place: Place, shown: Shown) -> Iterator[Measured]:
        """Measures the share of each map's evidence at each place.

        The level of chance is that of the map which the sample had with the weights that training
        begins with, or the place's share of the input where that is more.
        """
        record = self._places.get(place[1])
        if record is None or shown.maps.ndim != 1 + len(record.sides):
            return
        start = self._start.maps(place)
        for name, corner, size in zip(record.names, record.corners, record.sizes, strict=True):
            at = (record.sides, corner.tolist(), size.tolist())
            area = math.prod(at[2]) / math.prod(record.sides)
            chance: npt.NDArray[np.float64] = np.full(len(shown.maps), area)
            if start is not None and start.shape == shown.maps.shape:
                chance = np.fmax(chance, mass_at(start, *at))
            values = mass_at(shown.maps, *at)
            yield Measured(schema.mass_name(name), values, UNIT, "lower", chance)
