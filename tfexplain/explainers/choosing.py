"""Chooses explainers for a model where the user names none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfexplain.explainers.attention.rollout import AttentionRollout
from tfexplain.explainers.base import Explainer
from tfexplain.explainers.cam.grad_cam import GradCAM
from tfexplain.explainers.features.feature_maps import FeatureMaps
from tfexplain.explainers.gradient.sources import without_gradient_source
from tfexplain.explainers.path.integrated_gradients import IntegratedGradients
from tfexplain.explainers.perturbation.kernel_shap import KernelSHAP
from tfexplain.explainers.perturbation.occlusion import Occlusion
from tfexplain.model.function_model import FunctionModel
from tfexplain.model.gradient_calls import BESIDE, any_gradient
from tfexplain.model.input_kinds import layout
from tfexplain.model.layer_calls import LayerError
from tfexplain.model.traced_model import TracedModel

_KINDS = {
    "image": "images",
    "grey": "images",
    "volume": "volumes",
    "sequence": "sequences",
    "features": "rows of features",
}
# So many features are shared out exactly, in 2^10 passes a sample.
SMALL_TABLE = 10


@dataclass(frozen=True)
class Facts:
    """Holds what is known of a model and its inputs.

    Attributes:
        positions: Whether some layer inside has features with positions.
        evidence: Whether what is explained by default depends on one.
        gradients: Whether the score has a gradient with respect to some input.
        attention: Whether attention leads from the tokens to the output, layer after layer.
        features: How many a row has, where the only input is such rows; 0 elsewhere.
        hidden_only: Whether some input can only be explained by hiding it, as texts of a table.
        inputs: Kinds of the inputs.
    """

    positions: bool
    evidence: bool
    gradients: bool
    attention: bool
    features: int
    hidden_only: bool
    inputs: str


# In the order they are shown; a method is chosen where its condition holds.
_CHOICES: tuple[tuple[Callable[[], Explainer], Callable[[Facts], bool]], ...] = (
    (FeatureMaps, lambda known: known.positions),
    (GradCAM, lambda known: known.evidence),
    (AttentionRollout, lambda known: known.attention),
    (IntegratedGradients, lambda known: known.gradients),
    (KernelSHAP, lambda known: 0 < known.features <= SMALL_TABLE),
    (Occlusion, lambda known: known.hidden_only and not known.positions),
)


def fitting(traced_model: TracedModel) -> tuple[Explainer, ...]:
    """Returns the explainers that fit a model and its inputs, with default settings; at least
    one."""
    known = facts(traced_model)
    return tuple(make() for make, fits in _CHOICES if fits(known))


def facts(traced_model: TracedModel) -> Facts:
    """Returns the facts that the choice depends on."""
    specs = tf.nest.flatten(traced_model.specs)
    kinds = [
        _kind(s, traced_model)
        for i, s in enumerate(specs)
        if traced_model.gradient_calls[i] != BESIDE
    ]
    table = kinds == ["rows of features"]
    return Facts(
        positions=_reads(FeatureMaps(), traced_model),
        evidence=_reads(GradCAM(), traced_model),
        gradients=any_gradient(traced_model.gradient_calls)
        and not isinstance(traced_model, FunctionModel),
        attention=_reads(AttentionRollout(), traced_model),
        features=_columns(specs[0]) if table else 0,
        hidden_only=_hidden_only(traced_model),
        inputs=" and ".join(dict.fromkeys(kinds)),
    )


def _hidden_only(traced_model: TracedModel) -> bool:
    if isinstance(traced_model, FunctionModel) or not any_gradient(traced_model.gradient_calls):
        return True
    return bool(without_gradient_source(traced_model))


def _columns(spec: Any) -> int:
    return int(spec.shape[1] or 0) if spec.shape.rank == 2 else 1


def _kind(spec: Any, traced_model: TracedModel) -> str:
    if spec.dtype == tf.string:
        return "texts"
    if spec.shape.rank == 2 and spec.dtype.is_integer:
        return "rows of indices"
    return _KINDS[layout(spec.shape.rank, traced_model.layer_calls)]


def _reads(explainer: Explainer, traced_model: TracedModel) -> bool:
    """Returns whether the model has what an explainer reads by default."""
    try:
        explainer.plan(traced_model)
    except LayerError:  # no such layers, or attention that does not follow one another
        return False
    return True
