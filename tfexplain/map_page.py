"""Shows maps on the page, in a notebook's cell."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain import rendering
from tfexplain.attribution import Attribution, Attributions
from tfexplain.errors import TfexplainError
from tfexplain.figures import rows_of
from tfexplain.report.notebook import NotebookPage, maps_page
from tfexplain.row_sheets import Rows
from tfexplain.runlog.attribution_records import content_of, record_of
from tfexplain.runlog.map_pooling import cells_of
from tfexplain.runlog.placement import place_over
from tfexplain.runlog.settings import named_classes
from tfexplain.runlog.write_inputs import write_inputs
from tfexplain.runlog.writer import RunWriter
from tfexplain.wire import schema

# Shown at first; the page lists the others.
_MOST_SAMPLES = 16
# Numbers that are explained have one of these units, and maps of them this or one made of it.
_SCORES = ("logit", "probability", "output")


def map_page(
    maps: Mapping[str, Attribution | Attributions],
    inputs: Any = None,
    *,
    class_names: Any = None,
    feature_names: Sequence[str] = (),
    height: int = 600,
    max_mb: float = 10,
) -> NotebookPage:
    """Returns the page with maps over their inputs; see `Attribution.show`.

    The maps are logged as one epoch in a directory that is removed, and read as any log.

    Args:
        maps: Attributions by the name of their explainer.
        inputs, class_names, feature_names, height, max_mb: See `Attribution.show`.

    Raises:
        TfexplainError: inputs that are not the explained ones, or a page above `max_mb`.
    """
    by_name = {
        name: list(found.values()) if isinstance(found, Attributions) else [found]
        for name, found in maps.items()
    }
    attributions = [attribution for several in by_name.values() for attribution in several]
    if not attributions:
        raise TfexplainError("maps: expected the result of an explainer; there is none.")
    under = _inputs(attributions, inputs, feature_names)
    with tempfile.TemporaryDirectory(prefix="tfexplain") as made:
        directory = Path(made) / "maps" / "maps"
        writer = RunWriter(str(directory / "explain"))
        writer.open()
        _write_samples(by_name, under, named_classes(class_names), writer)
        groups = [
            _write(name, attribution, under, writer)
            for name, several in by_name.items()
            for attribution in several
        ]
        writer.close()
        shown = min(len(attributions[0].values), _MOST_SAMPLES)
        return maps_page(directory, groups, height, max_mb, shown)


@dataclass(frozen=True)
class _Inputs:
    """Holds what maps lie over, by name."""

    pictures: dict[str, npt.NDArray[np.uint8]] = field(default_factory=dict)
    volumes: dict[str, npt.NDArray[np.uint8]] = field(default_factory=dict)
    values: dict[str, schema.Values] = field(default_factory=dict)

    def place(self, attribution: Attribution) -> tuple[schema.Layout | Any, str]:
        """Returns (layout, input) of an attribution."""
        layouts: dict[str, schema.Layout] = dict.fromkeys(self.pictures, "plane")
        layouts |= dict.fromkeys(self.volumes, "volume")
        layouts |= {name: values.layout for name, values in self.values.items()}
        lengths = {name: values.values.shape[1] for name, values in self.values.items()}
        reads = [attribution.layer] if attribution.layer in layouts else list(layouts)
        is_line = bool({"line", "tokens"} & set(layouts.values()))
        return place_over(attribution, layouts, lengths, reads, is_line=is_line)


def _inputs(
    attributions: Sequence[Attribution], inputs: Any, feature_names: Sequence[str]
) -> _Inputs:
    found = _Inputs()
    for name, given in _named(attributions, inputs).items():
        if len(given) != len(attributions[0].values):
            raise TfexplainError(
                f"inputs: expected the {len(attributions[0].values)} samples that were explained; "
                f"got {len(given)} of {name!r}. Pass the same ones."
            )
        rows = rows_of(given, feature_names)
        if rows is not None:
            found.values[name] = _rows(rows)
            continue
        array = np.asarray(given)
        sides = {a.maps.ndim - 1 - (a.kind == "channels") for a in attributions}
        first = any(a.channel_axis == 1 for a in attributions)
        if array.ndim == 3 and 1 in sides and 2 not in sides:
            line = np.moveaxis(array, 1, 2) if first else array
            found.values[name] = schema.Values(line, "line", tuple(feature_names))
        elif array.ndim in (3, 4, 5):
            is_volume = array.ndim == 5 or (array.ndim == 4 and 3 in sides)
            shown = found.volumes if is_volume else found.pictures
            array = array[..., None] if is_volume and array.ndim == 4 else array
            black_white = rendering.color_range(array)
            shown[name] = rendering.pictures(array, black_white, channels_first=first)
    return found


def _named(attributions: Sequence[Attribution], inputs: Any) -> dict[str, Any]:
    """Returns inputs by name; one that is given alone has that of the map that is of its shape."""
    if inputs is None:
        return {}
    if isinstance(inputs, Mapping):
        return dict(inputs)
    shape = np.shape(inputs)
    own = [
        a for a in attributions if a.kind == "map" and a.word_offsets is None and not a.word_note
    ]
    same = [a.layer for a in own if a.values.shape == shape]
    same += [a.layer for a in own if a.maps.shape == shape[: a.maps.ndim]]
    return {(*same, "input")[0]: inputs}


def _rows(rows: Rows) -> schema.Values:
    """Returns the record of words, numbered by the alphabet, or of features."""
    if not rows.words:
        return schema.Values(np.asarray(rows.values), "features", tuple(rows.names))
    length = max(map(len, rows.words))
    words = [word for row in rows.words for word in [*row, *[""] * (length - len(row))]]
    ids = np.unique(words, return_inverse=True)[1].reshape(len(rows.words), length)
    return schema.Values(ids, "tokens", (), words)


def _write_samples(
    by_name: Mapping[str, Sequence[Attribution]],
    under: _Inputs,
    class_names: tuple[str, ...],
    writer: RunWriter,
) -> None:
    first = next(iter(by_name.values()))[0]
    count = len(first.values)
    layers = {
        name: [schema.tag_name(a.layer) for a in several] for name, several in by_name.items()
    }
    samples = schema.Samples(
        np.full(count, np.nan), np.arange(count), "none", class_names, layers=layers
    )
    writer.add_constant(schema.Tag("samples"), samples, schema.Content("samples"))
    write_inputs(under.pictures, under.volumes, under.values, writer)


def _write(name: str, attribution: Attribution, under: _Inputs, writer: RunWriter) -> str:
    """Writes an attribution; returns the tag that its samples share."""
    where = under.place(attribution)
    cells = cells_of(attribution, where[0])
    score = next((unit for unit in _SCORES if unit in attribution.unit), "")
    content = content_of(attribution, *where, {}, score, cells)
    for sample in range(len(attribution.values)):
        tag = schema.Tag(content.kind, name, attribution.layer, sample)
        writer.add(tag, 0, record_of(attribution, sample, cells), content)
    return schema.Tag(content.kind, name, attribution.layer).group
