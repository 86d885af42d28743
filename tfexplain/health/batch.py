"""Chooses the rows that gradients are taken of, as the loss takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.data.row_choice import Sampler, sample
from tfexplain.data.validation import Rows
from tfexplain.health.training_loss import class_weights
from tfexplain.model.call_batch import as_tensors
from tfexplain.model.fixed_rows import fixed_rows
from tfexplain.model.keras_model import KerasModel
from tfexplain.model.preprocessing import preprocessed_batch
from tfexplain.model.tap import layers_by_path

# Of pictures of 224 x 224, 32 rows have 19 MiB.
_MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class HealthBatch:
    """Holds the rows, as tensors in the structures the model and its loss take.

    Attributes:
        traced_model: The model, opened.
        inputs, labels, weights: Of the rows; labels and weights None where there are none.
        count: How many rows.
    """

    traced_model: KerasModel
    inputs: Any
    labels: Any | None
    weights: Any | None
    count: int

    @property
    def weightless(self) -> bool:
        """Whether all rows weigh nothing."""
        flat = [] if self.weights is None else tf.nest.flatten(self.weights)
        return bool(flat) and not any(np.any(part) for part in flat)


def wanted_rows(model: Any, count: int) -> Sampler:
    """Returns a sample that takes rows as `health_batch` does."""
    return Sampler(fixed_rows(model, layers_by_path(model)) or count, _MOST_BYTES)


def health_batch(
    model: Any,
    validation_data: Any,
    count: int,
    by_class: Mapping[int, float] | None,
    read: Rows | None = None,
) -> HealthBatch:
    """Chooses the rows with the smallest hashes, at the data's own shares of classes.

    A model of a fixed number of rows gets as many, some of them twice where there are fewer.

    Args:
        model: Built.
        validation_data: As `Explain` takes it.
        count: How many rows, at most.
        by_class: The weight of each class; None for none.
        read: The rows, where the data were read already.

    Raises:
        TfexplainError: data that are empty or that the model cannot take; class weights for labels
            that are no classes.
    """
    fixed = fixed_rows(model, layers_by_path(model))
    chosen = read or sample(validation_data, model, fixed or count, _MOST_BYTES)
    rows = len(chosen)
    if fixed and rows != fixed:
        chosen = chosen.take(np.resize(np.arange(rows), fixed))
    weights = chosen.weights
    if by_class is not None:
        weights = class_weights(chosen.labels, by_class, weights)
    # Labels of language models are made of the inputs, and so are their weights.
    given, labels, made = preprocessed_batch(model, chosen.inputs, chosen.labels)
    weights = made if weights is None else weights
    inputs = as_tensors(given, model)
    traced_model = KerasModel(model, inputs)
    return HealthBatch(traced_model, inputs, _tensors(labels), _tensors(weights), rows)


def _tensors(values: Any | None) -> Any | None:
    """As `fit` hands them over: float64 as float32."""
    if values is None:
        return None

    def one(part: Any) -> Any:
        tensor = tf.convert_to_tensor(part)
        return tf.cast(tensor, tf.float32) if tensor.dtype == tf.float64 else tensor

    return tf.nest.map_structure(one, values)
