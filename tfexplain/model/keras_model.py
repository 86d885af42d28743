"""A Keras model as a traced model: looked into once, with functions compiled once.

It belongs to one model and one structure of inputs. It keeps one compiled function per request, so
that epochs never retrace: weights are variables. It does not keep the model alive.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import tensorflow as tf

from tfexplain.errors import TfexplainError
from tfexplain.model import layer_choice, memory, model_inputs, progress, tap
from tfexplain.model.attention_calls import Attending, AttentionCall, attending
from tfexplain.model.attention_tap import WEIGHTS, is_weights, weights_tap
from tfexplain.model.casts import cast_calls, cast_tap, is_cast
from tfexplain.model.compiling import compiled
from tfexplain.model.dependence import channels
from tfexplain.model.direct_reads import direct_reads
from tfexplain.model.fixed_rows import fixed_rows
from tfexplain.model.gradient_calls import GradientCalls, gradient_calls
from tfexplain.model.keras_private import keras_mask, set_keras_mask
from tfexplain.model.layer_calls import LayerCall
from tfexplain.model.nan_probe import continues_text, tokens_read_by_output
from tfexplain.model.outputs import ModelOutput, Score
from tfexplain.model.preserved_state import traceable
from tfexplain.model.targets import ScoreFunction, explained, rule
from tfexplain.model.tokens import padding_mask
from tfexplain.model.traced_model import Seen, TokensRead
from tfexplain.model.tracing import traced
from tfexplain.model.unit import UnitScore
from tfexplain.types import Layer, Model, Tensor


class KerasModel:
    """A model of Keras 3 or tf_keras as a `TracedModel`, which documents what is public here.

    Args:
        model: A built model.
        inputs: A batch, only for its structure, shapes and dtypes.
        input_names: What to call its inputs; default as the model does.

    Attributes:
        compiled: The functions by key and shapes.
        seen: The objects that the functions were compiled for; see `fingerprint`.

    Raises:
        TfexplainError: the model cannot take the inputs; the cause is kept.
    """

    def __init__(self, model: Model, inputs: Any, input_names: Sequence[str] | None = None) -> None:
        model_inputs.check_backend()
        model_inputs.check_axis(model, inputs, "inputs")
        self._model = weakref.ref(model)
        self.layers: Mapping[str, Layer] = weakref.WeakValueDictionary(tap.layers_by_path(model))
        self.compiled: dict[Hashable, Any] = {}
        self.rows = fixed_rows(model, self.layers)
        self.memory = memory.available()  # as it was, so that chunks keep their size
        self.seen = fingerprint(model)
        self.input_names = list(input_names or model_inputs.input_names(model, inputs))
        self.specs = model_inputs.specs(inputs, self.rows)
        trace, missed, self._inlines = traced(
            model, self.layers, inputs, self.input_names, self.rows
        )
        self.missed: Mapping[str, str] = missed
        self.layer_calls: tuple[LayerCall, ...] = trace.layer_calls(self.layers)
        # Which inputs and calls each call reads; None where this trace does not tell.
        self.reads = direct_reads(
            trace.inputs, [call.tensor for call in trace.calls], [call.path for call in trace.calls]
        )
        ends = trace.inputs, trace.outputs
        self.attention: Attending = attending(trace.attended, self.layers, missed, *ends)
        self.casts: tuple[LayerCall, ...] = cast_calls(trace.casts, *ends)
        self.channel_axes: Sequence[int | None] = [
            channels(tensor) if tensor.shape.rank else None for tensor in trace.inputs
        ]
        self.gradient_calls: tuple[GradientCalls, ...] = gradient_calls(
            self.specs,
            self.layer_calls,
            self.casts,
            trace.reached(gradient=True),
            trace.reached(),
        )
        self._read: dict[Hashable, set[int]] = {}
        self.model_outputs: tuple[ModelOutput, ...] = trace.model_outputs
        if any(output.labels for output in self.model_outputs):
            self.model_outputs = self._with_tokens()

    def _with_tokens(self) -> tuple[ModelOutput, ...]:
        """The outputs, those marked that continue a text."""
        with self.tracing():
            known = continues_text(
                self.model, self.layers, self.layer_calls, self.specs, self.model_outputs
            )
        outputs = zip(self.model_outputs, known, strict=True)
        return tuple(replace(output, tokens=tokens) for output, tokens in outputs)

    @property
    def model(self) -> Model:
        """The model; raises TfexplainError once it is gone."""
        model = self._model()
        if model is None:
            raise TfexplainError("The model these passes belong to no longer exists.")
        return model

    def spatial_call(
        self, name: str, *, argument: str = "layer", grid: Sequence[int] | None = None
    ) -> LayerCall:
        """Finds the call of a name; see `TracedModel`."""
        return layer_choice.spatial_call(self.layer_calls, self.missed, name, argument, grid)

    def spatial_calls(
        self, *, argument: str = "layer", grid: Sequence[int] | None = None
    ) -> list[LayerCall]:
        """Lists the calls worth choosing from by default; see `TracedModel`."""
        return layer_choice.spatial_calls(self.layer_calls, argument, grid)

    def last_spatial_call(
        self, output: ModelOutput, targets: Any = None, *, grid: Sequence[int] | None = None
    ) -> LayerCall:
        """Chooses the last call that the explained number reads; see `TracedModel`."""
        return layer_choice.last_spatial_call(self, output, targets, grid, self._read)

    def stage_calls(
        self, output: ModelOutput, targets: Any = None, *, grid: Sequence[int] | None = None
    ) -> list[LayerCall]:
        """Chooses the last call of each stage; see `TracedModel`."""
        return layer_choice.stage_calls(self, output, targets, grid, self._read)

    def tokens_read(
        self, call: AttentionCall, extras: Sequence[int], output: ModelOutput
    ) -> TokensRead:
        """Tells which tokens of an attention call an output reads; see `TracedModel`."""
        key = (call.path, output.position, tuple(extras))
        known = self.attention.known
        if key not in known:
            number = layer_choice.explained_number(self, output, None)
            with self.tracing():
                known[key] = tokens_read_by_output(
                    self.model, self.layers, call, extras, self.specs, number
                )
        return known[key]  # type: ignore[no-any-return]

    def forward(
        self, inputs: Any, names: Collection[str] = (), seen: Seen | None = None
    ) -> tuple[Any, dict[str, Tensor]]:
        """Runs one forward pass inside a traced one; see `TracedModel`."""
        activations: dict[str, Tensor] = {}

        def kept(name: str, tensor: Tensor) -> Tensor:
            replaced = seen(name, tensor) if seen else None
            if replaced is not None:
                tensor = _in_place_of(tensor, replaced)
            activations[name] = tensor
            return tensor

        weights = {name for name in names if is_weights(name)}
        casts = {name for name in names if is_cast(name)}
        paths = {name.partition("@")[0] for name in names if name not in weights | casts}
        layers = {path: self.layers[path] for path in paths}
        read = tap.at(
            {name.removesuffix(WEIGHTS) for name in weights},
            lambda name, attended: kept(name + WEIGHTS, attended.values),
        )
        attention: AbstractContextManager[None] = nullcontext()
        if weights:
            attention = weights_tap(self.attention.layers(weights, self.layers), read)
        with tap.tap(layers, tap.at(names, kept)), attention, self._casting(casts, inputs, kept):
            outputs = self.model(inputs, training=False)
        return outputs, activations

    def _casting(
        self, names: Collection[str], inputs: Any, seen: Callable[[str, Tensor], Tensor]
    ) -> AbstractContextManager[None]:
        """Casts of inputs, seen as outputs of layers are."""
        if not names:
            return nullcontext()

        def named(name: str, result: Tensor, _: int) -> Tensor | None:
            return seen(name, result) if name in names else None

        return cast_tap(self.input_names, tf.nest.flatten(inputs), named)

    def scores(
        self,
        inputs: Any,
        targets: Tensor | ScoreFunction | UnitScore,
        output: ModelOutput,
        score: Score,
        replaced: Mapping[str, Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Runs one forward pass for the explained number; see `TracedModel`."""
        given, own = replaced or {}, rule(targets)
        unit = {own.call.path} if isinstance(own, UnitScore) else set()
        outputs, activations = self.forward(
            inputs, {*given, *unit}, lambda name, _: given.get(name)
        )
        padding = padding_mask(self, inputs)
        return explained(outputs, output, targets, score, activations, padding)

    def run(
        self,
        key: Hashable,
        make: Callable[[], Callable[..., Any]],
        *arguments: Any,
        specs: tuple[Any, ...] | None = None,
        often: bool = False,
    ) -> Any:
        """Runs the function of a key, compiled once for these shapes; see `TracedModel`."""
        given = specs or arguments
        shapes = tuple((tuple(x.shape), x.dtype) for x in tf.nest.flatten(given))
        if (key, shapes) not in self.compiled:
            with self.tracing():
                self.compiled[key, shapes] = compiled(make(), given, self.model, often=often)
        results = self.compiled[key, shapes](*arguments)
        progress.ran()
        return results

    @property
    def traces(self) -> int:
        """How many functions were compiled so far; steady from the second epoch on."""
        return len(self.compiled)

    @contextmanager
    def tracing(self) -> Iterator[None]:
        """While open, the model may be traced."""
        with traceable(self.model), tap.inlined() if self._inlines else nullcontext():
            yield


def _in_place_of(tensor: Tensor, other: Tensor) -> Tensor:
    # Not `other` itself, which may stand in for several.
    copy = tf.identity(tf.cast(other, tensor.dtype))
    mask = keras_mask(tensor)
    if mask is not None:
        set_keras_mask(copy, mask)
    return copy


def fingerprint(model: Model) -> list[Any]:
    """Lists the objects whose replacement makes compiled functions explain a model that is gone."""
    layers = tap.layers_by_path(model).values()
    return [*model.variables, *(getattr(layer, "activation", None) for layer in layers)]
