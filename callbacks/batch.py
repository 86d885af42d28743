"""The validation batch of one `fit`: which rows, their labels and targets, and how they look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain import rendering, schema
from tfexplain.callbacks import validation
from tfexplain.callbacks.input_values import input_values
from tfexplain.callbacks.settings import Settings
from tfexplain.explainers.together import as_batch
from tfexplain.labels import known_labels, labels_of
from tfexplain.passes import Passes
from tfexplain.targets import PREDICTED, Head, Targets


@dataclass(frozen=True)
class ValidationBatch:
    """What is explained every epoch.

    Attributes:
        inputs: The chosen rows, in the structure the model takes.
        rows: int64 [N], where they stand in the validation data.
        labels: float64 [N] for display: class indices or values, NaN where there is none.
        label_kind: What `labels` are.
        pictures: uint8 [N, H, W, 1, 3 or 4] for each input that is an image, by its name.
        volumes: uint8 [N, D, H, W, 1, 3 or 4] for each input that is a volume.
        values: What the other inputs are, where that is not too much.
        color_range: What is shown as black and white.
        total: How many rows there were to choose from.
    """

    inputs: Any
    rows: npt.NDArray[np.int64]
    labels: npt.NDArray[np.float64]
    label_kind: Literal["class", "value", "none"]
    pictures: dict[str, npt.NDArray[np.uint8]]
    volumes: dict[str, npt.NDArray[np.uint8]]
    values: dict[str, schema.Values]
    color_range: tuple[float, float] | None
    total: int

    def targets(self, head: Head, first: Head, asked: Targets | str) -> Targets:
        """What to explain at `head`; labels belong to the `first` head only."""
        if (
            isinstance(asked, str)
            and asked == "label"
            and head == first
            and self.label_kind == "class"
        ):
            return np.where(np.isnan(self.labels), PREDICTED, self.labels).astype(np.int32)
        return None if isinstance(asked, str) else asked


def choose_batch(settings: Settings, model: Any, heads: Sequence[str | int | None]) -> Any:
    """(passes, heads, batch) for the settings; all that can be wrong with the data is wrong here.

    Args:
        settings: The arguments of `Explain`.
        model: The built model.
        heads: The outputs the explainers ask for; the labels are those of the first.

    Raises:
        ValueError: empty or NaN data, shapes the model cannot take, labels outside its outputs.
    """
    pool = validation.read(settings.val)
    first_row = tf.nest.map_structure(lambda x: x[:1], pool.inputs)
    passes = Passes(model, as_batch(first_row, model))
    head = passes.head(heads[0] if heads else None)
    labels = labels_of(pool.labels, head, passes)
    label_kind, known = known_labels(labels, head)
    rows = validation.choose(known, len(pool), settings.samples, settings.seed)
    inputs = as_batch(pool.take(rows), model)
    shown = np.full(len(rows), np.nan) if known is None else known[rows].astype(np.float64)
    if label_kind == "class":
        shown[shown == PREDICTED] = np.nan
    drawn, black_white = pictures_of(passes, inputs, settings.color_range)
    batch = ValidationBatch(
        inputs,
        rows,
        shown,
        label_kind,
        {name: picture for name, picture in drawn.items() if picture.ndim == 4},
        {name: picture for name, picture in drawn.items() if picture.ndim == 5},
        input_values(passes, inputs, settings),
        black_white,
        len(pool),
    )
    return passes, head, batch


def pictures_of(
    passes: Passes, inputs: Any, values: tuple[float, float] | None
) -> tuple[dict[str, npt.NDArray[np.uint8]], tuple[float, float] | None]:
    """Pictures of the inputs that are images or volumes, and the values shown as black and
    white."""
    flat = tf.nest.flatten(inputs)
    arrays = {
        name: np.asarray(array)
        for name, array in zip(passes.input_names, flat, strict=True)
        if passes.layout(array) in ("image", "grey", "volume") and array.shape.rank <= 5
    }
    if not arrays:
        return {}, None
    values = values or rendering.color_range(np.concatenate([a.ravel() for a in arrays.values()]))
    found = {
        name: rendering.pictures(array, values, channels_first=passes.channel_axis(array) == 1)
        for name, array in arrays.items()
    }
    return found, values
