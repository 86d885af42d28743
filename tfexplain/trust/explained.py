"""Opens a model with the maps that a metric judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.data.batches import length
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Context, Explainer
from tfexplain.explainers.baselines import Baseline, starts
from tfexplain.explainers.perturbation.masked import MaskedInput
from tfexplain.explainers.run import explain_all
from tfexplain.model.batching import chunk_size, run_by_chunks
from tfexplain.model.call_batch import as_batch
from tfexplain.model.gradient_calls import BESIDE
from tfexplain.model.input_kinds import channel_axis
from tfexplain.model.outputs import ModelOutput, Score, choose_output
from tfexplain.model.presets import named, resolved_targets
from tfexplain.model.shared_pass import LayerReads, Request, shared_pass
from tfexplain.model.targets import PREDICTED, Targets
from tfexplain.model.trace_model import trace_model
from tfexplain.model.traced_model import TracedModel
from tfexplain.resampling import stretched
from tfexplain.types import Array

Floats = npt.NDArray[np.float64]


class Asks(Protocol):
    """What is asked of the samples: by a metric's settings."""

    @property
    def score(self) -> Score:
        """Which number is looked at."""

    @property
    def name(self) -> str:
        """Name of the metric, for errors."""

    @property
    def needs_explainer(self) -> bool:
        """Whether the samples are explained again."""


@dataclass(frozen=True, eq=False)
class Explained:
    """Holds samples with their maps, and the model for more passes.

    Attributes:
        context: The model opened for the samples, with the number that the metric looks at.
        attribution: The maps that are judged.
        explainer: What made them; None where they were given.
        size: How many rows go through the model at once.
    """

    context: Context
    attribution: Attribution
    explainer: Explainer | None
    size: int

    @cached_property
    def position(self) -> int:
        """Position of the input that the maps lie over."""
        traced_model, maps = self.context.traced_model, self.attribution.maps
        names = list(traced_model.input_names)
        if self.attribution.layer in names:
            return names.index(self.attribution.layer)
        inputs = tf.nest.flatten(self.context.inputs)
        real = [i for i in range(len(inputs)) if traced_model.gradient_calls[i] != BESIDE]
        fitting = [i for i in real if len(self.masked(i).sides) == maps.ndim - 1]
        if len(fitting) != 1:
            raise TfexplainError(
                f"attribution: expected maps over one input; those of {self.attribution.layer!r} "
                f"with {maps.ndim - 1} axes may lie over {[names[i] for i in fitting]}. Pass maps "
                "at an input."
            )
        return fitting[0]

    @property
    def input(self) -> Array:
        """Values of the input that the maps lie over, [N, ...]."""
        return np.asarray(tf.nest.flatten(self.context.inputs)[self.position])

    def masked(self, position: int | None = None, baseline: Baseline = None) -> MaskedInput:
        """Returns an input of which parts can be hidden; default the one under the maps."""
        at = self.position if position is None else position
        flat = [np.asarray(x) for x in tf.nest.flatten(self.context.inputs)]
        names = self.context.traced_model.input_names
        begin = starts(baseline, flat, names, [at], self.context.sample_range)
        return MaskedInput(self.context, at, begin[at], self.size)

    @cached_property
    def evidence(self) -> Floats:
        """The maps at the positions of the input, float64 [N, *sides]: spread smoothly where they
        are of a layer with fewer of them."""
        return stretched(self.attribution.maps.astype(np.float64), self.masked().sides)

    @cached_property
    def real(self) -> npt.NDArray[np.bool_]:
        """Which positions of the input are no padding, bool [N, *sides]."""
        values = self.masked().inputs
        if values.dtype.kind not in "iu":
            return np.ones(self.evidence.shape, bool)
        return np.asarray((values != 0).reshape(self.evidence.shape))

    def differs(self, baseline: Baseline = None) -> npt.NDArray[np.bool_]:
        """Returns where the input is another than its baseline, bool [N, *sides]."""
        flat = [np.asarray(x) for x in tf.nest.flatten(self.context.inputs)]
        return where_differs(flat, self.position, self.context.traced_model, baseline)

    def scores(self, values: Array, rows: npt.NDArray[np.int64]) -> Floats:
        """Computes the number of some samples with other values of the input.

        Args:
            values: [n, ...], in place of the input under the maps.
            rows: int64 [n], whose other inputs and target each has.
        """
        context, at = self.context, self.position
        flat = [tf.gather(x, rows) for x in tf.nest.flatten(context.inputs)]
        flat[at] = tf.cast(tf.constant(values), flat[at].dtype)
        targets = tf.gather(tf.constant(context.result.targets), rows)
        key = ("scores", context.key)
        found = run_by_chunks(
            context.traced_model, key, lambda: _scorer(context), flat, targets, size=self.size
        )
        return np.concatenate([np.asarray(part, np.float64) for part in found])

    def again(
        self, inputs: Any = None, targets: Any = None, traced: TracedModel | None = None
    ) -> Attribution:
        """Explains the samples once more: other values of the input, or other targets.

        Args:
            inputs: Values of the input under the maps, [N, ...]; default its own.
            targets: int [N]; default those that are explained.
            traced: Another model, opened; default this one.
        """
        assert self.explainer is not None
        context = self.context
        flat = tf.nest.flatten(context.inputs)
        if inputs is not None:
            flat[self.position] = tf.cast(tf.constant(inputs), flat[self.position].dtype)
        batch = tf.nest.pack_sequence_as(context.inputs, flat)
        asked = context.result.targets if targets is None else targets
        own = context.targets if (np.asarray(asked) == PREDICTED).all() else asked
        opened = traced or context.traced_model
        (explanation,) = explain_all([(self.explainer, own)], opened, batch, self.size)
        if self.attribution.layer in explanation.attributions:
            return explanation.attributions[self.attribution.layer]
        (attribution,) = explanation.attributions.values()
        return attribution


