"""Base class of class activation maps, which weight a layer's channels by the score's gradient."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import tensorflow as tf

from tfexplain.attribution import Attribution
from tfexplain.checks import layer_names
from tfexplain.explainers.base import Context, Explainer
from tfexplain.explainers.features.feature_maps import (
    as_tuple,
    check_grid,
    check_samples,
    positions,
)
from tfexplain.model.layer_calls import LayerCall
from tfexplain.model.outputs import choose_output
from tfexplain.model.shared_pass import LayerReads
from tfexplain.model.stages import STAGES
from tfexplain.model.traced_model import TracedModel
from tfexplain.types import Tensor


@dataclass(frozen=True, eq=False)
class ClassActivation(Explainer):
    """Computes the evidence for the target at each position of a layer.

    Values are raw magnitudes at the layer's own resolution, so that epochs can be compared.
    `values` are float32 [N, t], [N, h, w] or [N, d, h, w], in units of the explained score. One
    forward and one backward pass serve all named layers, and all methods of this kind that
    `explain` is given.

    Attributes:
        layer: Path of a layer whose output is [N, t, C], [N, h, w, C] or [N, d, h, w, C], or
            several; default the last one whose positions the explained number reads. Outputs, and
            layers that only pass an output on, are not chosen. `"stages"` is the last one of each
            stage, that is of each resolution or block (see `docs/models.md`).
        relu: Whether evidence against the target is set to zero. A map can then be zero everywhere,
            which is a result: "no positive evidence".
        token_grid: (h, w) of the tokens of a layer whose output is [N, T, C], any others standing
            in front; default the plane that the tokens come from (see `docs/models.md`).
    """

    layer: str | Sequence[str] | None = None
    _: KW_ONLY
    relu: bool = True
    token_grid: Sequence[int] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_grid(self.token_grid)

    @property
    def several(self) -> bool:
        """Whether maps of several layers were asked for, as stages are."""
        return super().several or self.layer == STAGES

    @property
    def in_shared_pass(self) -> bool:
        """Returns True."""
        return True

    def plan(self, traced_model: TracedModel, targets: Any = None) -> LayerReads:
        """Plans to read activations and gradients at the layers."""
        calls = self._calls(traced_model, targets)
        paths = tuple(dict.fromkeys(call.path for call in calls))
        return LayerReads(
            paths, True, self._reduce, (type(self), self.relu, as_tuple(self.token_grid))
        )

    def attributions(self, context: Context, reduced: dict[str, Any]) -> dict[str, Attribution]:
        """Returns the maps that the pass computed."""
        check_samples(reduced, context)
        return {
            path: Attribution(
                values=values,
                targets=context.result.targets,
                scores=context.result.scores,
                layer=path,
                explainer=self.name,
                unit=context.unit,
                signed=not self.relu,
            )
            for path, values in reduced.items()
        }

    @abstractmethod
    def combine(self, values: Tensor, slopes: Tensor) -> Tensor:
        """Combines activations and gradients, float32 [N, *sides, C], into the map [N, *sides]."""

    def _calls(self, traced_model: TracedModel, targets: Any) -> list[LayerCall]:
        names, grid = layer_names(self.layer), self.token_grid
        if names is not None and self.layer != STAGES:
            return [traced_model.spatial_call(name, grid=grid) for name in names]
        output = choose_output(traced_model.model_outputs, self.output)
        if names is None:
            return [traced_model.last_spatial_call(output, targets, grid=grid)]
        return traced_model.stage_calls(output, targets, grid=grid)

    def _reduce(self, activation: Tensor, gradient: Tensor | None, call: LayerCall) -> Tensor:
        # float32 before any sum: a float16 sum over positions loses digits.
        placed = call.put(self.token_grid)
        cam = self.combine(positions(activation, placed), positions(gradient, placed))
        return tf.nn.relu(cam) if self.relu else cam


def sides(values: Tensor) -> list[int]:
    """Returns the axes of positions of [N, *sides, C]."""
    return list(range(1, values.shape.rank - 1))


def weighted(values: Tensor, weights: Tensor) -> Tensor:
    """Sums channels [N, *sides, C] with weights [N, C]."""
    return tf.einsum("n...c,nc->n...", values, weights)
