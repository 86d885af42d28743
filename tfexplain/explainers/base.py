"""Base class of explainers: frozen settings that are planned on a model, then run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.attribution import Attribution, Attributions
from tfexplain.checks import check_choice, check_whole, layer_names
from tfexplain.errors import TfexplainError
from tfexplain.model.batching import default_chunk_size
from tfexplain.model.outputs import SCORES, Measure, ModelOutput, Score
from tfexplain.model.shared_pass import LayerReads, PassResult
from tfexplain.model.targets import Targets, measure, rule
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor


@dataclass(frozen=True)
class SampleRange:
    """Position of a batch among all samples.

    `start` is the number of its first sample; `total` is None while a dataset is being read.
    Whatever is drawn or given for each sample belongs to its number among all.
    """

    start: int
    total: int | None = None


@dataclass(frozen=True)
class Context:
    """Holds what an explainer is given of one batch: traced model, batch, results of the pass.

    `targets` are as `resolved_targets` gives them; `result` is the shared pass, which gave
    `result.scores` float32 [N] and `result.targets` int32 [N]. The batch may be a batch of what
    is explained: `sample_range` says which one.
    """

    traced_model: TracedModel
    inputs: Any
    targets: Any
    output: ModelOutput
    score: Score
    result: PassResult
    sample_range: SampleRange = SampleRange(0)

    @property
    def unit(self) -> Measure:
        """Unit of the explained number."""
        return measure(self.targets, self.output, self.score)

    @property
    def key(self) -> Hashable:
        """Identifies the explained number among compiled functions."""
        return self.output, self.score, rule(self.targets)

    def scorer(self) -> Callable[..., Tensor]:
        """Returns a function that computes scores, for explainers with passes of their own.

        Inside a traced pass it maps (inputs, classes int32 [n], replaced) to scores float32 [n];
        see `TracedModel.scores`.

        It holds nothing of this batch, so that it can be kept by `key`. Where classes are
        explained, those of the batch are `result.targets`; else they are not looked at.
        """
        traced_model, output, score, own = (
            self.traced_model,
            self.output,
            self.score,
            rule(self.targets),
        )

        def scores(inputs: Any, classes: Tensor, replaced: Any = None) -> Tensor:
            return traced_model.scores(inputs, own or classes, output, score, replaced)[0]

        return scores


@dataclass(frozen=True, kw_only=True, eq=False)
class Explainer(ABC):
    """Base class of explainers: a method with its settings.

    `explain` runs it, alone or beside others.

    Attributes:
        score: `"logit"` (default) or `"probability"`: which number of the target is explained.
        output: Name or position of the model's output; default the first one of classes, else the
            first.
    """

    score: Score = "logit"
    output: str | int | None = None

    def __post_init__(self) -> None:
        check_choice("score", self.score, SCORES)
        own = vars(self)
        if "batch_size" in own:
            check_whole("batch_size", own["batch_size"], optional=True)
        if "layer" in own:
            layer_names(own["layer"])
        if "seed" in own:
            check_whole("seed", own["seed"], 0)

    @property
    def name(self) -> str:
        """Name of the method in tags and on pages."""
        return type(self).__name__

    @property
    def needs_all_samples(self) -> bool:
        """Whether samples are compared with each other, so that all of them are needed at once."""
        return False

    @property
    def in_shared_pass(self) -> bool:
        """Whether the shared pass computes the whole map, of whichever class it is given.

        `Explain` then logs the map of a second class of samples that the model gets wrong.
        """
        return False

    def settings(self) -> dict[str, str]:
        """Returns the settings as text, for logs; arrays by shape, functions by name."""
        return {f.name: _text(getattr(self, f.name)) for f in fields(self)}

    def with_half_batch(self, traced_model: TracedModel) -> Explainer | None:
        """Returns a copy with half the `batch_size`; None where there is no such setting, where it
        is 1, or where the model fixes the number of rows."""
        own = vars(self)
        if "batch_size" not in own or traced_model.rows:
            return None
        half: dict[str, Any] = {
            "batch_size": (own["batch_size"] or default_chunk_size(traced_model)) // 2
        }
        return replace(self, **half) if half["batch_size"] else None

    @property
    def several(self) -> bool:
        """Whether maps of several layers were asked for.

        A call then returns a mapping even where only one layer has a map.
        """
        layer = vars(self).get("layer")
        return layer is not None and not isinstance(layer, str)

    def __call__(
        self,
        model: Any,
        inputs: Any,
        targets: Targets = None,
        *,
        batch_size: int | None = None,
        verbose: bool | int = 0,
    ) -> Attribution | Attributions:
        """Explains samples. All arguments are those of `explain`.

        Returns:
            An `Attribution`; for several layers or inputs an `Attributions`, a mapping from each
            layer or input to its own.

        Raises:
            LayerError: a layer is missing or unfit.
            TargetError: a target the model does not have.
        """
        attributions = self.each(model, inputs, targets, batch_size=batch_size, verbose=verbose)
        return attributions if self.several else attributions.simplified()

    def each(
        self,
        model: Any,
        inputs: Any,
        targets: Targets = None,
        *,
        batch_size: int | None = None,
        verbose: bool | int = 0,
    ) -> Attributions:
        """Explains samples as a call does, and returns a mapping even for a single layer or
        input."""
        from tfexplain.explainers.run import explanations  # which runs explainers

        settings: dict[str, Any] = {"batch_size": batch_size, "verbose": verbose}
        (explanation,) = explanations(model, [self], inputs, targets, **settings)
        return Attributions(explanation.attributions)

    def divided(self) -> Sequence[Explainer]:
        """Returns explainers of one layer each, where the method takes only one at a time; else
        this one."""
        return [self]

    def omits(self, traced_model: TracedModel) -> dict[str, str]:
        """Returns, by name, why inputs have no map of this explainer."""
        return {}

    @abstractmethod
    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Plans what the shared pass reads; `LayerReads()` where it is not used.

        Args:
            traced_model: The model's.
            targets: Targets as `resolved_targets` returns them; default a class.

        Raises:
            LayerError: a layer is missing or unfit. Nothing has been computed yet.
        """

    @abstractmethod
    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Returns the attributions by layer or input, from what the shared pass read."""


def floating_inputs(traced_model: TracedModel, inputs: Any) -> list[int]:
    """Returns the positions of the inputs of floating-point numbers that the model computes with.

    Raises:
        TfexplainError: none of them.
    """
    dtypes = [x.dtype for x in tf.nest.flatten(inputs)]
    floating = [
        i for i, d in enumerate(dtypes) if d.is_floating and traced_model.gradient_calls[i] == ()
    ]
    if not floating:
        raise TfexplainError(
            "inputs: expected floating-point numbers that the model computes with; got "
            f"{[dtype.name for dtype in dtypes]}. Cast integers such as images in 0..255, inputs."
            "astype('float32'), for a model that takes them so: keras.Input(dtype='float32')."
        )
    return floating


def _text(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_text(v)}" for name, v in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(v) for v in value)
    if callable(value):  # its address would differ in every process
        return str(getattr(value, "__name__", type(value).__name__))
    return "default" if value is None else str(value)
