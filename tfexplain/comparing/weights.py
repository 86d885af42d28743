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
    LayerWeights,
    Totals,
    WeightsError,
)
from tfexplain.compression.keras.read import beside, read_like
from tfexplain.model.paired_layers import paired_layers
from tfexplain.model.tfmot_names import unwrapped
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
    contender: Contender, reference: Contender, first: Contender, inputs: Any, samples: int
) -> Weights:
    """Measures all kernels of one model.

    Args:
        contender: The model.
        reference: Gives the float weights that a quantized model is measured against.
        first: Whose names layers have.
        inputs: The explained rows, for units that answer to none of them.
        samples: How many these are.
    """
    activities: Mapping[str, ActivationNumbers] = {}
    if contender.explainable:
        activity = Activity(contender.model, (inputs,), samples, seed=0)
        pairs = paired_layers(contender.model, first.model)
        activities = {pairs.name_there(path): own for path, own in activity.measure().items()}
        layers = read_like(contender.model, first.model, activity.shapes)
    else:
        layers = compression.read_tflite(contender.path)
    notes: list[str] = []
    if contender is reference:
        return _numbers(layers, activities, notes)
    floats = read_like(reference.model, first.model)
    if _fewer(layers, floats):
        counts = (f"{sum(layer.size for layer in of):,}" for of in (layers, floats))
        notes.append(
            "it has fewer filters than {}: {} weights in its kernels, of {}. Predictions, maps and "
            "sizes are compared; single weights are not".format(reference.name, *counts)
        )
        return _numbers(layers, activities, notes)
    if not all(layer.keeps_floats for layer in layers):
        try:
            layers = beside(layers, floats)
        except WeightsError as error:
            notes.append(f"quantization errors are not known: {error}")
    errors = None
    if any(layer.has_codes for layer in layers) and not any(layer.has_codes for layer in floats):
        errors = _errors(contender, reference, first, inputs, notes)
    return replace(_numbers(layers, activities, notes), errors=errors)


def _fewer(layers: Sequence[LayerWeights], floats: Sequence[LayerWeights]) -> bool:
    """Returns whether kernels are those of another model with filters taken out."""
    whole = {(unwrapped(layer.path), layer.weight): layer.layout for layer in floats}
    pairs = [(layer.layout, whole.get((unwrapped(layer.path), layer.weight))) for layer in layers]
    within = all(
        other is not None
        and own.positions == other.positions
        and own.inputs <= other.inputs
        and own.outputs <= other.outputs
        for own, other in pairs
    )
    return within and any(other is not None and own.size < other.size for own, other in pairs)


def _errors(
    contender: Contender, reference: Contender, first: Contender, inputs: Any, notes: list[str]
) -> ActivationErrors | None:
    """Compares activations with those of the reference, where that can be; notes why not."""
    model = contender.model if contender.explainable else contender.path
    try:
        found = compression.activation_errors(model, reference.model, inputs)
    except (ValueError, tf.errors.OpError) as error:
        notes.append(f"activations are not compared: {error}")
        return None
    named = paired_layers(reference.model, first.model).name_there
    layers = [replace(one, layer=named(one.layer)) for one in found.layers]
    return replace(found, layers=layers, missing=[named(path) for path in found.missing])


def _numbers(
    layers: list[compression.LayerWeights],
    activities: Mapping[str, ActivationNumbers],
    notes: list[str],
) -> Weights:
    numbers = list(compression.measure_all(layers, compression.Settings(churn=False)))
    return Weights(numbers, compression.total(numbers), activities, notes)
