"""Divides the values of an input into features: columns, channels, words or places."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tfexplain.errors import TfexplainError
from tfexplain.explainers.baselines import is_text
from tfexplain.explainers.perturbation.masked import MaskedInput
from tfexplain.model.tokens import embedded_words
from tfexplain.model.traced_model import TracedModel
from tfexplain.quality.intervals import Floats
from tfexplain.types import Array

FeatureKind: TypeAlias = Literal["column", "channel", "word", "place"]
# Of a column or channel in order, of a word by its id.
Names: TypeAlias = Sequence[str] | Mapping[int, str]

# Cells of places along each of so many axes: 64 of a picture, as many of a volume.
_CELLS = {1: 16, 2: 8, 3: 4}
_AXES = {1: ("steps",), 2: ("rows", "columns"), 3: ("slices", "rows", "columns")}


@dataclass(frozen=True, eq=False)
class Features:
    """Assigns each value of an input's rows to a feature.

    Attributes:
        input: Name of the input.
        position: Position of the input.
        kind: What a feature is.
        names: Their names.
        ids: int32 [1 or N, ...], numbers of features, of places without the input's channels; -1
            belongs to none, as padding.
        sides: Cells of places along each axis; else none.
    """

    input: str
    position: int
    kind: FeatureKind
    names: tuple[str, ...]
    ids: npt.NDArray[np.int32]
    sides: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def occurs(self) -> npt.NDArray[np.int32]:
        """int32 [F], in how many rows each of the words occurs."""
        found = np.concatenate([np.unique(row[row >= 0]) for row in self._flat])
        return np.asarray(np.bincount(found, minlength=len(self)), np.int32)

    def collected(self, values: Array, *, summed: bool) -> Array:
        """Returns the values of each row by feature, float64 [N, F].

        Args:
            values: [N, ...], shaped as `ids`.
            summed: Whether values of one feature are added up, else they are averaged.
        """
        flat = np.asarray(values, np.float64).reshape(len(values), -1)
        ids = np.broadcast_to(self._flat, flat.shape)
        places = (ids + 1 + np.arange(len(flat))[:, None] * (len(self) + 1)).ravel()
        size = len(flat) * (len(self) + 1)
        total = np.asarray(np.bincount(places, flat.ravel(), size), np.float64)
        total = total.reshape(len(flat), -1)[:, 1:]
        if summed:
            return total
        counts = np.bincount(places, minlength=size).reshape(len(flat), -1)[:, 1:]
        return np.asarray(total / np.maximum(counts, 1))

    @property
    def _flat(self) -> npt.NDArray[np.int32]:
        return self.ids.reshape(len(self.ids), -1)


def features_of(
    traced_model: TracedModel, masked: MaskedInput, position: int, names: Names = ()
) -> Features:
    """Returns the features of one input.

    Args:
        traced_model: The model, opened.
        masked: The rows of the input.
        position: Its position.
        names: Names of columns or channels, or words by their ids.

    Raises:
        TfexplainError: an input without features, or names that are not one for each.
    """
    name, inputs = traced_model.input_names[position], masked.inputs
    if are_words(traced_model, position, inputs):
        return _words(name, position, inputs, names if isinstance(names, Mapping) else {})
    columns = [] if isinstance(names, Mapping) else list(names)
    if inputs.ndim <= 2:
        ids = np.arange(inputs.shape[1])[None]
        told = _named(name, inputs.shape[1], columns, "column")
        return Features(name, position, "column", told, ids.astype(np.int32))
    axis = masked.channel_axis
    if masked.layout == "sequence" and axis is not None and inputs.shape[axis] > 1:
        shape = [1] * inputs.ndim
        shape[axis] = count = inputs.shape[axis]
        ids = np.broadcast_to(np.arange(count).reshape(shape), (1, *inputs.shape[1:]))
        told = _named(name, count, columns, "channel")
        return Features(name, position, "channel", told, ids.astype(np.int32))
    return _places(name, position, masked.sides)


def are_words(traced_model: TracedModel, position: int, inputs: Array) -> bool:
    """Returns whether an input holds texts that the model splits, or ids of words [N, T]."""
    if embedded_words(traced_model, position) is not None:
        return True
    embeds = any(call.embeds == position for call in traced_model.layer_calls)
    return embeds and inputs.ndim == 2 and inputs.shape[1] > 1 and not is_text(inputs)


def values_by_feature(features: Features, inputs: Array) -> Floats | None:
    """Returns the value of each row's columns, or means of its channels, float64 [N, F]; None
    where a feature has no such value."""
    if features.kind not in ("column", "channel") or is_text(inputs):
        return None
    return features.collected(inputs, summed=False)


def collected_maps(features: Features, attribution: Any) -> Floats:
    """Returns attributions by feature, float64 [N, F].

    They are sums over a feature's positions where the method's values add up to a difference of
    scores, else means.

    Args:
        features: The features.
        attribution: An `Attribution` at the input.
    """
    whole = features.kind == "channel"
    values = attribution.values if whole else attribution.maps
    own = features.ids.shape[1:]
    if values.shape[1:] != own:
        raise TfexplainError(
            f"explainer={attribution.explainer}: expected a value for each of {list(own)} values "
            f"of a row of input {features.input!r}; got {list(values.shape[1:])}. Pass another."
        )
    return features.collected(values, summed=attribution.completeness_gap is not None)


def _words(name: str, position: int, inputs: Array, words: Mapping[int, str]) -> Features:
    # What is hidden becomes 0, so that hiding 0 would change nothing.
    numbers = np.unique(inputs[inputs != 0])
    if not len(numbers):
        raise TfexplainError(f"input {name!r}: expected words; every id is 0.")
    ids = np.searchsorted(numbers, inputs).astype(np.int32)
    ids[inputs == 0] = -1
    for_each = tuple(words.get(int(number)) or f"#{int(number)}" for number in numbers)
    return Features(name, position, "word", for_each, ids)


def _places(name: str, position: int, sides: Sequence[int]) -> Features:
    if len(sides) not in _CELLS:
        raise TfexplainError(
            f"input {name!r}: expected 1 to 3 axes of positions; got {len(sides)}."
        )
    cells = tuple(min(_CELLS[len(sides)], side) for side in sides)
    own = [np.arange(side) * cell // side for side, cell in zip(sides, cells, strict=True)]
    grid = np.meshgrid(*own, indexing="ij")
    ids = np.ravel_multi_index(tuple(grid), cells)[None].astype(np.int32)
    names = []
    for place in np.ndindex(*cells):
        parts = [
            _range(axis, np.flatnonzero(numbers == at))
            for axis, numbers, at in zip(_AXES[len(sides)], own, place, strict=True)
        ]
        names.append(", ".join(parts))
    return Features(name, position, "place", tuple(names), ids, cells)


def _range(axis: str, numbers: npt.NDArray[np.int64]) -> str:
    first, last = int(numbers[0]), int(numbers[-1])
    return f"{axis} {first}-{last}" if last > first else f"{axis[:-1]} {first}"


def _named(name: str, count: int, given: list[str], kind: str) -> tuple[str, ...]:
    if given and len(given) != count:
        raise TfexplainError(
            f"feature_names: expected {count} names for input {name!r}; got {len(given)}. Pass one "
            f"name for each {kind}, in order."
        )
    numbered = [name] if count == 1 else [f"{kind} {number}" for number in range(count)]
    return tuple(map(str, given or numbered))


def hidden_row(traced_model: TracedModel, position: int, inputs: Array) -> Array | None:
    """Returns what hidden values of an input become, one row; None for what stands for padding.

    Numbers become the mean of the rows, whole numbers and texts of a table the most frequent value
    of their column.

    Args:
        traced_model: The model, opened.
        position: Position of the input.
        inputs: [N, ...] as the model is given them.
    """
    if are_words(traced_model, position, inputs):
        return None
    if inputs.dtype.kind not in "iubOSU":
        return np.asarray(inputs.mean(axis=0, dtype=np.float64), inputs.dtype)
    flat = inputs.reshape(len(inputs), math.prod(inputs.shape[1:]))
    often = []
    for column in flat.T:
        values, counts = np.unique(column, return_counts=True)
        often.append(values[counts.argmax()])
    return np.array(often, inputs.dtype).reshape(inputs.shape[1:])
