"""Measures gradients and activations of all layers in one forward and one backward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.health.layers import HealthLayer, half_of_weights
from tfexplain.health.readings import Activation, Gradient, read_activation, read_gradient
from tfexplain.health.statistics import of_activation, of_gradient
from tfexplain.health.training_loss import Loss, loss_scale
from tfexplain.model import tap
from tfexplain.model.keras_private import all_layers, computed_in_float32
from tfexplain.model.preserved_state import one_copy
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor

_VECTORS = ("values", "sums", "exact")  # the other reductions are numbers


@dataclass(frozen=True, eq=False)
class HealthPass:
    """Holds what one pass found.

    Attributes:
        loss: The loss of the rows; NaN where there is none.
        scale: What the optimizer multiplied it with.
        activations: By name of a call.
        gradients: By place among the model's trainable variables.
    """

    loss: float
    scale: float
    activations: Mapping[str, Activation]
    gradients: Sequence[Gradient]


def measure(
    traced_model: TracedModel,
    layers: Sequence[HealthLayer],
    loss: Loss | None,
    inputs: Any,
    labels: Any,
    weights: Any,
    in_float32: bool = False,
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
        in_float32: Whether to run the rows once more in float32, for what float16 loses of
            gradients, where the model computes in that.
    """
    given = {"inputs": inputs, "labels": labels, "weights": weights}
    names = [name for name, part in given.items() if part is not None]

    def make() -> Any:
        def run(*parts: Any) -> Any:
            own = dict(zip(names, parts, strict=True))
            return _pass(traced_model, layers, loss, own, in_float32)

        return run

    read = tuple((layer.calls, layer.weights) for layer in layers)
    key = ("health", read, loss is None, tuple(names), in_float32)
    found = traced_model.run(key, make, *(given[name] for name in names))
    return _read(found, layers)


def _pass(
    traced_model: TracedModel,
    layers: Sequence[HealthLayer],
    loss: Loss | None,
    given: Mapping[str, Any],
    in_float32: bool,
) -> dict[str, Any]:
    """The pass in the graph: loss, its scale, activations in the order of `calls`, gradients in
    that of variables."""
    model, by_call = traced_model.model, _by_call(layers)
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
    reduced = [activations[call] for call in by_call if call in activations]
    gradients = tape.gradient(scaled, variables) if loss is not None else []
    for gradient, variable in zip(gradients, variables, strict=False):
        reduced.append(of_gradient(gradient, int(np.prod(variable.shape))))
    exact = _exact(traced_model, loss, given, variables) if loss and in_float32 else []
    reduced += [{"exact": values} for values in exact]
    return {
        "seen": tf.constant([call in activations for call in by_call], tf.bool),
        "gradients": tf.constant(len(gradients)),
        "exact": tf.constant(len(exact)),
        "loss": tf.stack([total, scale]),
        **_packed(reduced),
    }


def _exact(
    traced_model: TracedModel, loss: Loss, given: Mapping[str, Any], variables: Sequence[Any]
) -> list[Tensor]:
    """Values of the gradients as they are where all layers compute in float32.

    In float16, what is lost is zero already, and cannot be told from what is zero by itself.
    """
    model = traced_model.model
    halved = [one for one in all_layers(model) if getattr(one, "compute_dtype", "") == "float16"]
    with tf.GradientTape() as tape, computed_in_float32(halved):
        outputs = model(given["inputs"], training=True)
        total = loss(given["inputs"], given.get("labels"), given.get("weights"), outputs)
        scaled = total * loss_scale(model)
    gradients = tape.gradient(scaled, variables)
    pairs = zip(gradients, variables, strict=True)
    return [of_gradient(one, int(np.prod(own.shape)))["values"] for one, own in pairs]


def _packed(reduced: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Vectors as one and numbers as one: each that is fetched by itself waits for its device."""
    flat = [part for one in reduced for part in one.values()]
    vectors = [part for part in flat if part.shape.rank]
    lengths = [tf.size(part) if part.shape[0] is None else part.shape[0] for part in vectors]
    return {
        "vectors": tf.concat([tf.zeros([0]), *vectors], 0),
        "lengths": tf.stack([tf.constant(0), *lengths]),
        "numbers": tf.stack([tf.constant(0.0, tf.float64), *(p for p in flat if not p.shape.rank)]),
    }


def _read(found: Mapping[str, Tensor], layers: Sequence[HealthLayer]) -> HealthPass:
    """What the graph gave, on the host."""
    arrays = {name: part.numpy() for name, part in found.items()}
    total, scale = arrays["loss"].tolist()
    vectors = iter(np.split(arrays["vectors"], np.cumsum(arrays["lengths"]))[1:])
    numbers = iter(arrays["numbers"].tolist()[1:])

    def reading(*names: str) -> dict[str, Any]:
        return {name: next(vectors if name in _VECTORS else numbers) for name in names}

    activations = {
        call: read_activation(reading("values", "sums", "sure", "count"), own.activation)
        for (call, own), seen in zip(_by_call(layers).items(), arrays["seen"], strict=True)
        if seen
    }
    raw = [reading("values", "squares", "count", "size") for _ in range(arrays["gradients"])]
    exact = [reading("exact")["exact"] for _ in range(arrays["exact"])] or [None] * len(raw)
    halves = half_of_weights(layers, len(raw))
    gradients = [
        read_gradient(one, scale, half, full if half == "float16" else None)
        for one, half, full in zip(raw, halves, exact, strict=True)
    ]
    return HealthPass(total, scale, activations, gradients)


def _by_call(layers: Sequence[HealthLayer]) -> dict[str, HealthLayer]:
    return {call: layer for layer in layers for call in layer.calls}
