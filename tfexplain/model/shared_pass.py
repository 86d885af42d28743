"""One forward pass for all explainers of a batch, one backward pass for each explained number."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from tfexplain.model.attention_tap import is_weights
from tfexplain.model.batching import run_by_chunks
from tfexplain.model.dependence import depends
from tfexplain.model.layer_calls import LayerCall, LayerError
from tfexplain.model.outputs import ModelOutput, Score
from tfexplain.model.targets import ScoreFunction, explained, rule
from tfexplain.model.tokens import padding_mask
from tfexplain.model.traced_model import TracedModel
from tfexplain.model.unit import UnitScore
from tfexplain.types import Tensor

# (activation, gradient or None, its `LayerCall` or `AttentionCall`) -> what leaves the graph
Reduce: TypeAlias = Callable[[Tensor, Tensor | None, Any], Any]


def _as_it_is(activation: Tensor, gradient: Tensor | None, call: LayerCall) -> Any:
    return activation, gradient


@dataclass(frozen=True)
class LayerReads:
    """What one explainer wants of a shared pass: which layers, whether their gradients (all, or of
    which), and how activation and gradient are reduced before they leave the graph.

    With `inputs` it wants the gradients at the model's floating-point inputs as well. `key` stands
    for `reduce` among compiled functions: equal keys must reduce alike. With `zeros` a layer that
    the explained number does not depend on has a gradient of zeros, and is no error. A reading of
    nothing is for explainers that only need scores and targets, which every shared pass gives.
    """

    paths: tuple[str, ...] = ()
    gradient: bool | tuple[str, ...] = False
    reduce: Reduce = _as_it_is
    key: Hashable = None
    inputs: bool = False
    zeros: bool = False

    @property
    def sloped(self) -> tuple[str, ...]:
        """The paths whose gradients are wanted."""
        if isinstance(self.gradient, tuple):
            return self.gradient
        return self.paths if self.gradient else ()


@dataclass(frozen=True)
class Request:
    """Readings that explain the same number.

    `targets` are as `TracedModel.targets` gives them; `output` is the output that is explained.
    """

    readings: tuple[LayerReads, ...]
    targets: Any
    output: ModelOutput
    score: Score

    @property
    def rule(self) -> ScoreFunction | UnitScore | None:
        """The targets, where they are no classes."""
        return rule(self.targets)

    @property
    def key(self) -> Hashable:
        """Stands for the request among compiled functions."""
        readings = tuple((r.paths, r.sloped, r.inputs, r.zeros, r.key) for r in self.readings)
        return readings, self.output, self.score, self.rule


@dataclass(frozen=True)
class PassResult:
    """What a shared pass found for one request; arrays are numpy.

    `reduced[i]` belongs to reading i, by the paths of layers and, for their gradients, the names of
    inputs.
    """

    scores: Any
    targets: Any
    outputs: Any
    reduced: list[dict[str, Any]]


def shared_pass(
    traced_model: TracedModel,
    requests: Sequence[Request],
    inputs: Any,
    chunk_size: int | None = None,
) -> list[PassResult]:
    """One forward pass for all requests, and at most one backward pass for each.

    Args:
        traced_model: The model, opened.
        requests: What is explained, and what is read on the way.
        inputs: The batch, tensors.
        chunk_size: How many samples go through the model at once, for readings of which all is by
            sample; default all.

    Returns:
        A result for each request, in order.

    Raises:
        LayerError: an explained output does not depend on a layer whose gradient is wanted.
    """
    targets = [
        tf.constant(np.zeros(0, np.int32) if request.rule else request.targets)
        for request in requests
    ]
    key = ("shared", tuple(request.key for request in requests))
    by_chunk = run_by_chunks(
        traced_model,
        key,
        lambda: _compiled(traced_model, requests),
        inputs,
        targets,
        size=chunk_size,
    )
    outputs, results = by_chunk[0]
    if len(by_chunk) > 1:
        outputs, results = tf.nest.map_structure(lambda *x: np.concatenate(x), *by_chunk)
    return [PassResult(scores, chosen, outputs, reduced) for scores, chosen, reduced in results]


def _compiled(traced_model: TracedModel, requests: Sequence[Request]) -> Callable[..., Any]:
    readings = [reading for request in requests for reading in request.readings]
    wanted = {path for reading in readings for path in reading.paths}
    rules = [request.rule for request in requests]
    wanted |= {unit.call.path for unit in rules if isinstance(unit, UnitScore)}
    watched = {path for reading in readings for path in reading.sloped}
    inputs_too = any(reading.inputs for reading in readings)
    calls: dict[str, Any] = {
        call.path: call for call in (*traced_model.layer_calls, *traced_model.casts)
    }
    if any(map(is_weights, wanted)):
        calls |= traced_model.attention.by_name

    def watch(tape: tf.GradientTape) -> Callable[[str, Tensor], None]:
        def seen(name: str, tensor: Tensor) -> None:
            if name in watched and tensor.dtype.is_floating:
                tape.watch(tensor)

        return seen

    def run(inputs: Any, targets: list[Tensor]) -> Any:
        # Persistent for several backward passes; compiled, that costs nothing.
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            moving = _floating(traced_model, inputs) if inputs_too else {}
            tape.watch(list(moving.values()))
            outputs, activations = traced_model.forward(inputs, wanted, watch(tape))
            numbers = [
                _number(request, outputs, activations, classes, padding_mask(traced_model, inputs))
                for request, classes in zip(requests, targets, strict=True)
            ]
        results = []
        for request, (scores, chosen, total) in zip(requests, numbers, strict=True):
            gradients = _gradients(tape, total, request, activations, moving, calls)
            reduced = [_reduced(r, calls, activations, *gradients) for r in request.readings]
            results.append((scores, chosen, reduced))
        return outputs, results

    return run


def _number(
    request: Request,
    outputs: Any,
    activations: dict[str, Tensor],
    targets: Tensor,
    padding: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """(scores [N], targets [N], the sum whose gradient is taken) of one request."""
    slopes = any(reading.sloped or reading.inputs for reading in request.readings)
    if request.output.targets or request.rule or slopes:
        chosen = request.rule or targets
        scores, explained_targets = explained(
            outputs, request.output, chosen, request.score, activations, padding
        )
    else:  # activations alone need no number to explain
        scores, explained_targets = tf.fill(tf.shape(targets), np.nan), targets
    # A sum, never a mean: a mean divides float16 gradients by N.
    return scores, explained_targets, tf.reduce_sum(scores)


def _gradients(
    tape: tf.GradientTape,
    total: Tensor,
    request: Request,
    activations: dict[str, Tensor],
    moving: dict[str, Tensor],
    calls: dict[str, LayerCall],
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The gradients at layers and at inputs, from one backward pass."""
    paths = {path for r in request.readings for path in r.sloped}
    order = sorted(path for path in paths if activations[path].dtype.is_floating)  # no masks
    names = list(moving) if any(reading.inputs for reading in request.readings) else []
    sources = [activations[path] for path in order] + [moving[name] for name in names]
    gradients = tape.gradient(total, sources) if sources else []
    at_layers = dict(zip(order, gradients, strict=False))
    demanded = {p for r in request.readings if not r.zeros for p in r.sloped}
    for path, gradient in at_layers.items():
        if gradient is None and (path in demanded or not calls[path].recorded):
            raise no_gradient(calls[path], request.output, request.rule)
        if gradient is None:
            at_layers[path] = zeros(total, activations[path], path)
    at_inputs = {
        name: zeros(total, moving[name], name) if gradient is None else gradient
        for name, gradient in zip(names, gradients[len(order) :], strict=True)
    }
    return at_layers, at_inputs


