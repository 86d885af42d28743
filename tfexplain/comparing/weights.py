"""Measures the weights of the models that are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import tensorflow as tf

from tfexplain import compression
from tfexplain.comparing.models import Contender
from tfexplain.compression import (
    ActivationErrors,
    ActivationNumbers,
    LayerNumbers,
    Totals,
    WeightsError,
)
from tfexplain.compression.keras.read import beside, read_like
from tfexplain.model.paired_layers import paired_layers
from tfexplain.runlog.unit_activity import Activity


@dataclass(frozen=True, eq=False)
class Weights:
    """Holds the numbers of one model's kernels; `activities` are of the explained rows, by
    layer, and so are `errors` beside those of the float model, of a quantized one."""

    numbers: Sequence[LayerNumbers]
    totals: Mapping[str, Totals]
    activities: Mapping[str, ActivationNumbers] = field(default_factory=dict)
    notes: Sequence[str] = ()
    errors: ActivationErrors | None = None


def measure_weights(
    contender: Contender, reference: Contender, inputs: Any, samples: int
) -> Weights:
    """Measures all kernels of one model.

    Args:
        contender: The model.
        reference: Gives the float weights that a quantized model is measured against.
        inputs: The explained rows, for units that answer to none of them.
        samples: How many these are.
    """
    activities: Mapping[str, ActivationNumbers] = {}
    if contender.explainable:
        activity = Activity(contender.model, (inputs,), samples, seed=0)
        pairs = paired_layers(contender.model, reference.model)
        activities = {pairs.name_there(path): own for path, own in activity.measure().items()}
        layers = read_like(contender.model, reference.model, activity.shapes)
    else:
        layers = compression.read_tflite(contender.path)
    notes = []
    if contender is not reference and not all(layer.keeps_floats for layer in layers):
        try:
            layers = beside(layers, compression.read(reference.model))
        except WeightsError as error:
            notes.append(f"quantization errors are not known: {error}")
    errors = None
    if contender is not reference and any(layer.has_codes for layer in layers):
        errors = _errors(contender, reference, inputs, notes)
    return replace(_numbers(layers, activities, notes), errors=errors)


def _errors(
    contender: Contender, reference: Contender, inputs: Any, notes: list[str]
) -> ActivationErrors | None:
    """Compares activations with those of a float reference, where that can be; notes why not."""
    if any(layer.has_codes for layer in compression.read(reference.model)):
        return None
    model = contender.model if contender.explainable else contender.path
    try:
        return compression.activation_errors(model, reference.model, inputs)
    except (ValueError, tf.errors.OpError) as error:
        notes.append(f"activations are not compared: {error}")
        return None


def _numbers(
    layers: list[compression.LayerWeights],
    activities: Mapping[str, ActivationNumbers],
    notes: list[str],
) -> Weights:
    numbers = list(compression.measure_all(layers, compression.Settings(churn=False)))
    return Weights(numbers, compression.total(numbers), activities, notes)
