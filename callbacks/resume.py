"""Reads the maps of an epoch from the log of a training that goes on in a new process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from tfexplain.quality.drift import Shown
from tfexplain.runlog.directory import read_events
from tfexplain.types import Array
from tfexplain.wire import schema
from tfexplain.wire.clock import step_of

Place = tuple[str, str]


@dataclass
class Logged:
    """Holds what a log has of one epoch.

    Attributes:
        step: Step of the epoch.
        samples: Validation batch of the epoch.
        settings: Settings of explainers, by explainer and layer.
    """

    step: float | None
    samples: schema.Samples | None = None
    settings: dict[Place, Mapping[str, str]] = field(default_factory=dict)
    _latest: schema.Samples | None = None
    _predicted: schema.Predictions | None = None
    _maps: dict[Place, dict[int, schema.Map]] = field(default_factory=dict)

    def shown(self) -> dict[Place, Shown]:
        """Returns the maps of all samples, by explainer and layer."""
        if self._predicted is None:
            return {}
        predicted, shown = self._predicted.predicted, {}
        for place, maps in self._maps.items():
            if sorted(maps) == list(range(len(predicted))):
                several = [maps[sample] for sample in sorted(maps)]
                values = np.stack([record.values for record in several])
                targets = np.array([record.target for record in several], np.int32)
                shown[place] = Shown(values, targets, predicted)
        return shown

    def add(self, step: float, tag: schema.Tag, data: bytes, content: bytes) -> bool:
        """Takes in a record of the epoch; returns whether later ones of the file may be of it,
        too."""
        if tag.kind == "samples":
            self._latest = schema.Samples.decode(data)
        elif tag.kind in ("metrics", "predictions", "map"):
            if tag.kind == "predictions" and self.step is None:
                self.step = step
            if self.step is not None and step > self.step:
                return False
            if step == self.step and tag.kind == "predictions":
                # They come before the maps of an epoch, which may be there twice.
                self._predicted, self.samples = schema.Predictions.decode(data), self._latest
                self._maps.clear()
            if step == self.step and tag.kind == "map":
                self._maps.setdefault((tag.explainer, tag.layer), {})[tag.sample] = (
                    schema.Map.decode(data)
                )
        if tag.kind == "map" and content:
            # It stands at the first record of a tag, whatever epoch that is of.
            place = (tag.explainer, tag.layer)
            self.settings[place] = schema.Content.decode(content).settings
        return True


def logged(directory: str, step: int | None) -> Logged:
    """Reads what was logged of an epoch, for None of the first one that was explained.

    Reads each file up to that epoch. What was written last holds, as it does for readers.

    Args:
        directory: Directory of one run, with its event files.
        step: Step of the epoch.
    """
    log = Logged(step)
    names = sorted(name for name in tf.io.gfile.listdir(directory) if "tfevents" in name)
    for name in names:
        try:
            for at, tag, data, content in _records(os.path.join(directory, name)):
                if not log.add(at, tag, data, content):
                    break
        except (DecodeError, OSError, tf.errors.OpError, schema.SchemaError):
            continue  # no file of events, or one that was damaged
    return log


def start_maps(directory: str) -> tuple[dict[Place, schema.Start], Array | None]:
    """Reads the maps that a training began with, and the hashes of the samples; the first ones of
    a log hold."""
    found: dict[Place, schema.Start] = {}
    hashes: Array | None = None
    names = sorted(name for name in tf.io.gfile.listdir(directory) if "tfevents" in name)
    for name in names:
        try:
            for _, tag, data, _ in _records(os.path.join(directory, name), ("samples", "start/")):
                if tag.kind == "samples" and hashes is None:
                    hashes = schema.Samples.decode(data).hashes
                elif tag.kind == "start":
                    place = (tag.explainer, tag.layer)
                    found.setdefault(place, schema.Start.decode(data))
        except (DecodeError, OSError, tf.errors.OpError, schema.SchemaError):
            continue  # no file of events, or one that was damaged
        if found:
            break
    return found, hashes


def last_masks(directory: str) -> dict[str, schema.Masks]:
    """Reads the regions that a log holds, by the input's name; those written last hold."""
    found: dict[str, schema.Masks] = {}
    names = sorted(name for name in tf.io.gfile.listdir(directory) if "tfevents" in name)
    for name in names:
        try:
            for _, tag, data, _ in _records(os.path.join(directory, name), ("masks/",)):
                found[tag.layer] = schema.Masks.decode(data)
        except (DecodeError, OSError, tf.errors.OpError, schema.SchemaError):
            continue  # no file of events, or one that was damaged
    return found


def _records(
    path: str, kinds: tuple[str, ...] = ("samples", "metrics", "pred", "map/")
) -> Iterator[tuple[float, schema.Tag, bytes, bytes]]:
    for event in read_events(path):
        for value in event.summary.value:
            if value.tensor.string_val and value.tag.startswith(kinds):
                content = value.metadata.plugin_data.content
                yield (
                    step_of(event.step),
                    schema.Tag.parse(value.tag),
                    value.tensor.string_val[0],
                    content,
                )
