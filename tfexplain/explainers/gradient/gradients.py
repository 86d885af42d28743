"""Base class of explainers that read the gradient at the sample itself, without a path."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.explainers.base import Context, Explainer
from tfexplain.explainers.features.feature_maps import check_samples
from tfexplain.explainers.gradient.sources import (
    GradientSource,
    attribution,
    gradient_sources,
    padded,
    without_gradient_source,
)
from tfexplain.model.layer_calls import LayerCall
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class GradientExplainer(Explainer):
    """Computes a map from the gradient at the inputs or at a hidden layer, in the shared pass.

    Attributes:
        layer: Path of a hidden layer, `conv@1` for the second call of a layer that is called twice,
            or several paths; default the inputs. `values` of a layer are [N, *sides, C], or shaped
            as its output.
        padding: Index of padding tokens, which get zero; default 0 where an embedding masks it
            (`mask_zero=True`), else none.
    """

    layer: str | Sequence[str] | None = None
    padding: int | None = None

    @property
    def in_shared_pass(self) -> bool:
        """Returns True."""
        return True

    @property
    def signed(self) -> bool:
        """Whether values below zero mean something."""
        return True

    @abstractmethod
    def of(self, values: Any, slopes: Any) -> Any:
        """Computes the map from values and their gradients, arrays or tensors of one shape,
        float32."""

    @abstractmethod
    def unit(self, context: Context, source: GradientSource) -> str:
        """Returns the unit of the map."""

    def omits(self, traced_model: TracedModel) -> dict[str, str]:
        """Returns, by name, why inputs have no gradient; empty where layers are explained."""
        return {} if self.layer else without_gradient_source(traced_model)

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Plans to read gradients at the inputs, or activations and gradients at layers."""
        sources = gradient_sources(traced_model, self.layer)
        paths = tuple(call.path for source in sources for call in source.calls)
        return LayerReads(
            paths,
            gradient=bool(paths),
            reduce=self._reduce,
            key=(self.name, *self.settings().items()),
            inputs=any(not source.calls for source in sources),
            zeros=self.layer is None,
        )

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Returns the maps by input or layer."""
        return {
            source.name: attribution(
                context,
                self.name,
                source,
                self._map(context, source, reduced),
                unit=self.unit(context, source),
                signed=self.signed,
            )
            for source in gradient_sources(context.traced_model, self.layer)
        }

    def _map(self, context: Context, source: GradientSource, reduced: dict[str, Any]) -> Any:
        inputs = tf.nest.flatten(context.inputs)
        if not source.calls and source.input is not None:
            values, slopes = inputs[source.input].numpy(), reduced[source.name]
            return self.of(values.astype(np.float32), slopes.astype(np.float32))
        parts = {call.path: reduced[call.path] for call in source.calls}
        check_samples(parts, context)
        total = np.sum(list(parts.values()), axis=0)
        filling = padded(context.traced_model, source, context.inputs, self.padding)
        return total if filling is None else np.where(filling, 0, total)

    def _reduce(self, activation: Tensor, gradient: Tensor | None, call: LayerCall) -> Tensor:
        embedded = call.embeds if self.layer is None else None
        source = GradientSource(call.path, embedded, (call,))
        values, slopes = (tf.cast(tensor, tf.float32) for tensor in (activation, gradient))
        return source.laid_out(self.of(values, slopes))
