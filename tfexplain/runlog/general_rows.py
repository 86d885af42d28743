"""Chooses the rows over which it is measured what a model uses in general."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from tfexplain.data.row_choice import Chosen, labelled, sampled
from tfexplain.errors import TfexplainError
from tfexplain.model.outputs import ModelOutput
from tfexplain.runlog.batch import pictures_of
from tfexplain.runlog.input_values import input_values
from tfexplain.runlog.settings import ExplainSettings
from tfexplain.runlog.weights_epoch import Moment
from tfexplain.usage.features import Names
from tfexplain.usage.measure import BYTES
from tfexplain.wire import schema

Written: TypeAlias = tuple[schema.Tag, schema.Record, schema.Content]


class Unfit(TfexplainError):
    """A piece does not fit the model or its data; the message says why, in a few words."""


class Piece(Protocol):
    """Measures something over the rows, and turns it into records.

    Attributes:
        text: What is done, for people: settings and passes.
    """

    text: str

    def records(self, now: Moment) -> Iterator[Written]:
        """Yields the records of the weights as they are now.

        Args:
            now: When, and with which weights.
        """


@dataclass(frozen=True, eq=False)
class GeneralRows:
    """Holds the rows of one `fit`, which are the same in all epochs.

    Attributes:
        settings: The arguments of `Explain`.
        chosen: The rows with their labels, and the model, opened for them.
        column: Which of several values is explained.
        names: Names of columns and channels, and words by their ids, by the input's name.
        layouts: How inputs lie that can be shown, by name.
        pictures: uint8 [N, ..., 1, 3 or 4] of inputs that are pictures or volumes, by name.
        importance: By the input's name, importance of its features as it was measured last, by
            their names.
    """

    settings: ExplainSettings
    chosen: Chosen
    column: int
    names: Mapping[str, Names]
    layouts: Mapping[str, schema.Layout]
    pictures: Mapping[str, npt.NDArray[np.uint8]]
    importance: dict[str, dict[str, float]] = field(default_factory=dict)


def general_rows(
    settings: ExplainSettings, model: Any, output: ModelOutput, count: int
) -> GeneralRows:
    """Chooses the rows with the smallest hashes, at the data's own shares of classes.

    Args:
        settings: The arguments of `Explain`.
        model: The built model.
        output: The output that labels belong to.
        count: How many rows, at most, and at most 64 MiB.
    """
    column = settings.targets if isinstance(settings.targets, int) else 0
    own = {"output": output.position, "class_names": settings.class_names, "column": column}
    found = sampled(settings.validation_data, model, count, BYTES)
    chosen = labelled(found, model, **own)  # type: ignore[arg-type]
    traced_model, inputs = chosen.traced_model, chosen.inputs
    names: dict[str, Names] = {}
    layouts: dict[str, schema.Layout] = {}
    for name, values in input_values(traced_model, inputs, settings).items():
        layouts[name] = values.layout
        if values.layout == "tokens":
            pairs = zip(values.values.ravel().tolist(), values.words, strict=False)
            names[name] = {int(number): word for number, word in pairs if word}
        else:
            names[name] = values.names
    pictures, _ = pictures_of(traced_model, inputs, settings.color_range)
    layouts |= {n: "plane" if drawn.ndim == 4 else "volume" for n, drawn in pictures.items()}
    return GeneralRows(settings, chosen, column, names, layouts, pictures)