def zeros(total: Tensor, source: Tensor, name: str) -> Tensor:
    """The gradient of a number that does not depend on `source`, where a tape found none.

    Raises:
        LayerError: it does, through something that passes no gradient.
    """
    if depends(total, source):
        raise LayerError(
            f"{name!r}: the explained number depends on it only through operations that have no "
            "gradient, such as a cast to whole numbers, a comparison, rounding or a lookup, so it "
            "has no map. Use a method that hides parts, such as Occlusion or FeatureAblation."
        )
    return tf.zeros_like(source)


def no_gradient(
    call: LayerCall, output: ModelOutput, own: ScoreFunction | UnitScore | None
) -> LayerError:
    """The error for a layer whose output has no gradient.

    Args:
        call: Where.
        output: The output that is explained.
        own: What says which number is explained, where no class does.
    """
    if not call.recorded:
        why = (
            "it is computed inside a function that is run again for the gradient (keras.remat), so "
            "none can be had there. Pass the layer around that function, or make the layer in a "
            "keras.RematScope instead."
        )
    elif own is not None:
        why = "the explained number does not depend on it. Pass a layer between the input and that."
    else:
        why = (
            f"output {output.name!r} does not depend on it, so it has no gradient. Pass a layer "
            "between the input and that output, or another output="
        )
    return LayerError(f"layer={call.path!r}: {why}")


def _reduced(
    reading: LayerReads,
    calls: dict[str, LayerCall],
    activations: dict[str, Tensor],
    at_layers: dict[str, Tensor],
    at_inputs: dict[str, Tensor],
) -> dict[str, Any]:
    reduced = {p: reading.reduce(activations[p], at_layers.get(p), calls[p]) for p in reading.paths}
    return reduced | at_inputs if reading.inputs else reduced


def _floating(traced_model: TracedModel, inputs: Any) -> dict[str, Tensor]:
    named = zip(traced_model.input_names, tf.nest.flatten(inputs), strict=True)
    return {
        name: tensor
        for i, (name, tensor) in enumerate(named)
        if tensor.dtype.is_floating and traced_model.gradient_calls[i] == ()
    }