def passed(attribution: Attribution) -> int:
    """Counts the rows that went through the model for an attribution: forward and backward, where
    the method does not tell."""
    passes = attribution.passes
    return 2 * len(attribution.values) if passes is None else int(passes.sum())


def explained(
    model: Any,
    inputs: Any,
    targets: Targets,
    attribution: Attribution | Explainer | None,
    asks: Asks,
    batch_size: int | None,
) -> Explained:
    """Opens a model and explains the samples, where an explainer is judged.

    Raises:
        TfexplainError: neither maps nor an explainer, or maps of other samples.
    """
    if not isinstance(attribution, Attribution | Explainer):
        raise TfexplainError(
            f"attribution={attribution!r:.60}: expected an explainer such as GradCAM(), or its "
            "result on these samples."
        )
    explainer = attribution if isinstance(attribution, Explainer) else None
    if explainer is None and asks.needs_explainer:
        raise TfexplainError(
            f"attribution: {asks.name} explains the samples again. Pass the explainer, not its "
            "result."
        )
    batch = as_batch(inputs, model)
    if isinstance(attribution, Attribution):
        _check_maps(attribution, length(batch))
        if not callable(targets) and (attribution.targets != PREDICTED).any():
            targets = attribution.targets
    traced_model = trace_model(model, batch)
    size = chunk_size(traced_model, batch_size)
    output = choose_output(traced_model.model_outputs, explainer.output if explainer else None)
    context, wanted = opened(traced_model, batch, targets, output, asks.score, size)
    if isinstance(attribution, Explainer):
        own = context.result.targets if isinstance(context.targets, np.ndarray) else wanted
        attribution = _only_map(attribution, traced_model, batch, own, size)
    return Explained(context, attribution, explainer, size)


def opened(
    traced_model: TracedModel,
    batch: Any,
    targets: Any,
    output: ModelOutput,
    score: Score,
    size: int,
) -> tuple[Context, Any]:
    """Computes the explained numbers of a batch.

    Args:
        traced_model: The model's compiled passes.
        batch: From `as_batch`.
        targets: Targets as `explain` takes them.
        output: The explained output.
        score: Which number of the target.
        size: How many rows go through the model at once.

    Returns:
        What explainers are given, and the targets by their class or function.
    """
    wanted, output = named(targets, output)
    resolved = resolved_targets(traced_model, wanted, output, length(batch))
    request = Request((LayerReads(),), resolved, output, score)
    (result,) = shared_pass(traced_model, [request], batch, size)
    return Context(traced_model, batch, resolved, output, score, result), wanted


def where_differs(
    inputs: Sequence[Array], position: int, traced_model: TracedModel, baseline: Baseline = None
) -> npt.NDArray[np.bool_]:
    """Returns where an input is another than its baseline, bool [N, *sides].

    Elsewhere methods that multiply with the input agree on zero, whatever the model.
    """
    values = inputs[position]
    begin = starts(baseline, inputs, traced_model.input_names, [position])[position]
    differs = values != begin[: len(values)]
    axis = channel_axis(traced_model, values)
    if differs.ndim == 1:
        return np.asarray(differs[:, None])
    return np.asarray(differs if axis is None else differs.any(axis=axis), bool)


def _only_map(
    explainer: Explainer, traced_model: TracedModel, batch: Any, targets: Any, size: int
) -> Attribution:
    """Explains the samples by a method that has one map of each."""
    (explanation,) = explain_all([(explainer, targets)], traced_model, batch, size)
    if len(explanation.attributions) != 1:
        raise TfexplainError(
            f"attribution: expected one map a sample; {explainer.name} has maps at "
            f"{', '.join(explanation.attributions)}. Pass the explainer of one layer=, or one of "
            "its attributions."
        )
    (attribution,) = explanation.attributions.values()
    _check_maps(attribution, length(batch))
    return attribution


def _check_maps(attribution: Attribution, count: int) -> None:
    if attribution.kind != "map" or len(attribution.values) != count:
        raise TfexplainError(
            f"attribution={attribution!r}: expected a map of each of {count} samples. Explain the "
            "same samples with a method that gives evidence by position."
        )


def _scorer(context: Context) -> Callable[..., Any]:
    run = context.scorer()
    structure = tf.nest.map_structure(lambda _: 0, context.inputs)

    def scores(flat: list[Any], targets: Any) -> Any:
        return run(tf.nest.pack_sequence_as(structure, flat), targets)

    return scores
