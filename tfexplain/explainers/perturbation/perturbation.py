"""Base class of explainers that hide parts of the inputs and need no gradient."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.errors import TfexplainError
from tfexplain.explainers.base import Context, Explainer, SampleRange
from tfexplain.explainers.baselines import Baseline, starts
from tfexplain.explainers.perturbation.masked import MaskedInput
from tfexplain.model.batching import chunk_size
from tfexplain.model.gradient_calls import BESIDE
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Array


@dataclass(frozen=True)
class InputValues:
    """Values of one input, float64 [N, ...], with the rows that each sample sent through the
    model, and for methods whose values add up the completeness gap [N]."""

    values: Array
    passes: int
    gap: Array | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class PerturbationExplainer(Explainer):
    """Base class: measures how the score changes where values are hidden; any model will do.

    Each input gets values of its own while the others stay what they are. Whole numbers and texts
    are replaced, never mixed: for tokens the baseline of zero is padding. A text in a column is
    replaced by "", which a lookup treats as missing or unknown. In a text that the model splits
    itself, words are replaced, and `values` are [N, T].

    Attributes:
        baseline: Replacement of hidden values: zeros (default), a constant, an array shaped as one
            sample or as the batch, or a list of such, over which scores are averaged. For models of
            several inputs also a mapping from the input's name to such.
        batch_size: How many rows go through the model at once, for all samples together. None
            (default) chooses by the size of the layers' outputs and the device. It changes memory
            and time, not the result.
    """

    baseline: Baseline = None
    batch_size: int | None = None
    mixes: ClassVar[bool] = False  # whether values between input and baseline occur

    def plan(self, _: TracedModel, targets: Any = None) -> LayerReads:
        """Plans to read nothing: perturbations have passes of their own."""
        return LayerReads()

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Hides parts of one input after the other."""
        names = context.traced_model.input_names
        flat = [np.asarray(x) for x in tf.nest.flatten(context.inputs)]
        chosen = self._chosen(context, flat)
        begin = self._starts(flat, names, chosen, context.sample_range)
        size = chunk_size(context.traced_model, self.batch_size)
        return {
            names[i]: self._attribution(context, i, MaskedInput(context, i, begin[i], size))
            for i in chosen
        }

    def omits(self, traced_model: TracedModel) -> dict[str, str]:
        """Returns, by name, why the values of inputs cannot be hidden or mixed."""
        dtypes = [
            np.dtype(spec.dtype.as_numpy_dtype) for spec in tf.nest.flatten(traced_model.specs)
        ]
        hidden = [self._hides(traced_model, i, dtype) for i, dtype in enumerate(dtypes)]
        if not self.mixes or not any(hidden):
            return {}
        return {
            name: f"{self.name} mixes values, and these are no floating-point numbers. Occlusion "
            "and FeatureAblation replace them."
            for i, name in enumerate(traced_model.input_names)
            if not hidden[i] and traced_model.gradient_calls[i] != BESIDE
        }

    def _hides(self, traced_model: TracedModel, position: int, dtype: np.dtype[Any]) -> bool:
        """Returns whether parts of an input can be hidden: numbers and texts, but no masks of
        tokens."""
        kinds = "f" if self.mixes else "fiubOSU"
        # numpy knows bfloat16 as bytes only.
        fits = dtype.kind in kinds or bool(tf.as_dtype(dtype).is_floating)
        return fits and traced_model.gradient_calls[position] != BESIDE

    @abstractmethod
    def of_input(self, masked: MaskedInput) -> InputValues:
        """Computes the values of one input."""

    def _chosen(self, context: Context, inputs: Sequence[Array]) -> list[int]:
        """Returns the positions of the inputs that are explained.

        Raises:
            TfexplainError: none of them can be.
        """
        positions = [
            i for i, x in enumerate(inputs) if self._hides(context.traced_model, i, x.dtype)
        ]
        if not positions:
            wanted = "floating-point numbers" if self.mixes else "numbers or texts"
            raise TfexplainError(
                f"inputs: expected {wanted}, parts of which {self.name} can hide; got "
                f"{[tf.as_dtype(x.dtype).name for x in inputs]}. "
                "Pass numbers, or explain whole numbers with Occlusion."
            )
        return positions

    def _starts(
        self,
        inputs: Sequence[Array],
        names: Sequence[str],
        chosen: list[int],
        sample_range: SampleRange,
    ) -> Any:
        return starts(self.baseline, inputs, names, chosen, sample_range)

    def _attribution(self, context: Context, position: int, masked: MaskedInput) -> Attribution:
        name = context.traced_model.input_names[position]
        with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinity are told as such
            result = self.of_input(masked)
        own_channels = result.values.ndim == masked.inputs.ndim
        return Attribution(
            values=result.values.astype(np.float32),
            targets=context.result.targets,
            scores=context.result.scores,
            layer=name,
            explainer=self.name,
            unit=context.unit,
            signed=True,
            channel_axis=masked.channel_axis if own_channels else None,
            completeness_gap=None if result.gap is None else result.gap.astype(np.float32),
            passes=np.full(masked.samples, result.passes * masked.baselines, np.int32),
        )
