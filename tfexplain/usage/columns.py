"""Lists the features of a model's inputs that can be set to one value for all rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from tfexplain.checks import is_whole
from tfexplain.data.row_choice import Chosen
from tfexplain.errors import TfexplainError
from tfexplain.quality.intervals import Floats
from tfexplain.types import Array
from tfexplain.usage.features import Features


@dataclass(frozen=True)
class Column:
    """Names one feature: a column of a table, or the mean of a sequence's channel.

    Attributes:
        input: Name of the input.
        position: Position of the input.
        index: Of the column or channel.
        name: Its name.
        are_indices: Whether its numbers are embedded, so that their order says nothing.
    """

    input: str
    position: int
    index: int
    name: str
    are_indices: bool

    def of(self, inputs: Array) -> Floats:
        """Returns its values, float64 [N], of the input [N], [N, f] or [N, T, C]."""
        if inputs.ndim == 1:
            return inputs.astype(np.float64)
        own = inputs[..., self.index].astype(np.float64)
        return own.mean(axis=1) if own.ndim == 2 else own


def columns_of(chosen: Chosen, features: Sequence[Features]) -> tuple[list[Column], dict[str, str]]:
    """Returns the features that can be set, and by the input's name why others cannot.

    Args:
        chosen: The rows.
        features: The features of the inputs.
    """
    found: list[Column] = []
    left_out: dict[str, str] = {}
    embedded = {call.embeds for call in chosen.traced_model.layer_calls}
    flat = tf.nest.flatten(chosen.inputs)
    for own in features:
        if why := _why_not(own, flat[own.position].numpy()):
            left_out[own.input] = why
            continue
        found += [
            Column(own.input, own.position, at, name, own.position in embedded)
            for at, name in enumerate(own.names)
        ]
    return found, left_out


def told_apart(columns: Sequence[Column]) -> list[Column]:
    """Returns columns of which those of one name have the input's name before it."""
    often = Counter(column.name for column in columns)
    return [
        replace(column, name=f"{column.input}, {column.name}") if often[column.name] > 1 else column
        for column in columns
    ]


def chosen_columns(known: Sequence[Column], features: Sequence[int | str] | None) -> list[Column]:
    """Returns the features that were asked for, by number or name; default all.

    Raises:
        TfexplainError: there is no such feature.
    """
    if features is None:
        return list(known)
    names = [column.name for column in known]
    numbers = []
    for feature in [features] if isinstance(features, str) else features:
        if isinstance(feature, str) and feature in names:
            numbers.append(names.index(feature))
        elif is_whole(feature) and 0 <= feature < len(known):
            numbers.append(int(feature))
        else:
            raise TfexplainError(
                f"features={feature!r}: expected numbers in 0..{len(known) - 1}, or names: "
                f"{', '.join(names[:20])}. Pass some of these."
            )
    return [known[number] for number in numbers]


def _why_not(features: Features, inputs: Array) -> str:
    if features.kind == "word":
        return "another word stands at each place in each row"
    if inputs.dtype.kind not in "fiub":
        return "texts have no order and no mean"
    if features.kind == "place":
        return "it has places and no columns"
    if inputs.ndim == 3 and inputs.shape[-1] != len(features):
        return "its channels do not stand last"
    return ""
