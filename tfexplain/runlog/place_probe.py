"""Probes validation rows for places where labels can be read alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.data.labels import labels_of, read_labels
from tfexplain.data.row_choice import Sampler, sampled_beside
from tfexplain.errors import TfexplainError
from tfexplain.model.call_batch import as_batch
from tfexplain.model.input_kinds import channel_axis
from tfexplain.quality.readable import Probed, readable_places
from tfexplain.runlog.placement import input_layouts
from tfexplain.runlog.plan import ExplainPlan
from tfexplain.story.place import place_name
from tfexplain.types import Array
from tfexplain.wire import schema

ROWS = 256
BYTES = 64 << 20  # of rows that are held
_AXES = {"plane": 2, "line": 1, "tokens": 1, "features": 1}


class PlaceProbe:
    """Takes a sample of the validation rows while the explained ones are chosen."""

    def __init__(self) -> None:
        self._sampler = Sampler(ROWS, BYTES)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While open, rows that are chosen are looked at."""
        with sampled_beside(self._sampler):
            yield

    def places(self, explaining: ExplainPlan, model: Any) -> dict[str, schema.Places]:
        """Returns where labels can be read alone, by the name of the input; of inputs that are
        volumes, not of numbers, or too wide, nothing is said, nor without labels of classes."""
        if explaining.batch.labels.kind != "class" or not self._sampler.total:
            return {}
        found = self._sampler.sampled()
        traced_model, output = explaining.traced_model, explaining.output
        given = labels_of(found.rows.labels, output, traced_model)
        names = explaining.settings.class_names
        labels = read_labels(given, output, found.hashes, class_names=names)
        known = ~np.isnan(labels.values)
        if labels.kind != "class" or labels.sets is not None:
            return {}
        classes, places = labels.values[known].astype(np.int64), {}
        flat = tf.nest.flatten(as_batch(found.rows.inputs, model))
        layouts = input_layouts(explaining.batch)
        for name, tensor in zip(traced_model.input_names, flat, strict=True):
            layout, values = layouts.get(name, ""), np.asarray(tensor)
            if layout not in _AXES or values.dtype.kind not in "fiub":
                continue
            if layout in ("features", "tokens"):
                values = values.astype(np.float64 if layout == "features" else np.int64)
            if values.ndim > 2 and (axis := channel_axis(traced_model, tensor)) is not None:
                values = np.moveaxis(values, axis, -1)
            try:
                probed = readable_places(values[known], classes, _AXES[layout])
            except TfexplainError:  # too few rows, or too many columns
                continue
            places[name] = _record(probed, explaining.batch.values.get(name))
        return places


def _record(probed: Probed, values: schema.Values | None) -> schema.Places:
    found, sides = probed.places, probed.sides
    return schema.Places(
        _whole([place.corner for place in found], len(sides)),
        _whole([place.size for place in found], len(sides)),
        np.reshape([(p.alone, p.rest, p.shuffled) for p in found], (-1, 3)),
        _names([place_name(place.corner, place.size, sides, values) for place in found]),
        sides,
        probed.whole,
        probed.rows,
    )


def _whole(rows: Sequence[Sequence[int]], axes: int) -> Array:
    return np.reshape(np.array(rows, np.int32), (-1, axes))


def _names(places: Sequence[str]) -> list[str]:
    """Returns a name of its own for each: several in one corner are counted."""
    several, seen = Counter(places), Counter[str]()
    names = []
    for place in places:
        seen[place] += 1
        names.append(f"{place} {seen[place]}" if several[place] > 1 else place)
    return names
