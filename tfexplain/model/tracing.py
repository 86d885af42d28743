"""Traces a model once, to learn what is in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from tfexplain.errors import CallError, plain
from tfexplain.model import tap
from tfexplain.model.attention_calls import Attended
from tfexplain.model.attention_tap import Weights, weights_tap
from tfexplain.model.call_details import TracedCall, described
from tfexplain.model.casts import cast_tap
from tfexplain.model.dependence import graph_dependencies
from tfexplain.model.layer_calls import LayerCall, LayerError
from tfexplain.model.model_inputs import specs
from tfexplain.model.outputs import ModelOutput, model_outputs
from tfexplain.model.preserved_state import traceable
from tfexplain.types import Layer, Model, Tensor

UNCALLED = "it is not called when the model is called with training=False"


class SeenOutput(NamedTuple):
    """The output of a layer's call, and whether gradients are recorded there."""

    path: str
    tensor: Tensor
    recorded: bool


@dataclass
class Trace:
    """What one traced forward pass showed, in its order; `inputs` and `outputs` are tensors of its
    graph, `missed` says why taps could not see a layer's output."""

    inputs: list[Tensor]
    outputs: list[Tensor] = field(default_factory=list)
    calls: list[SeenOutput] = field(default_factory=list)
    attended: list[Attended] = field(default_factory=list)
    casts: list[tuple[str, Tensor, int]] = field(default_factory=list)
    missed: dict[str, str] = field(default_factory=dict)
    model_outputs: tuple[ModelOutput, ...] = ()

    def unseen(self, layers: Mapping[str, Layer]) -> dict[str, str]:
        """Returns why layers were not seen, by path."""
        called = {call.path for call in self.calls}
        return {
            path: self.missed.get(path, UNCALLED)
            for path, layer in layers.items()
            if path not in called and type(layer).__name__ != "InputLayer"
        }

    def layer_calls(self, layers: Mapping[str, Layer]) -> tuple[LayerCall, ...]:
        """Describes the calls of layers."""
        names = tap.address([call.path for call in self.calls])
        traced = [
            TracedCall(name, path, layers[path], tensor, recorded)
            for name, (path, tensor, recorded) in zip(names, self.calls, strict=True)
        ]
        told = ((attended.layer, attended.weights) for attended in self.attended)
        weighing = [(path, (of.softmax, of.values, of.weighed)) for path, of in told]
        return described(traced, list(layers), self.inputs, self.outputs, weighing)

    def reached(self, *, gradient: bool = False) -> list[frozenset[int]]:
        """Returns for each output the inputs it depends on; see `graph_dependencies`."""
        of = graph_dependencies(self.inputs[0].graph, self.inputs, gradient=gradient)
        return [of(output) for output in self.outputs]


def traced(
    model: Model,
    layers: Mapping[str, Layer],
    inputs: Any,
    input_names: Sequence[str],
    rows: int | None,
) -> tuple[Trace, dict[str, str], bool]:
    """Traces a model: (what was seen, why other layers were not, whether functions are inlined).

    Where layers run inside a `tf.function`, the model is traced with these as plain Python, if more
    is seen then.

    Args:
        model: The model.
        layers: Its layers by path.
        inputs: A batch, only for its structure, shapes and dtypes.
        input_names: In the order in which Keras flattens them.
        rows: How many each chunk must have.

    Raises:
        CallError: the model cannot take the inputs; the cause is kept.
    """

    def once() -> Trace:
        return _traced_once(model, layers, inputs, input_names, rows)

    with traceable(model):
        first = once()
        missed = first.unseen(layers)
        if not {tap.FUNCTION, UNCALLED} & set(missed.values()):
            return first, missed, False
        # A tf.function that was traced before does not even call its layers again.
        try:
            with tap.inlined():
                second = once()
        except ValueError:  # it needs what only tf.function makes of it
            missed = {path: why.replace(UNCALLED, tap.FUNCTION) for path, why in missed.items()}
            return once(), missed, False
        return second, missed, len(second.unseen(layers)) < len(missed)


def _traced_once(
    model: Model,
    layers: Mapping[str, Layer],
    inputs: Any,
    input_names: Sequence[str],
    rows: int | None,
) -> Trace:
    traces: list[Trace] = []

    def forward(batch: Any) -> Any:
        trace = Trace(tf.nest.flatten(batch))

        def seen(path: str, tensor: Tensor) -> None:
            trace.calls.append(SeenOutput(path, tensor, tap.recorded()))

        def attends(name: str, weights: Weights) -> None:
            trace.attended.append(Attended(name, weights, tap.recorded()))

        casting = cast_tap(input_names, trace.inputs, lambda *cast: trace.casts.append(cast))
        attending = weights_tap(layers, attends, innermost=True)
        tape = tf.GradientTape(watch_accessed_variables=False)
        with tape, attending, tap.tap(layers, seen, trace.missed.__setitem__), casting:
            outputs = model(batch, training=False)
        trace.outputs = tf.nest.flatten(outputs)
        trace.model_outputs = model_outputs(model, outputs)
        traces.append(trace)
        return outputs

    _run_symbolically(forward, specs(inputs, rows))
    return traces[-1]


def _run_symbolically(forward: Callable[[Any], Any], given: Any) -> None:
    """Runs `forward` on symbolic inputs: shapes and names without computing anything."""
    try:
        tf.function(forward, autograph=False).get_concrete_function(given)
    except LayerError:
        raise
    except Exception as error:
        shapes = tf.nest.map_structure(lambda s: f"{s.dtype.name} {s.shape}", given)
        raise CallError(
            f"inputs: the model could not be called on them; got {shapes}. "
            f"Pass inputs shaped as in training. The model said: {plain(error)}"
        ) from error
