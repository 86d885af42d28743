"""Measures in one `fit` how much evidence lies in the regions that were asked for."""

from __future__ import annotations

from functools import partial

import numpy as np

from tfexplain.callbacks.map_numbers import map_numbers
from tfexplain.callbacks.resume import last_masks
from tfexplain.errors import SettingError
from tfexplain.runlog.background import answered
from tfexplain.runlog.judged_maps import evidence
from tfexplain.runlog.plan import ExplainPlan, Found
from tfexplain.runlog.region_choice import named_regions
from tfexplain.runlog.region_plan import RegionPlan
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema

MEASURES = ("mass", "pointing")


class LoggedMasks:
    """Remembers which masks a log holds, over all fits of one callback: they are written once."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, schema.Masks]] = {}

    def write(self, masks: dict[str, schema.Masks], writer: RunWriter, resumes: bool) -> None:
        """Writes masks, by the input's name, unless they are what the log holds."""
        directory = str(writer.directory)
        if directory not in self._held:
            self._held[directory] = answered(partial(last_masks, directory)) if resumes else {}
        held = self._held[directory]
        for name, record in masks.items():
            if not _alike(held.get(name), record):
                tag = schema.Tag("masks", layer=name)
                writer.add_constant(tag, record, schema.Content("masks"))
                held[name] = record


class RegionRun:
    """Holds the regions that were asked for.

    Args:
        explaining: What is explained.
        first: The model's explanations before training.
        masks: The masks that logs hold; kept over several fits.

    Attributes:
        text: The regions with their areas, for people.
        numbers: Names of what `write` returns.

    Raises:
        SettingError: a region that fits no input, an empty one, or one that no map lies over.
    """

    def __init__(self, explaining: ExplainPlan, first: Found, masks: LoggedMasks) -> None:
        regions = named_regions(explaining.settings.regions)
        self._explaining, self._masks = explaining, masks
        self._plan = RegionPlan(regions, explaining)
        self.text = self._plan.text
        names = {
            place: [one.name for one in own.named]
            for place, attribution in evidence(explaining, first)
            if (own := self._plan.over(attribution))
        }
        if not names:
            inputs = ", ".join(map(repr, self._plan.by_input))
            raise SettingError(
                f"regions: expected maps over {inputs}; no explainer has any. Add one, such as "
                "IntegratedGradients()."
            )
        alone = len(regions) == 1
        # By explainer and layer, what a measure of each region is called.
        self._names = {
            measure: {
                (place, name): number
                for name in dict.fromkeys(name for own in names.values() for name in own)
                for place, number in map_numbers(
                    [place for place, own in names.items() if name in own],
                    measure if alone else f"{measure}/{name}",
                ).items()
            }
            for measure in MEASURES
        }
        self.numbers = [number for own in self._names.values() for number in own.values()]

    def announce(self, writer: RunWriter, resumes: bool) -> None:
        """Writes where the regions are, unless the log that goes on says so."""
        masks = {name: own.record() for name, own in self._plan.by_input.items()}
        self._masks.write(masks, writer, resumes)

    def write(self, explanations: Found, now: Moment, writer: RunWriter) -> dict[str, float]:
        """Measures the maps of an epoch, and writes the records; returns means by their name."""
        found: dict[str, float] = {}
        for place, attribution in evidence(self._explaining, explanations):
            record = self._plan.record(attribution, now)
            if record is None:
                continue
            writer.add(schema.Tag("regions", *place), now.step, record, schema.Content("regions"))
            for measure in MEASURES:
                for name, values in zip(record.names, getattr(record, measure).T, strict=True):
                    number = self._names[measure].get((place, name))
                    if number and np.isfinite(values).any():
                        found[number] = float(np.nanmean(values))
        return found


def _alike(held: schema.Masks | None, record: schema.Masks) -> bool:
    if held is None:
        return False
    named = (list(held.names), list(held.avoid)) == (list(record.names), list(record.avoid))
    return named and np.array_equal(held.values, record.values)
