"""Lists the features of a model's inputs that can be set to one value for all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tfexplain.checks import is_whole
from tfexplain.errors import TfexplainError
from tfexplain.model.gradient_calls import BESIDE
from tfexplain.model.input_kinds import channel_axis, input_layout
from tfexplain.model.traced_model import TracedModel
from tfexplain.quality.intervals import Floats
from tfexplain.types import Array

Names = Sequence[str] | Mapping[str, Sequence[str]]


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


def columns_of(
    traced_model: TracedModel, flat: Sequence[Array], names: Names = ()
) -> tuple[list[Column], dict[str, str]]:
    """Returns the features of all inputs, and by name why others have none.

    Args:
        traced_model: The model, opened.
        flat: Its inputs [N, ...].
        names: Names of the columns of the first table, or by the input's name.

    Raises:
        TfexplainError: names that do not fit.
    """
    left_out = {
        name: why
        for i, name in enumerate(traced_model.input_names)
        if (why := _why_not(traced_model, i, flat[i]))
    }
    kept = [(i, n) for i, n in enumerate(traced_model.input_names) if n not in left_out]
    given = names if isinstance(names, Mapping) else {kept[0][1]: names} if kept and names else {}
    found: list[Column] = []
    for i, name in kept:
        count = 1 if flat[i].ndim == 1 else flat[i].shape[-1]
        own = list(given.get(name, ())) or _numbered(name, flat[i], count, alone=len(kept) == 1)
        if len(own) != count:
            raise TfexplainError(
                f"names: expected {count} names for input {name!r}; got {len(own)}. Pass one name "
                "for each column, in order."
            )
        embedded = any(call.embeds == i for call in traced_model.layer_calls)
        found += [Column(name, i, at, str(own[at]), embedded) for at in range(count)]
    return found, left_out


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


def _why_not(traced_model: TracedModel, position: int, values: npt.NDArray[Any]) -> str:
    if values.dtype.kind not in "fiub":
        return "it holds texts, which have no order and no mean."
    if traced_model.gradient_calls[position] == BESIDE:
        return BESIDE
    embeds = any(call.embeds == position for call in traced_model.layer_calls)
    if embeds and values.ndim == 2 and values.shape[1] > 1:
        return "it holds words, of which another stands at each place in each row."
    if values.ndim <= 2:
        return ""
    is_sequence = input_layout(traced_model, values) == "sequence"
    if is_sequence and channel_axis(traced_model, values) in (-1, 2):
        return ""
    return "it has places and no columns, such as pictures have."


def _numbered(name: str, values: npt.NDArray[Any], count: int, *, alone: bool) -> list[str]:
    if count == 1:
        return [name]
    kind = "mean of channel" if values.ndim == 3 else "column"
    return [f"{kind} {at}" if alone else f"{name}, {kind} {at}" for at in range(count)]
