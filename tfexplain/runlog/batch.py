"""Chooses the validation batch of one `fit`: rows, labels, targets, and pictures of the inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain import rendering
from tfexplain.data.content import Hashes
from tfexplain.data.labels import Labels
from tfexplain.data.row_choice import choose_rows
from tfexplain.model.input_kinds import channel_axis, input_layout
from tfexplain.model.outputs import ModelOutput
from tfexplain.model.presets import is_preset
from tfexplain.model.targets import Targets
from tfexplain.model.traced_model import TracedModel
from tfexplain.runlog.input_values import input_values
from tfexplain.runlog.settings import ExplainSettings
from tfexplain.wire import schema


@dataclass(frozen=True)
class ValidationBatch:
    """Holds the samples that are explained every epoch.

    Attributes:
        inputs: The chosen rows, in the structure the model takes.
        rows: int64 [N], where they stood in the validation data when it was read.
        hashes: uint64 [N], hashes of what they hold.
        labels: Labels of the output that they belong to.
        pictures: uint8 [N, H, W, 1, 3 or 4] for each input that is an image, by its name.
        volumes: uint8 [N, D, H, W, 1, 3 or 4] for each input that is a volume.
        values: Values of the other inputs, where they are not too large.
        color_range: Values that are shown as black and white.
        total: How many rows were looked at.
        broken: How many of them hold NaN or infinity, and were not chosen for that.
        given: The chosen rows as the data has them.
        given_labels: Their labels as the data has them; None where there are none.
    """

    inputs: Any
    rows: npt.NDArray[np.int64]
    hashes: Hashes
    labels: Labels
    pictures: dict[str, npt.NDArray[np.uint8]]
    volumes: dict[str, npt.NDArray[np.uint8]]
    values: dict[str, schema.Values]
    color_range: tuple[float, float] | None
    total: int
    broken: int
    given: Any
    given_labels: Any

    def targets(self, output: ModelOutput, first: ModelOutput, asked: Targets | str) -> Targets:
        """Returns what to explain at `output`; labels belong to the `first` output only."""
        if not isinstance(asked, str) or is_preset(asked):
            return asked
        by_label = asked == "label" and output == first and self.labels.explained
        return self.labels.targets if by_label else None


def choose_batch(settings: ExplainSettings, model: Any, outputs: Sequence[str | int | None]) -> Any:
    """Returns (traced model, output, batch) for the settings; raises all errors of the data.

    Args:
        settings: The arguments of `Explain`.
        model: The built model.
        outputs: The outputs the explainers ask for; the labels are those of the first.

    Raises:
        TfexplainError: empty or NaN data, shapes the model cannot take, labels outside its outputs.
    """
    column = settings.targets if isinstance(settings.targets, int) else 0
    chosen = choose_rows(
        *(settings.validation_data, model, settings.samples, settings.seed),
        outputs=outputs,
        class_names=settings.class_names,
        column=column,
    )
    traced_model, inputs = chosen.traced_model, chosen.inputs
    drawn, black_white = pictures_of(traced_model, inputs, settings.color_range)
    batch = ValidationBatch(
        *(inputs, chosen.rows, chosen.hashes, chosen.labels),
        {name: picture for name, picture in drawn.items() if picture.ndim == 4},
        {name: picture for name, picture in drawn.items() if picture.ndim == 5},
        input_values(traced_model, inputs, settings),
        *(black_white, chosen.total, chosen.broken, chosen.given),
        chosen.given_labels,
    )
    return traced_model, chosen.output, batch


def pictures_of(
    traced_model: TracedModel, inputs: Any, values: tuple[float, float] | None
) -> tuple[dict[str, npt.NDArray[np.uint8]], tuple[float, float] | None]:
    """Returns pictures of the inputs that are images or volumes, and the values of black and
    white."""
    flat = tf.nest.flatten(inputs)
    arrays = {
        name: np.asarray(array)
        for name, array in zip(traced_model.input_names, flat, strict=True)
        if input_layout(traced_model, array) in ("image", "grey", "volume")
        and array.shape.rank <= 5
    }
    if not arrays:
        return {}, None
    values = values or rendering.color_range(np.concatenate([a.ravel() for a in arrays.values()]))
    pictures = {
        name: rendering.pictures(
            array, values, channels_first=channel_axis(traced_model, array) == 1
        )
        for name, array in arrays.items()
    }
    return pictures, values
