"""Compares each epoch's maps with those of the weights that training begins with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.callbacks.resume import start_maps
from tfexplain.quality.drift import Places, Shown
from tfexplain.quality.similarity import spearman
from tfexplain.runlog.background import answered
from tfexplain.runlog.judged_maps import differing
from tfexplain.runlog.plan import ExplainPlan, Found
from tfexplain.runlog.writer import RunWriter
from tfexplain.trust import Measured
from tfexplain.types import Array
from tfexplain.wire import schema

NAME = "start similarity"
Place = tuple[str, str]


class StartMaps:
    """Holds the maps that training begins with, over all fits of one callback.

    An untrained network knows nothing: a map that is still like its own shows the input rather than
    what was learnt. That is the model randomisation test of Adebayo et al. 2018
    (https://arxiv.org/abs/1810.03292), turned around, at no pass. A model that is trained further
    begins with what it knew, so that nothing more is said than how far its maps have gone since.
    """

    def __init__(self) -> None:
        self._kept: dict[Place, Shown] = {}
        self._hashes: Array = np.zeros(0, np.uint64)
        self._differing: Mapping[Place, npt.NDArray[np.bool_]] = {}
        self._logged_in = ""

    def begin(self, explaining: ExplainPlan, first: Found) -> None:
        """Begins a `fit`; `first` are the model's explanations before it.

        In a later fit of the same samples the first one's hold.
        """
        maps, hashes = explaining.shown(first), explaining.batch.hashes
        if not (np.array_equal(hashes, self._hashes) and _alike(maps, self._kept)):
            self._kept, self._hashes, self._logged_in = dict(maps), hashes, ""
        self._differing = differing(explaining, first)

    def resume(self, explaining: ExplainPlan, directory: str) -> None:
        """Reads the maps from a log that the training goes on in, where it has them."""
        logged, hashes = answered(partial(start_maps, directory))
        if hashes is None or not np.array_equal(hashes, self._hashes):
            return
        for place, record in logged.items():
            own = self._kept.get(place)
            if own is not None and own.maps.shape == record.values.shape:
                self._kept[place] = Shown(record.values, record.targets, own.predicted)
        if logged.keys() >= self._kept.keys():
            self._logged_in = directory

    def write(self, writer: RunWriter) -> None:
        """Writes the maps, once in a log: fits of an epoch each would log them beside each."""
        directory = str(writer.directory)
        if self._logged_in == directory:
            return
        self._logged_in = directory
        for (name, layer), shown in self._kept.items():
            record = schema.Start(shown.maps, shown.targets)
            writer.add_constant(schema.Tag("start", name, layer), record, schema.Content("start"))

    def maps(self, place: Place) -> Array | None:
        """Returns the maps at the start [N, ...] of an explainer at a layer; None without any."""
        kept = self._kept.get(place)
        return None if kept is None else kept.maps

    def measured(self, place: Place, shown: Shown) -> Measured | None:
        """Measures how like a place's maps are to those at the start; None where there are none.

        The level of chance is how like they are to another sample's at the start.
        """
        kept = self._kept.get(place)
        if kept is None or kept.maps.shape != shown.maps.shape:
            return None
        maps: Any = shown.maps.astype(np.float64)
        if place in self._differing:
            maps = np.where(self._differing[place], maps, np.nan)
        alike = spearman(maps, kept.maps)
        alike[shown.targets != kept.targets] = np.nan
        others = np.roll(kept.maps, 1, axis=0)
        chance = spearman(maps, others) if len(maps) > 1 else np.full(len(maps), np.nan)
        return Measured(NAME, alike, "rank correlation", "lower", chance)


def _alike(maps: Places, kept: Places) -> bool:
    shapes = [{place: own.maps.shape for place, own in all_.items()} for all_ in (maps, kept)]
    return shapes[0] == shapes[1]
