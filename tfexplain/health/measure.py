"""Measures gradients and activations of all layers in one forward and one backward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.health.layers import HealthLayer
from tfexplain.health.statistics import of_activation, of_gradient
from tfexplain.health.training_loss import Loss, loss_scale
from tfexplain.model import tap
from tfexplain.model.preserved_state import one_copy
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Array, Tensor


@dataclass(frozen=True, eq=False)
class HealthPass:
    """Holds what one pass found; arrays are numpy.

    Attributes:
        loss: The loss of the rows; NaN where there is none.
        scale: What the optimizer multiplied it with.
        activations: By name of a call; see `statistics.of_activation`.
        gradients: By place among the model's trainable variables; see `statistics.of_gradient`.
    """

    loss: float
    scale: float
    activations: Mapping[str, Mapping[str, Array]]
    gradients: Sequence[Mapping[str, Array]]


def measure(
    traced_model: TracedModel,
    layers: Sequence[HealthLayer],
    loss: Loss | None,
    inputs: Any,
    labels: Any,
    weights: Any,
) -> HealthPass:
    """Runs the rows through the model as training does, and back; the model stays as it was.

    Batch normalization uses the statistics of the batch, and dropout drops: `training=True`.

    Args:
        traced_model: The model, opened.
        layers: What is read.
        loss: As `training_loss` gives it; None measures activations only.
        inputs: A batch, tensors.
        labels: Tensors in any structure, or None.
        weights: Weights of the rows, or None.
    """
    given = {"inputs": inputs, "labels": labels, "weights": weights}
    names = [name for name, part in given.items() if part is not None]

    def make() -> Any:
        def run(*parts: Any) -> Any:
            return _pass(traced_model, layers, loss, dict(zip(names, parts, strict=True)))

        return run

    read = tuple((layer.calls, layer.weights) for layer in layers)
    key = ("health", read, loss is None, tuple(names))
    found = traced_model.run(key, make, *(given[name] for name in names))
    total, scale, activations, gradients = tf.nest.map_structure(lambda x: x.numpy(), found)
    return HealthPass(float(total), float(scale), activations, gradients)


def _pass(
    traced_model: TracedModel,
    layers: Sequence[HealthLayer],
    loss: Loss | None,
    given: Mapping[str, Any],
) -> tuple[Tensor, Tensor, dict[str, Any], list[Any]]:
    """The pass in the graph: loss, its scale, activations by call, gradients by variable."""
    model, by_call = traced_model.model, {call: own for own in layers for call in own.calls}
    activations: dict[str, Any] = {}

    def seen(name: str, tensor: Tensor) -> None:
        own = by_call[name]
        # What is reduced is no part of the loss.
        reduced = of_activation(tf.stop_gradient(tensor), own.channel_axis, own.activation)
        activations[name] = reduced

    tapped = {call.partition("@")[0] for call in by_call}
    variables = [one_copy(weight) for weight in model.trainable_variables]
    scale, total = tf.constant(1.0), tf.constant(float("nan"))
    with tf.GradientTape() as tape:
        with tap.tap({path: traced_model.layers[path] for path in tapped}, tap.at(by_call, seen)):
            outputs = model(given["inputs"], training=True)
        if loss is not None:
            total = loss(given["inputs"], given.get("labels"), given.get("weights"), outputs)
            scale = loss_scale(model)
            scaled = total * scale
    if loss is None:
        return total, scale, activations, []
    gradients = tape.gradient(scaled, variables)
    sizes = [int(np.prod(variable.shape)) for variable in variables]
    pairs = zip(gradients, sizes, strict=True)
    return total, scale, activations, [of_gradient(g, scale, size) for g, size in pairs]
